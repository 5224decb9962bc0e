// Rating and ranking metrics: hand-computed tables, a plain second evaluator, ties, masks, odd shapes.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "host/array.hpp"
#include "host/error.hpp"
#include "host/metrics/metric.hpp"
#include "host/metrics/ranking.hpp"
#include "host/metrics/rating.hpp"
#include "host/random.hpp"
#include "host/span.hpp"
#include "tests/reference/plain_ranking.hpp"

namespace embrace {
namespace {

using reference::PlainUser;

/// Scores from a table, as a trained model would give them.
class TableTrainer : public Trainer {
 public:
  TableTrainer(const std::vector<PlainUser>& users, Threads& threads) : Trainer(threads), table_(users) {}
  EpochResult epoch() override { return {}; }
  void predict(const PairsView&, Span<float>) const override { FAIL() << "rankings ask for whole rows"; }
  void score(Span<const std::int32_t> users, MatrixView out) const override {
    threads_.for_each(users.size(), [&](std::int64_t row, int) {
      const auto& scores = table_[static_cast<std::size_t>(users[static_cast<std::size_t>(row)])].scores;
      for (std::int64_t i = 0; i < out.columns; ++i)
        out(row, i) = static_cast<float>(scores[static_cast<std::size_t>(i)]);
    });
  }

