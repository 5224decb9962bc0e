// Sentences say what intervals support: from hand-made records.
#include "bench/answer/conclude.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <tuple>

#include "host/random.hpp"

namespace embrace::answer {
namespace {

Record record_of(const std::string& method, const std::string& information, double rmse, double own_spread = 0.001) {
  Record r;
  r.data = {.name = "data", .sha256 = "d", .users = 900, .items = 1000, .ratings = 90000};
  r.split = {.name = "holdout:0.2", .fold = 0, .seed = 1, .sha256 = "s", .train = 72000, .test = 18000};
  r.method = method;
  r.family = "some";
  r.information = information;
  r.seed = 1;
  r.device = {DeviceKind::cpu, "Some CPU", 2};
  r.cost = Record::Cost{};
  std::uint32_t own = 0;
  for (const char c : method + information) own = own * 31 + static_cast<unsigned char>(c);
  r.id = std::string(16, '0') + std::to_string(own);
  const Random random(5, Stream::sampling);
  Accuracy accuracy{rmse, rmse - 0.1, rmse + 0.1, 18000, {}};
  for (std::uint64_t b = 0; b < 1000; ++b) {
    accuracy.draws.push_back(rmse + 0.05 * random.normal(b) + own_spread * random.normal(b, own));
  }
  r.accuracy["rmse"] = std::move(accuracy);
  return r;
}

/// Throws when there is none.
const Answer& answer_to(const Conclusions& all, const std::string& question) {
  for (const Answer& answer : all.answers) {
    if (answer.question == question) return answer;
  }
  throw std::out_of_range("no answer to " + question);
}

const StudyTable warm{.name = "methods-warm", .scenario = Scenario::warm, .task = Task::rating};

TEST(Conclude, TheBestIsNamedWithItsGainOverTheBaseline) {
  const Conclusions all = conclude(warm, {record_of("bias", "ratings", 0.95), record_of("sgd", "ratings", 0.92),
                                          record_of("hybrid", "+movie", 0.90), record_of("hybrid", "ratings", 0.93)});
  const Answer& method = answer_to(all, "method");
  EXPECT_EQ(method.best, std::vector<std::string>{"hybrid +movie"});
  EXPECT_TRUE(method.tied.empty());
  EXPECT_EQ(method.against, "bias");
  EXPECT_NEAR(method.gain, 0.05, 1e-3);
  EXPECT_GT(method.low, 0);
  EXPECT_NE(method.sentence.find("hybrid +movie predicts ratings best (RMSE 0.9000"), std::string::npos)
      << method.sentence;
  EXPECT_NE(method.sentence.find("everything else is worse"), std::string::npos) << method.sentence;
}

TEST(Conclude, ATieIsCalledATie) {
  const Conclusions all = conclude(warm, {record_of("bias", "ratings", 0.95), record_of("sgd", "ratings", 0.9001, 0.01),
                                          record_of("als", "ratings", 0.9000, 0.01)});
  const Answer& method = answer_to(all, "method");
  EXPECT_EQ(method.tied, std::vector<std::string>{"sgd"});
  EXPECT_NE(method.sentence.find("sgd cannot be told from it"), std::string::npos) << method.sentence;
}

TEST(Conclude, WhatDoesNotBeatTheBaselineIsSaidTo) {
  const Conclusions all =
      conclude(warm, {record_of("bias", "ratings", 0.9500, 0.02), record_of("sgd", "ratings", 0.9499, 0.02)});
  EXPECT_NE(answer_to(all, "method").sentence.find("nothing is surely better than bias"), std::string::npos)
      << answer_to(all, "method").sentence;
}

TEST(Conclude, InformationGainsOnlyWhereItsControlDoesNot) {
  const std::vector<Record> records = {
      record_of("bias", "ratings", 0.95),         record_of("hybrid", "ratings", 0.93),
      record_of("hybrid", "+movie", 0.90),        record_of("hybrid", "shuffled:+movie", 0.931),
      record_of("hybrid", "+user", 0.91),         record_of("hybrid", "shuffled:+user", 0.91),
      record_of("hybrid", "+tags", 0.9299, 0.01), record_of("hybrid", "shuffled:+tags", 0.935)};
  const Conclusions all = conclude(warm, records);
  const Answer& information = answer_to(all, "information");
  EXPECT_EQ(information.best, std::vector<std::string>{"+movie"});
  EXPECT_TRUE(information.tied.empty());
  EXPECT_NEAR(information.gain, 0.03, 1e-3);
  EXPECT_NE(information.sentence.find("No gain can be told of +user and +tags"), std::string::npos)
      << information.sentence << " (+user gains as much with the wrong users: it is the model, not the information)";
}

TEST(Conclude, ATieThatIsSmallerThanTheMarginIsCalledEqual) {
  const Conclusions all =
      conclude(warm, {record_of("bias", "ratings", 0.95), record_of("sgd", "ratings", 0.90005, 0.0002),
                      record_of("als", "ratings", 0.9000, 0.0002), record_of("hybrid", "ratings", 0.9001, 0.004)});
  const std::string sentence = answer_to(all, "method").sentence;
  EXPECT_NE(sentence.find("sgd (equal within 0.001)"), std::string::npos) << sentence;
  EXPECT_NE(sentence.find("hybrid cannot be told"), std::string::npos) << sentence << " (its interval is wider)";
}

const StudyTable embeddings{.name = "embeddings-warm",
                            .scenario = Scenario::warm,
                            .task = Task::rating,
                            .runs = {},
                            .judged = judge::JudgeOptions{}};

Record judged(const std::string& judge, const std::string& source, double rmse) {
  Record r = record_of(judge, "embedding:" + source, rmse, 0.0005);
  r.judge = Record::Judge{.source = source, .mode = "items", .width = 32, .draw = 1};
  return r;
}

TEST(Conclude, JudgesThatDifferAreSaidTo) {
  std::vector<Record> records;
  for (const auto& [source, by_ridge, by_mlp] : std::initializer_list<std::tuple<const char*, double, double>>{
           {"als", 0.90, 0.90}, {"sgd", 0.91, 0.92}, {"ials", 0.92, 0.91}, {"random", 0.95, 0.95}}) {
    records.push_back(judged("judge-ridge", source, by_ridge));
    records.push_back(judged("judge-mlp", source, by_mlp));
  }
  const Conclusions all = conclude(embeddings, records);
  ASSERT_EQ(all.agreements.size(), 1U);
  const Agreement& agreement = all.agreements[0];
  EXPECT_EQ(agreement.sources, 3) << "random is a control";
  EXPECT_EQ(agreement.both, 2);
  EXPECT_EQ(agreement.against, 1);
  EXPECT_EQ(agreement.one, 0);
  EXPECT_DOUBLE_EQ(agreement.tau, 1.0 / 3);
  const auto& ranks = all.ranks.at("judge-ridge");
  ASSERT_EQ(ranks.size(), 3U);
  EXPECT_EQ(ranks[0].name, "als");
  EXPECT_EQ(ranks[0].best, 1);
  EXPECT_EQ(ranks[0].worst, 1);
  EXPECT_EQ(ranks[2].best, 3);
}

TEST(Conclude, WhatAJudgeLearnsByItselfStandsBesideTheBestEmbedding) {
  for (const auto& [by_itself, said] :
       std::initializer_list<std::pair<double, const char*>>{{0.92, "has RMSE 0.9200; als is better by 0.02"},
                                                             {0.88, "has RMSE 0.8800; als is worse by 0.02"},
                                                             {0.90, "has RMSE 0.9000; als cannot be told from it"}}) {
    const Conclusions all =
        conclude(embeddings, {judged("judge-mlp", "als", 0.90), judged("judge-mlp", "random", 0.95),
                              judged("judge-mlp", "zero", 0.95), judged("judge-mlp:end-to-end", "zero", by_itself)});
    const Answer& answer = answer_to(all, "embedding");
    EXPECT_EQ(answer.best, std::vector<std::string>{"als"});
    EXPECT_NE(answer.sentence.find(said), std::string::npos) << answer.sentence;
    EXPECT_EQ(all.ranks.count("judge-mlp:end-to-end"), 0U) << "it has no embeddings to rank";
  }
}

TEST(Conclude, RanksThatCannotBeToldShareAnInterval) {
  const Conclusions all =
      conclude(embeddings, {judged("judge-ridge", "als", 0.90000), judged("judge-ridge", "sgd", 0.90001),
                            judged("judge-ridge", "ials", 0.95), judged("judge-ridge", "random", 0.99)});
  const auto& ranks = all.ranks.at("judge-ridge");
  ASSERT_EQ(ranks.size(), 3U);
  for (const std::size_t r : {0U, 1U}) {
    EXPECT_EQ(ranks[r].best, 1);
    EXPECT_EQ(ranks[r].worst, 2);
  }
  EXPECT_EQ(ranks[2].best, 3);
  EXPECT_EQ(ranks[2].worst, 3);
}

TEST(Conclude, WithoutRunsThereIsNoAnswer) {
  Record failed = record_of("sgd", "ratings", 1);
  failed.status = Status::diverged;
  failed.reason = "why";
  failed.accuracy.clear();
  EXPECT_TRUE(conclude(warm, {failed}).answers.empty());
  EXPECT_TRUE(conclude(warm, {}).answers.empty());
}

}  // namespace
}  // namespace embrace::answer
