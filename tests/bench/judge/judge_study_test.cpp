// embrace judge end to end: records that follow the schema, the same again on another number of threads, nothing done
// twice, and what cannot be said so.
#include "bench/judge/judge_study.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "bench/report/report.hpp"
#include "host/error.hpp"
#include "host/files.hpp"
#include "tests/program.hpp"
#include "tests/temporary_folder.hpp"

namespace embrace::judge {
namespace {

namespace fs = std::filesystem;

class Judging : public testing::Test {
 protected:
  JudgeOptions options(const std::string& sources, const std::string& judge = "ridge") const {
    JudgeOptions options;
    options.data.data = "synth:150x90x4000";
    options.data.split = parse_split("holdout:0.2");
    options.sources = parse_sources(sources);
    options.judges = {&find_judge(judge)};
    options.widths = {8};
    options.draws = 2;
    options.seeds = 2;
    options.device = cpu_device();
    options.output = folder_.path() / "out";
    return options;
  }
  StudySummary judged(const JudgeOptions& options, int threads = 2) {
    Threads pool(threads);
    Progress progress(true);
    fs::create_directories(options.output);
    return run_judge(options, pool, progress);
  }
  /// Records of judges, without those of sources that answer by themselves.
  static std::vector<Record> records(const JudgeOptions& options) {
    std::vector<Record> all = read_records({options.output});
    std::erase_if(all, [](const Record& r) { return r.judge->mode.starts_with("own") || r.judge->mode == "probes"; });
    return all;
  }
  static std::map<std::string, Record> probes(const JudgeOptions& options) {
    std::map<std::string, Record> of;  // by source, of the first draw
    for (const Record& record : read_records({options.output / "probes"})) {
      if (record.judge->draw == 1) of[record.judge->source] = record;
    }
    return of;
  }
  static double found(const Record& record, const std::string& probe) {
    for (const auto& [name, value] : record.judge->setting) {
      if (name == probe) return value;
    }
    return -1;
  }
  static double rmse(const std::vector<Record>& records, const std::string& source) {
    double sum = 0, n = 0;
    for (const Record& r : records) {
      if (r.judge->source != source) continue;
      sum += r.accuracy.at("rmse").value;
      n += 1;
    }
    return sum / n;
  }
  void expect_the_same_for_any_number_of_threads(const std::string& judge) {
    JudgeOptions one = options("als", judge), three = options("als", judge);
    one.output = folder_.path() / (judge + "1");
    three.output = folder_.path() / (judge + "3");
    one.draws = three.draws = 1;
    judged(one, 1);
    judged(three, 3);
    const auto a = records(one), b = records(three);
    ASSERT_EQ(a.size(), b.size());
    for (const Record& x : a) {  // ids differ: the number of threads is in them
      EXPECT_TRUE(std::any_of(b.begin(), b.end(), [&](const Record& y) {
        return y.seed == x.seed && y.accuracy.at("rmse").value == x.accuracy.at("rmse").value;
      })) << judge;
    }
  }