 private:
  const std::vector<PlainUser>& table_;
};

Csr rows_of(const std::vector<PlainUser>& users, std::int64_t items, std::set<std::int32_t> PlainUser::*member) {
  Csr csr;
  csr.columns = items;
  for (const PlainUser& user : users) {
    for (const std::int32_t item : user.*member) {
      csr.indices.push_back(item);
      csr.values.push_back(1);
    }
    csr.offsets.push_back(csr.entries());
  }
  return csr;
}

RankingResult evaluate(const std::vector<PlainUser>& users, std::int64_t items, const std::vector<int>& at, int keep,
                       bool sampled, int thread_count) {
  Threads threads(thread_count);
  const TableTrainer trainer(users, threads);
  const Csr mask = rows_of(users, items, &PlainUser::mask), targets = rows_of(users, items, &PlainUser::targets);
  std::vector<std::int64_t> ids;
  std::vector<std::vector<std::int32_t>> candidates;
  for (const PlainUser& user : users) {
    ids.push_back(user.id);
    if (sampled) candidates.push_back(user.candidates);
  }
  return evaluate_ranking(trainer, {mask.view(), targets.view(), candidates, at, ids, keep}, threads);
}

/// Ranks these items alone; targets are among them.
RankingResult evaluate_pool(const std::vector<PlainUser>& users, std::int64_t items,
                            const std::vector<std::int32_t>& pool) {
  Threads threads(2);
  const TableTrainer trainer(users, threads);
  const Csr mask = rows_of(users, items, &PlainUser::mask), targets = rows_of(users, items, &PlainUser::targets);
  std::vector<std::int64_t> ids;
  for (const PlainUser& user : users) ids.push_back(user.id);
  RankingQuery query{mask.view(), targets.view(), {}, {1, 2}, ids, 5};
  query.pool = pool;
  return evaluate_ranking(trainer, query, threads);
}

double value_of(const RankingResult& result, const std::string& name) {
  for (const UserValues& metric : result.metrics) {
    if (metric.name == name) return metric.value();
  }
  ADD_FAILURE() << "no metric " << name;
  return -1;
}

/// Few score levels, so that nearly every list is full of ties; some users without targets.
std::vector<PlainUser> random_users(std::uint64_t seed, int count, int items, std::uint64_t levels) {
  const Random random(seed, Stream::sampling);
  std::uint64_t draw = 0;
  const auto below = [&](std::uint64_t bound) { return random.below(bound, draw++); };
  std::vector<PlainUser> users;
  for (int u = 0; u < count; ++u) {
    PlainUser user;
    user.id = 100 + 3 * u;
    for (int i = 0; i < items; ++i) {
      user.scores.push_back((static_cast<double>(below(levels)) - std::floor(static_cast<double>(levels) / 2)) / 4);
      const std::uint64_t kind = below(10);
      if (kind < 3) user.mask.insert(i);
      if (kind == 3 && u % 5 != 0) user.targets.insert(i);
    }
    for (int c = 0; c < 12; ++c) {
      user.candidates.push_back(static_cast<std::int32_t>(below(static_cast<std::uint64_t>(items))));
    }
    users.push_back(user);
  }
  return users;
}

void expect_conformance(const std::vector<PlainUser>& users, int items, const std::vector<int>& at, bool sampled) {
  const int keep = 7;
  const RankingResult result = evaluate(users, items, at, keep, sampled, 3);
  std::size_t row = 0;
  std::size_t answer = 0;
  for (std::size_t u = 0; u < users.size(); ++u) {
    if (users[u].targets.empty()) continue;
    const auto expected = plain_user_metrics(users[u], sampled, at);
    ASSERT_EQ(expected.size(), result.metrics.size());
    for (const UserValues& metric : result.metrics) {
      ASSERT_EQ(metric.users[row], users[u].id);
      // The same sum of at most K doubles in the same order; one rounding of slack for each.
      ASSERT_NEAR(metric.sums[row], expected.at(metric.name), 1e-14) << metric.name << " of user " << u;
    }
    const auto list = plain_list(users[u], sampled);
    for (std::size_t r = 0; r < std::min<std::size_t>(keep, list.size()); ++r, ++answer) {
      ASSERT_LT(answer, result.answers.size());
      ASSERT_EQ(result.answers[answer].user, static_cast<std::int32_t>(u));
      ASSERT_EQ(result.answers[answer].item, list[r]);
      ASSERT_EQ(result.answers[answer].rank, static_cast<std::int32_t>(r + 1));
      ASSERT_EQ(static_cast<double>(result.answers[answer].score), users[u].scores[static_cast<std::size_t>(list[r])]);
    }
    ++row;
  }
  EXPECT_EQ(answer, result.answers.size());
  EXPECT_EQ(result.users_without_targets, static_cast<std::int64_t>(users.size() - row));
  for (const UserValues& metric : result.metrics) EXPECT_EQ(metric.n, static_cast<std::int64_t>(row));
}

TEST(Ranking, AgreesWithThePlainEvaluatorOnTiesMasksAndOddShapes) {
  for (const int items : {1, 2, 15, 16, 17, 60, 333}) {
    for (const std::uint64_t levels : {1U, 2U, 5U, 1000U}) {
      const auto users = random_users(static_cast<std::uint64_t>(items) * 7 + levels, 40, items, levels);
      for (const bool sampled : {false, true}) {
        expect_conformance(users, items, {1, 3, 10, 500}, sampled);
        if (HasFatalFailure()) FAIL() << items << " items, " << levels << " levels, sampled " << sampled;
      }
    }
  }
}

TEST(Ranking, AgreesWithThePlainEvaluatorOnShortHeadsOfLongLists) {
  // Lists far longer than the head that is kept, so that the selection has to drop items again and again.
  for (const std::uint64_t levels : {2U, 30U, 100000U}) {
    auto users = random_users(levels, 12, 3000, levels);
    std::sort(users[1].scores.begin(), users[1].scores.end());  // each item beats all before it
    expect_conformance(users, 3000, {1, 3, 10}, false);
    if (HasFatalFailure()) FAIL() << levels << " levels";
  }
}

TEST(Ranking, StoredVectors) {
  const auto golden = nlohmann::json::parse(std::ifstream(EMBRACE_SOURCE_DIR "/tests/golden/ranking.json"));
  std::vector<PlainUser> users;
  for (const auto& u : golden["users"]) {
    users.push_back({u["id"], u["scores"], u["mask"], u["targets"], u["candidates"]});
  }
  const std::vector<int> at = golden["at"];
  for (const bool sampled : {false, true}) {
    const auto& expected = golden[sampled ? "sampled" : "full"];
    const RankingResult result = evaluate(users, golden["items"], at, 0, sampled, 2);
    ASSERT_EQ(result.metrics.size(), expected.size());
    for (const UserValues& metric : result.metrics) {
      EXPECT_EQ(metric.n, golden["users_with_targets"]);
      EXPECT_NEAR(metric.value(), expected[metric.name].get<double>(), 1e-14) << metric.name;
    }
  }
}

TEST(Ranking, HandComputedTable) {
  // Items      0    1    2    3    4    5
  // Scores   0.9  0.5  0.5  0.8  0.1  0.5   training: 0; list: 3 1 2 5 4; targets: 2 4 5
  const std::vector<PlainUser> users = {{7, {0.9, 0.5, 0.5, 0.8, 0.1, 0.5}, {0}, {2, 4, 5}, {}},
                                        {9, {1, 1, 1, 1, 1, 1}, {}, {}, {}}};
  const RankingResult result = evaluate(users, 6, {2, 3, 5}, 0, false, 1);
  EXPECT_EQ(result.users_without_targets, 1);
  EXPECT_DOUBLE_EQ(value_of(result, "recall@2"), 0);
  EXPECT_DOUBLE_EQ(value_of(result, "hr@2"), 0);
  EXPECT_DOUBLE_EQ(value_of(result, "recall@3"), 1.0 / 3);
  EXPECT_DOUBLE_EQ(value_of(result, "capped-recall@2"), 0);
  EXPECT_DOUBLE_EQ(value_of(result, "hr@3"), 1);
  // 1/log2(4) over 1 + 1/log2(3) + 1/log2(4)
  EXPECT_NEAR(value_of(result, "ndcg@3"), 0.5 / 2.1309297535714573, 1e-15);
  // (1/log2(4) + 1/log2(5) + 1/log2(6)) over the same ideal: three targets fill three ranks
  EXPECT_NEAR(value_of(result, "ndcg@5"), 1.3175293653079347 / 2.1309297535714573, 1e-15);
  EXPECT_DOUBLE_EQ(value_of(result, "recall@5"), 1);
}

TEST(Ranking, TiesGoToTheLowerItemAndATestWouldNotice) {
  // All scores equal: the list is 0 1 2 …; a target at either end tells the two tie rules apart.
  const std::vector<PlainUser> low = {{1, {5, 5, 5, 5}, {}, {0}, {}}}, high = {{1, {5, 5, 5, 5}, {}, {3}, {}}};
  EXPECT_EQ(value_of(evaluate(low, 4, {1}, 0, false, 1), "hr@1"), 1);
  EXPECT_EQ(value_of(evaluate(high, 4, {1}, 0, false, 1), "hr@1"), 0);
  const std::vector<PlainUser> zeros = {{1, {-0.0, 0.0, -0.0, 0.0}, {}, {0}, {}}};
  EXPECT_EQ(value_of(evaluate(zeros, 4, {1}, 0, false, 1), "hr@1"), 1) << "-0 and 0 are one score";
}

TEST(Ranking, RecallCountsAllTargetsAndCappedRecallAtMostK) {
  const std::vector<PlainUser> users = {{1, {4, 3, 2, 1}, {}, {0, 1, 2, 3}, {}}};
  const RankingResult result = evaluate(users, 4, {2}, 0, false, 1);
  EXPECT_DOUBLE_EQ(value_of(result, "recall@2"), 0.5);
  EXPECT_DOUBLE_EQ(value_of(result, "capped-recall@2"), 1);
  EXPECT_DOUBLE_EQ(value_of(result, "ndcg@2"), 1);
}

TEST(Ranking, ATargetAmongTheCandidatesIsTakenOutOfThem) {
  // Candidates 0 and 1 beat nothing twice: the target 1 stands among them and is ranked once, second.
  const std::vector<PlainUser> users = {{1, {3, 2, 1, 9}, {3}, {1}, {0, 1, 2, 0}}};
  const RankingResult result = evaluate(users, 4, {1, 2}, 4, true, 1);
  EXPECT_EQ(value_of(result, "hr@1:sampled"), 0);
  EXPECT_EQ(value_of(result, "hr@2:sampled"), 1);
  EXPECT_EQ(result.answers.size(), 3U);
}

TEST(Ranking, ATargetThatIsAlsoATrainingItemCountsAsMissed) {
  const std::vector<PlainUser> users = {{1, {3, 2, 1}, {0}, {0, 1}, {}}};
  EXPECT_DOUBLE_EQ(value_of(evaluate(users, 3, {3}, 0, false, 1), "recall@3"), 0.5);
}

TEST(Ranking, AUserWhoKnowsEveryItemScoresZero) {
  const std::vector<PlainUser> users = {{1, {3, 2}, {0, 1}, {1}, {}}};
  const RankingResult result = evaluate(users, 2, {5}, 3, false, 1);
  EXPECT_EQ(value_of(result, "ndcg@5"), 0);
  EXPECT_TRUE(result.answers.empty());
}

TEST(Ranking, NobodyWithTargetsMeansNoMetric) {
  const std::vector<PlainUser> users = {{1, {3, 2}, {0}, {}, {}}};
  const RankingResult result = evaluate(users, 2, {5}, 3, false, 2);
  EXPECT_TRUE(result.metrics.empty());
  EXPECT_EQ(result.users_without_targets, 1);
}

TEST(Ranking, AnyNumberOfThreadsGivesTheSameBitsAcrossBatches) {
  // More users than one batch of 4096, so that batches are joined.
  const auto users = random_users(11, 9000, 20, 6);
  const RankingResult one = evaluate(users, 20, {1, 10}, 3, false, 1), four = evaluate(users, 20, {1, 10}, 3, false, 4);
  for (std::int64_t m = 0; m < one.metrics.size(); ++m) {
    EXPECT_EQ(one.metrics[m].sums, four.metrics[m].sums);
    EXPECT_TRUE(std::is_sorted(one.metrics[m].users.begin(), one.metrics[m].users.end()));
  }
  EXPECT_EQ(one.answers.size(), four.answers.size());
  const auto expected = plain_user_metrics(users[8999], false, {1, 10});
  EXPECT_NEAR(one.metrics[6].sums.back(), expected.at("ndcg@10"), 1e-14);
}

TEST(Ranking, AScoreThatIsNotFiniteIsDivergence) {
  for (const double bad : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
                           -std::numeric_limits<double>::infinity()}) {
    for (const std::size_t place : {std::size_t{0}, std::size_t{16}}) {
      std::vector<PlainUser> users = random_users(3, 8, 17, 9);
      users[6].targets = {1};
      users[6].scores[place] = bad;
      EXPECT_THROW(evaluate(users, 17, {5}, 0, false, 2), Diverged);
    }
  }
}

TEST(Ranking, ImpossibleQueriesAreRefused) {
  const std::vector<PlainUser> users = {{1, {3, 2}, {0}, {1}, {9}}};
  EXPECT_THROW(evaluate(users, 2, {5, 5}, 0, false, 1), std::invalid_argument);
  EXPECT_THROW(evaluate(users, 2, {0}, 0, false, 1), std::invalid_argument);
  EXPECT_THROW(evaluate(users, 2, {1}, 0, true, 1), std::invalid_argument) << "candidate 9 is no item";
}

TEST(RatingMetrics, HandComputedTable) {
  // User 3: errors 1, -2; user 8: error 0.5. Unsorted on purpose.
  const std::vector<std::int64_t> users = {8, 3, 3};
  const std::vector<float> truth = {4, 1, 5}, predicted = {4.5, 2, 3};
  const auto metrics = rating_metrics(users, truth, predicted);
  ASSERT_EQ(metrics.size(), 2U);
  EXPECT_EQ(metrics[0].name, "rmse");
  EXPECT_EQ(metrics[0].users, (std::vector<std::int64_t>{3, 8}));
  EXPECT_EQ(metrics[0].sums, (std::vector<double>{5, 0.25}));
  EXPECT_EQ(metrics[0].weights, (std::vector<double>{2, 1}));
  EXPECT_EQ(metrics[0].n, 3);
  EXPECT_DOUBLE_EQ(metrics[0].value(), std::sqrt(1.75));
  EXPECT_DOUBLE_EQ(metrics[1].value(), 3.5 / 3);
}

TEST(RatingMetrics, OddInputs) {
  EXPECT_TRUE(rating_metrics({}, {}, {}).empty());
  const std::vector<std::int64_t> users = {1};
  const std::vector<float> truth = {3}, nan = {std::numeric_limits<float>::quiet_NaN()};
  EXPECT_THROW(rating_metrics(users, truth, nan), Diverged);
  EXPECT_THROW(rating_metrics(users, truth, {}), std::invalid_argument);
}

TEST(Metrics, AreFoundByBaseNameAndSaidInFull) {
  EXPECT_EQ(find_metric("ndcg@10:sampled")->name, "ndcg");
  EXPECT_EQ(find_metric("capped-recall@20")->name, "capped-recall");
  EXPECT_EQ(find_metric("hr")->name, "hr");
  EXPECT_FALSE(find_metric("rmse")->higher_is_better);
  for (const char* name : {"", "nope", "rmse@10", "ndcg@", "ndcg@x", "ndcg@:sampled", "ndcg@1:other"}) {
    EXPECT_EQ(find_metric(name), nullptr) << name;
  }
  for (const MetricInfo& info : metric_infos()) {
    if (info.task != Task::ranking) continue;
    for (const char* word : {"ties", "training items", "without targets", "sampled"}) {
      EXPECT_NE(info.definition.find(word), std::string::npos) << info.name << " does not say " << word;
    }
  }
}

/// Ranks by itself, as a trainer on a device does.
class ListTrainer final : public TableTrainer {
 public:
  using TableTrainer::TableTrainer;
  bool rank(Span<const std::int32_t> users, CsrView mask, std::int64_t depth, Span<ScoredItem> out) const override {
    const std::int64_t items = mask.columns;
    Array<float> scores(users.size() * items);
    score(users, {scores.data(), users.size(), items, items});
    for (std::int64_t u = 0; u < users.size(); ++u) {
      const auto seen = mask.row_indices(users[u]);
      std::vector<ScoredItem> list;
      for (std::int32_t i = 0; i < items; ++i) {
        const float score = scores[u * items + i];
        if (!std::binary_search(seen.begin(), seen.end(), i)) list.push_back({i, score});
      }
      std::stable_sort(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.score > b.score; });
      list.resize(static_cast<std::size_t>(depth));
      std::copy(list.begin(), list.end(), out.begin() + u * depth);
    }
    return true;
  }
};

TEST(Ranking, ATrainerThatRanksByItselfGivesTheSame) {
  Threads threads(2);
  for (const int items : {1, 9, 40}) {
    const std::vector<PlainUser> users = random_users(5, 50, items, 6);
    const Csr mask = rows_of(users, items, &PlainUser::mask), targets = rows_of(users, items, &PlainUser::targets);
    std::vector<std::int64_t> ids;
    for (const PlainUser& user : users) ids.push_back(user.id);
    for (const bool auc : {false, true}) {
      RankingQuery query{mask.view(), targets.view(), {}, {1, 5, 20}, ids, 7};
      query.auc = auc;
      const RankingResult scored = evaluate_ranking(TableTrainer(users, threads), query, threads);
      const RankingResult listed = evaluate_ranking(ListTrainer(users, threads), query, threads);
      ASSERT_EQ(listed.metrics.size(), scored.metrics.size());
      for (std::int64_t m = 0; m < scored.metrics.size(); ++m) {
        EXPECT_EQ(listed.metrics[m].name, scored.metrics[m].name);
        EXPECT_EQ(listed.metrics[m].sums, scored.metrics[m].sums) << scored.metrics[m].name;
      }
      ASSERT_EQ(listed.answers.size(), scored.answers.size());
      for (std::int64_t a = 0; a < scored.answers.size(); ++a) {
        EXPECT_EQ(listed.answers[a].user, scored.answers[a].user);
        EXPECT_EQ(listed.answers[a].item, scored.answers[a].item);
        EXPECT_EQ(listed.answers[a].rank, scored.answers[a].rank);
        EXPECT_EQ(listed.answers[a].score, scored.answers[a].score);
      }
    }
  }
}