  test::TemporaryFolder folder_;
};

TEST_F(Judging, WritesARecordForEachDrawSourceAndSeed) {
  const JudgeOptions options = this->options("als,+genres,zero,popularity,random");
  const StudySummary summary = judged(options);
  EXPECT_EQ(summary.exit_code(), ExitCode::ok);
  const std::vector<Record> all = records(options);
  ASSERT_EQ(all.size(), 5U * 2 * 2);
  for (const Record& record : all) {
    EXPECT_EQ(record.method, "judge-ridge");
    EXPECT_EQ(record.family, "judge");
    EXPECT_EQ(record.information, "embedding:" + record.judge->source);
    EXPECT_EQ(record.judge->embedding + record.judge->judge + record.judge->validation, record.split.train);
    EXPECT_TRUE(record.judge->gates.at("frozen"));
    EXPECT_TRUE(schema_violations(to_json(record)).empty());
    EXPECT_EQ(record.judge->bytes_per_item, record.judge->source == "popularity" ? 4 : 32);
  }
  EXPECT_LT(rmse(all, "als"), rmse(all, "zero"));
}

TEST_F(Judging, DoesNothingTwice) {
  const JudgeOptions options = this->options("als,zero");
  judged(options);
  const StudySummary again = judged(options);
  EXPECT_EQ(again.resumed, again.number(Status::ok));
  fs::remove(options.output / (records(options).front().id + ".json"));
  const StudySummary third = judged(options);
  EXPECT_EQ(third.number(Status::ok), again.number(Status::ok));
  EXPECT_EQ(third.resumed, again.number(Status::ok) - 1);
}

TEST_F(Judging, GivesTheSameForAnyNumberOfThreads) {
  expect_the_same_for_any_number_of_threads("ridge");
  expect_the_same_for_any_number_of_threads("mlp");
}

TEST_F(Judging, TrainsTheSameVectorsOnAnyNumberOfThreads) {
  expect_the_same_for_any_number_of_threads("cross:frozen+id");
}

TEST_F(Judging, TheOracleIsBestAndARotationChangesNothing) {
  JudgeOptions options = this->options("sgd,oracle:sgd,zero,random,shuffled:sgd");
  options.data.data = "synth:300x150x12000";
  judged(options);
  for (const Record& record : records(options)) {
    EXPECT_TRUE(record.judge->gates.at("oracle-best"));
    if (record.judge->source == "sgd" && record.judge->draw == 1) {
      EXPECT_TRUE(record.judge->gates.at("rotation"));
    }
  }
}

TEST_F(Judging, WithNativeUsersABlockCannotBe) {
  JudgeOptions options = this->options("als,+genres");
  options.mode = Mode::native;
  const StudySummary summary = judged(options);
  EXPECT_EQ(summary.number(Status::unsupported), 1);
  EXPECT_EQ(summary.exit_code(), ExitCode::ok);
  for (const Record& record : records(options)) {
    EXPECT_EQ(record.status == Status::ok, record.judge->source == "als");
  }
}

TEST_F(Judging, ColdItemsOfRatingsAloneAreAsGoodAsNone) {
  JudgeOptions options = this->options("als,+genres,zero");
  options.data.split = parse_split("cold-items:5");
  options.folds = {0};
  judged(options);
  const std::vector<Record> all = records(options);
  EXPECT_NEAR(rmse(all, "als"), rmse(all, "zero"), 0.03);
  EXPECT_LT(rmse(all, "+genres"), rmse(all, "zero"));
}

TEST_F(Judging, WithoutASourceAJudgeLearnsVectorsByItself) {
  JudgeOptions options = this->options("als,zero");
  options.judges.push_back(&find_judge("mlp:end-to-end"));
  options.draws = options.seeds = 1;
  EXPECT_EQ(judged(options).exit_code(), ExitCode::ok);
  std::map<std::string, std::map<std::string, double>> of;  // by judge and source
  for (const Record& record : records(options)) {
    of[record.method][record.judge->source] = record.accuracy.at("rmse").value;
  }
  EXPECT_EQ(of["judge-mlp:end-to-end"].size(), 1U) << "it is given no source";
  EXPECT_LT(of["judge-mlp:end-to-end"].at("zero"), of["judge-ridge"].at("zero"));
}

TEST_F(Judging, TrainedVectorsHaveTablesOfTheirOwn) {
  JudgeOptions options = this->options("als");
  options.judges = {&find_judge("mlp"), &find_judge("mlp:fine-tuned"), &find_judge("mlp:frozen+id")};
  options.draws = options.seeds = 1;
  EXPECT_EQ(judged(options).exit_code(), ExitCode::ok);
  std::map<std::string, Record> of;
  for (const Record& record : records(options)) of[record.method] = record;
  ASSERT_EQ(of.size(), 3U);
  const Record &frozen = of["judge-mlp"], &tuned = of["judge-mlp:fine-tuned"], &beside = of["judge-mlp:frozen+id"];
  EXPECT_NE(tuned.accuracy.at("rmse").value, frozen.accuracy.at("rmse").value);
  EXPECT_NE(beside.accuracy.at("rmse").value, frozen.accuracy.at("rmse").value);
  EXPECT_EQ(tuned.judge->parameters - frozen.judge->parameters, 90 * 8) << "a vector an item";
  EXPECT_GT(found(tuned, "moved"), 0);
  options.mode = Mode::native;
  options.judges = {&find_judge("mlp:fine-tuned")};
  EXPECT_EQ(judged(options).number(Status::unsupported), 1);
}

TEST_F(Judging, WithoutZeroThereIsNoRowForAJudgeThatIsGivenNothing) {
  const test::Ended ended = test::embrace_run({"judge", "-d", "synth", "--split", "holdout:0.2", "-s", "als", "-j",
                                               "cross:end-to-end", "-o", (folder_.path() / "out").string()});
  EXPECT_EQ(ended.code, static_cast<int>(ExitCode::usage));
  EXPECT_NE(ended.err.find("add zero to --sources"), std::string::npos) << ended.err;
}

TEST_F(Judging, ProbesStandBesideTheJudges) {
  JudgeOptions options = this->options("als,+genres,popularity,random,random:als");
  options.data.split = parse_split("cold-items:5");
  options.folds = {0};
  options.probes = true;
  EXPECT_EQ(judged(options).exit_code(), ExitCode::ok);
  EXPECT_EQ(read_records({options.output / "probes"}).size(), 5U * 2) << "of each source in each draw";
  std::map<std::string, Record> of = probes(options);
  for (const auto& [source, record] : of) {
    EXPECT_TRUE(schema_violations(to_json(record)).empty()) << source;
    EXPECT_EQ(record.status, Status::ok) << record.reason;
  }
  EXPECT_LT(of["+genres"].accuracy.at("rmse").value, of["random"].accuracy.at("rmse").value);
  EXPECT_GT(found(of["+genres"], "genre_hits"), found(of["random"], "genre_hits") + 0.1);
  EXPECT_GT(found(of["popularity"], "popularity_r2"), 0.5) << "that of the embedding part, of all training ratings";
  EXPECT_LT(found(of["random"], "popularity_r2"), 0.2);
  EXPECT_NEAR(found(of["popularity"], "effective_rank"), 1, 1e-6);
  // The axes of als are as unequal in random rows of its shape; a share of 150 random items differs by a tenth or so.
  const double axes = found(of["als"], "effective_rank");
  EXPECT_NEAR(found(of["random:als"], "effective_rank"), axes, 0.15 * axes);
  EXPECT_GT(std::abs(found(of["random"], "effective_rank") - axes), 0.15 * axes);
  EXPECT_LT(found(of["random:als"], "genre_hits"), found(of["+genres"], "genre_hits") - 0.1);
  EXPECT_GT(found(of["als"], "stability"), found(of["random"], "stability"));
  EXPECT_EQ(found(of["+genres"], "stability"), -1) << "no chance in it";
  const std::string table = render(make_report(read_records({options.output})), Format::md, false, 0);
  for (const char* name : {"neighbours@100", "stability", "probes: a ridge for each user"}) {
    EXPECT_NE(table.find(name), std::string::npos) << name;
  }
  const std::string csv = render(make_report(read_records({options.output})), Format::csv, false, 0);
  EXPECT_NE(csv.find(",popularity_r2,"), std::string::npos) << csv;
  const StudySummary again = judged(options);
  EXPECT_EQ(again.resumed, again.number(Status::ok));
}

TEST_F(Judging, ProbesAreTheSameForAnyNumberOfThreads) {
  JudgeOptions one = options("als"), three = options("als");
  one.output = folder_.path() / "one";
  three.output = folder_.path() / "three";
  one.draws = three.draws = one.seeds = three.seeds = 1;
  one.probes = three.probes = true;
  judged(one, 1);
  judged(three, 3);
  const Record a = probes(one)["als"], b = probes(three)["als"];
  EXPECT_EQ(a.accuracy.at("rmse").value, b.accuracy.at("rmse").value);
  EXPECT_EQ(a.judge->setting, b.judge->setting);
}

TEST_F(Judging, TwoTowersRank) {
  JudgeOptions options = this->options("ials,zero", "two-tower");
  options.task = Task::ranking;
  options.draws = 1;
  EXPECT_EQ(judged(options).exit_code(), ExitCode::ok);
  for (const Record& record : records(options)) {
    ASSERT_EQ(record.status, Status::ok) << record.reason;
    EXPECT_GT(record.accuracy.at("ndcg@10").value, 0);
  }
  options.judges = {&find_judge("ridge")};
  EXPECT_GT(judged(options).number(Status::unsupported), 0);
}

TEST(Sources, AreOneList) {
  const std::vector<SourceSpec> specs =
      parse_sources("als,hybrid/+movie,+year+genres,shuffled:als,oracle:sgd,als,zero,random,random:als");
  ASSERT_EQ(specs.size(), 8U);
  EXPECT_EQ(specs[1].text, "hybrid/+movie");
  EXPECT_EQ(specs[2].text, "+genres+year");
  EXPECT_EQ(specs[3].of->text, "als");
  EXPECT_EQ(specs[6].of, nullptr);
  EXPECT_EQ(specs[7].of->text, "als");
  EXPECT_GE(parse_sources("all").size(), 4U);
  for (const char* wrong : {"alss", "+genre", "shuffled", "zero:als", "oracle:+genres", "shuffled:zero", "random:zero",
                            "popularity:x", "bias", ""}) {
    EXPECT_THROW(parse_sources(wrong), UsageError) << wrong;
  }
}

}  // namespace
}  // namespace embrace::judge