TEST(Ranking, AucIsTheShareOfPairsInOrder) {
  Threads threads(2);
  const std::vector<PlainUser> users = random_users(11, 60, 23, 4);
  const TableTrainer trainer(users, threads);
  const Csr mask = rows_of(users, 23, &PlainUser::mask), targets = rows_of(users, 23, &PlainUser::targets);
  std::vector<std::int64_t> ids;
  double sum = 0;
  std::int64_t counted = 0;
  for (const PlainUser& user : users) {
    ids.push_back(user.id);
    if (user.targets.empty()) continue;
    double won = 0, pairs = 0;
    for (std::int32_t other = 0; other < 23; ++other) {
      if (user.mask.count(other) + user.targets.count(other) > 0) continue;
      for (const std::int32_t target : user.targets) {
        const double a = user.mask.count(target) > 0 ? -1e30 : user.scores[static_cast<std::size_t>(target)];
        const double b = user.scores[static_cast<std::size_t>(other)];
        won += a > b ? 1.0 : a == b ? 0.5 : 0.0;
        ++pairs;
      }
    }
    sum += pairs > 0 ? won / pairs : 0.5;
    ++counted;
  }
  RankingQuery query{mask.view(), targets.view(), {}, {}, ids};
  EXPECT_TRUE(evaluate_ranking(trainer, query, threads).metrics.empty()) << "measured only when asked for";
  query.auc = true;
  const RankingResult result = evaluate_ranking(trainer, query, threads);
  ASSERT_EQ(result.metrics.size(), 1U);
  EXPECT_EQ(result.metrics[0].name, "auc");
  // Whole numbers are divided once a user; only the sum over users has another order.
  EXPECT_NEAR(result.metrics[0].value(), sum / static_cast<double>(counted), 1e-14);
}

// Items 0 and 1 are warm and score best; 2, 3 and 5 are ranked, 3 being the user's own.
TEST(Ranking, APoolIsRankedByItself) {
  PlainUser user;
  user.id = 7;
  user.scores = {9, 8, 1, 7, 6, 2};
  user.mask = {0, 3};
  user.targets = {2};
  const RankingResult result = evaluate_pool({user}, 6, {2, 3, 5});
  EXPECT_DOUBLE_EQ(value_of(result, "hr@1"), 0) << "item 5 comes first";
  EXPECT_DOUBLE_EQ(value_of(result, "ndcg@2"), 1 / std::log2(3.0));
  ASSERT_EQ(result.answers.size(), 2);
  EXPECT_EQ(result.answers[0].item, 5);
  EXPECT_EQ(result.answers[1].item, 2);
}

}  // namespace
}  // namespace embrace
