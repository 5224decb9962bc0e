// Races between rankings: where the accuracy that both must reach lies, what is no race, and the whole way with a peer
// that is a shell script. No library is needed.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "bench/peers/contest_data.hpp"
#include "bench/report/report.hpp"
#include "host/data/split/split_name.hpp"
#include "host/methods/registry.hpp"
#include "host/npy.hpp"
#include "tests/bench/peers_run.hpp"

namespace embrace::peers {
namespace {

namespace fs = std::filesystem;
using test::Ended;

using Values = std::vector<double>;

/// A run of lightfm-ids on a validation part of "d": one second an epoch times `pace`, NDCG@10 as given.
Record run_of(const std::string& method, double pace, const Values& values, std::uint64_t repetition = 1) {
  Record r;
  r.id = method + std::to_string(repetition);
  r.data = {"d", "h", 10, 10, 2000, std::nullopt};
  r.split = {"holdout:0.1 > holdout:0.1", 0, 1, "s", 1000, 100};
  r.method = method;
  r.contest = {"lightfm-ids", method == "lightfm-bpr" ? ContestSide::theirs : ContestSide::ours};
  r.information = "ratings";
  r.task = Task::ranking;
  r.positive = 4;
  r.at = {10, 20};
  r.seed = repetition;
  if (method != baseline) r.hyper = {{"factors", 64.0}};
  r.device = {DeviceKind::cpu, "Some CPU", 2};
  r.provenance = {{"version", "1"}, {"package", "lightfm 1.17"}, {"machine", "M"}};
  test::add_curve("ndcg@10", pace, values, r);
  return r;
}
Record ours(const Values& values, double pace = 1) { return run_of("hybrid", pace, values); }
Record theirs(const Values& values, double pace = 4) { return run_of("lightfm-bpr", pace, values); }
Record popularity(double value = 0.1) { return run_of(baseline, 0, {value}); }

/// The row of the race; all others have a ratio where it has one.
ContestRow race(const std::vector<Record>& records) {
  std::map<Measure, ContestRow> rows;
  for (const ContestRow& row : make_contests(records).rows) rows[row.measure] = row;
  EXPECT_EQ(rows[Measure::rate].ratio.has_value(), rows[Measure::target].ratio.has_value());
  EXPECT_EQ(rows[Measure::rate].reason, rows[Measure::target].reason);
  return rows[Measure::target];
}

TEST(PeersRace, IsToNearTheWorseSidesBest) {
  // 0.1 + 0.95 (0.3 - 0.1): ours has it after three epochs, theirs after two, though it goes on to 0.3.
  const ContestRow row = race({popularity(), ours({0.2, 0.28, 0.32}), theirs({0.25, 0.292, 0.3, 0.28})});
  EXPECT_NEAR(*row.target, 0.29, 1e-12);
  EXPECT_DOUBLE_EQ(*row.ours_value, 3);
  EXPECT_DOUBLE_EQ(*row.theirs_value, 8) << "the last twentieth is charged to nobody";
  EXPECT_DOUBLE_EQ(*row.ratio, 8.0 / 3);
  EXPECT_DOUBLE_EQ(*row.theirs_accuracy, 0.28) << "shown is the end";
}

TEST(PeersRace, TheTargetIsAThirdOfTheWayFromPopularityAtLeast) {
  const ContestRow reached = race({popularity(), ours({0.3, 1.0}), theirs({0.3, 0.41})});
  EXPECT_NEAR(*reached.target, 0.4, 1e-12) << "more than 95 % of the way to 0.41";
  EXPECT_DOUBLE_EQ(*reached.ratio, 4);
  const ContestRow never = race({popularity(), ours({0.3, 1.0}), theirs({0.3, 0.39})});
  EXPECT_NEAR(*never.target, 0.4, 1e-12);
  EXPECT_FALSE(never.ratio);
  EXPECT_NE(
      never.reason.find("lightfm-bpr does not reach ndcg@10 0.4000 in 2 epochs, 33.3 % of the way from popularity"),
      std::string::npos)
      << never.reason;
}

TEST(PeersRace, EveryRepetitionMustArrive) {
  const std::vector<Record> records = {popularity(), ours({0.3, 1.0}), theirs({0.3, 0.41}),
                                       run_of("hybrid", 1, {0.3, 0.2}, 2), run_of("lightfm-bpr", 4, {0.3, 0.41}, 2)};
  EXPECT_NE(race(records).reason.find("hybrid does not reach"), std::string::npos);
}

TEST(PeersRace, BelowPopularityThereIsNothingToReach) {
  const ContestRow both = race({popularity(), ours({0.05, 0.1}), theirs({0.09})});
  EXPECT_FALSE(both.target) << "a target at popularity is one that needs no training";
  EXPECT_NE(both.reason.find("neither side ranks better than popularity, ndcg@10 0.1000"), std::string::npos)
      << both.reason;
  const ContestRow one = race({popularity(), ours({0.4}), theirs({0.05})});
  EXPECT_GT(*one.target, 0.1);
  EXPECT_FALSE(one.ratio);
}

TEST(PeersRace, NeedsPopularityBesideIt) {
  EXPECT_NE(race({ours({0.3}), theirs({0.3})}).reason.find("no run of popularity"), std::string::npos);
  Record failed = popularity();
  failed.status = Status::failed;
  failed.reason = "it died";
  EXPECT_FALSE(race({failed, ours({0.3}), theirs({0.3})}).ratio);
}

TEST(PeersRace, ASideThatLooksAtTheTestIsNone) {
  std::vector<Record> records = {popularity(), ours({0.3}), theirs({0.3})};
  for (Record& record : records) record.split.name = "holdout:0.1";
  const ContestRow row = race(records);
  EXPECT_FALSE(row.ratio);
  EXPECT_NE(row.reason.find("hybrid was looked at on the test part"), std::string::npos) << row.reason;
  EXPECT_TRUE(make_contests(records).curves.empty());
}

TEST(PeersRace, SidesThatSeeOtherPartsAreNone) {
  std::vector<Record> records = {popularity(), ours({0.3}), theirs({0.3})};
  records[2].split.sha256 = "another division";
  EXPECT_NE(race(records).reason.find("lightfm-bpr was not measured on what popularity was"), std::string::npos);
  records[2] = theirs({0.3});
  records[2].curve->metric = "auc";
  EXPECT_NE(race(records).reason.find("lightfm-bpr was not measured"), std::string::npos);
}

TEST(PeersRace, PopularityIsARowOfAnyNumberOfFactors) {
  std::vector<Record> records = {popularity(), ours({0.3}), theirs({0.3}), ours({0.3}), theirs({0.3})};
  records[3].hyper = records[4].hyper = {{"factors", 32.0}};
  int rows = 0;
  for (const ContestRow& row : make_contests(records).rows) {
    if (row.measure != Measure::baseline) continue;
    ++rows;
    EXPECT_EQ(row.ours, baseline);
    EXPECT_DOUBLE_EQ(*row.ours_accuracy, 0.1);
    EXPECT_FALSE(row.ratio);
    EXPECT_EQ(verdict(row), "");
  }
  EXPECT_EQ(rows, 2);
}

TEST(PeersRace, CurvesAreMediansWithPreparation) {
  std::vector<Record> records = {popularity(), ours({0.2, 0.3}), theirs({0.2, 0.25, 0.3})};
  records.push_back(run_of("hybrid", 3, {0.3, 0.4}, 2));
  records.push_back(run_of("lightfm-bpr", 4, {0.2, 0.25, 0.3}, 2));
  records[1].cost->prepare_seconds = 0.5;
  const Contests contests = make_contests(records);
  ASSERT_EQ(contests.curves.size(), 1U);
  const ContestCurve& curve = contests.curves[0];
  EXPECT_EQ(curve.popularity, 0.1);
  EXPECT_EQ(curve.ours.method, "hybrid");
  EXPECT_EQ(curve.ours.epochs, (std::vector<int>{1, 2}));
  EXPECT_DOUBLE_EQ(curve.ours.values[1], 0.35);
  EXPECT_DOUBLE_EQ(curve.ours.seconds[1], (2.5 + 6) / 2);
  EXPECT_EQ(curve.theirs.epochs.size(), 3U);
}

TEST(PeersRace, EveryFormatShowsTheEpochs) {
  const Report report = make_report({popularity(), ours({0.2, 0.28, 0.32}), theirs({0.25, 0.292, 0.3, 0.28})});
  for (const Format format : {Format::terminal, Format::md, Format::html, Format::latex}) {
    const std::string text = render(report, format, false, 0);
    for (const char* shown : {"popularity", "baseline", "lightfm-ids, 64 factors, ndcg@10 by epoch: d", "0.2920",
                              "which both must reach", "rate of two algorithms", "draws its negatives by popularity"}) {
      EXPECT_NE(text.find(shown), std::string::npos) << shown << " in\n" << text;
    }
  }
  const std::string md = render(report, Format::md, false, 0);
  for (const char* line :
       {"\n| popularity | 0.1000 |  | 0.1000 |  |\n", "\n| 2 | 0.2800 | 2.00 | **0.2920** | 8.00 |\n",
        "\n| 3 | **0.3200** | 3.00 | 0.3000 | 12.0 |\n", "\n| 4 |  |  | 0.2800 | 16.0 |\n"}) {
    EXPECT_NE(md.find(line), std::string::npos) << line << " in\n" << md;
  }
  const auto json = nlohmann::json::parse(render(report, Format::json, false, 0));
  EXPECT_EQ(json["contests"][0]["measure"], "baseline");
  EXPECT_EQ(json["contest_curves"][0]["theirs"]["values"][1], 0.292);
}

TEST(PeersRace, EarlierRecordsSayWhatTheyRacedTo) {
  std::vector<Record> records = {ours({0.7, 0.9}), theirs({0.7, 0.8})};
  for (Record& record : records) {
    record.split.name = "holdout:0.1";
    record.curve->metric = "auc";
  }
  const ContestRow row = race(records);
  EXPECT_DOUBLE_EQ(*row.target, 0.8) << "as it was: the worst end";
  EXPECT_DOUBLE_EQ(*row.ratio, 4);
  EXPECT_EQ(row.metric, "auc");
  const std::string md = render(make_report(records), Format::md, false, 0);
  EXPECT_NE(md.find("an earlier race to AUC"), std::string::npos) << md;
  EXPECT_EQ(md.find("by epoch"), std::string::npos) << md;
}

/// Races on a data set on which there is something to learn, with a peer that hands back what the test has prepared.
class PeersRaceRun : public test::PeersRun {
 protected:
  PeersRaceRun() : PeersRun("synth:120x100x5000") {
    data_of_race_ =
        make_contest_data(contest_, {data_, {}, parse_split("holdout:0.1"), 1}, folder_ / "prepared", threads_);
  }

  void answer(int epoch, ConstMatrixView users, ConstMatrixView items) {
    for (const auto& [name, view] : {std::pair("users", users), std::pair("items", items)}) {
      std::vector<float> values;
      for (std::int64_t r = 0; r < view.rows; ++r) values.insert(values.end(), view.row(r), view.row(r) + view.columns);
      write_npy<float>(folder_ / ("answers/" + std::to_string(epoch) + "-" + name + ".npy"), values,
                       {view.rows, view.columns});
    }
  }
  /// After so many answers: a tenth of a second each.
  void finish() {
    nlohmann::json result = {{"status", "ok"},
                             {"package", "implicit 0"},
                             {"build", "stub"},
                             {"libraries", ""},
                             {"prepare_seconds", 0},
                             {"peak_bytes", 1},
                             {"epoch_seconds", nlohmann::json::array()},
                             {"checkpoints", nlohmann::json::array()}};
    for (int epoch = 1; epoch <= epochs_; ++epoch) {
      result["epoch_seconds"].push_back(0.1);
      result["checkpoints"].push_back({{"epochs", epoch}, {"seconds", 0.1 * epoch}, {"offset", 0}});
    }
    std::ofstream(folder_ / "answers/result.json") << result.dump();
    install_answers("implicit");
  }
  std::map<std::string, Record> run_race() {
    ended_ = run(contest_.name, 1);
    EXPECT_EQ(ended_.code, 0) << ended_.err;
    std::map<std::string, Record> found;
    for (Record& record : records()) found[record.method] = std::move(record);
    EXPECT_EQ(found.size(), 3U) << "popularity, ours, theirs";
    return found;
  }

  const Contest& contest_ = *find_contest("implicit-cholesky");
  const int epochs_ = static_cast<int>(setting(contest_.theirs, "epochs"));
  Threads threads_{2};
  ContestData data_of_race_;
  Ended ended_;
};

TEST_F(PeersRaceRun, TheSameVectorsHaveTheSameCurve) {
  const Method& method = *find_method(contest_.ours.method);
  const DeviceInfo device = cpu_device();
  const Hyper hyper = make_hyper(method, Task::ranking, contest_.ours.settings, shape_of(data_of_race_.experiment));
  embrace::Run rival = make_run(data_of_race_, data_of_race_.features, method, hyper, device);
  rival.seed = 1;
  rival.on_epoch = [&](int done, int all, const Trainer& trainer) {
    const EmbeddingView learned = *trainer.embedding();
    for (int epoch = done; epoch <= (done < all ? done : epochs_); ++epoch) answer(epoch, learned.users, learned.items);
    return AfterEpoch::go_on;
  };
  Record ignored;
  train(rival, threads_, ignored);
  finish();
  auto found = run_race();
  const Record::Curve own = *found["ials"].curve, other = *found["implicit-als-cholesky"].curve;
  ASSERT_EQ(own.values.size(), 10U);
  ASSERT_EQ(other.values.size(), 15U);
  for (std::size_t e = 0; e < other.values.size(); ++e) {
    EXPECT_DOUBLE_EQ(other.values[e], own.values[std::min<std::size_t>(e, 9)]) << "after epoch " << e + 1;
  }
  for (const auto& [name, record] : found) {
    EXPECT_EQ(record.split.name, "holdout:0.1 > holdout:0.1");
    EXPECT_EQ(record.split.sha256, data_of_race_.experiment.fold.sha256) << "all see one part";
    EXPECT_EQ(record.curve->metric, "ndcg@10");
    EXPECT_DOUBLE_EQ(record.curve->values.back(), record.accuracy.at("ndcg@10").value);
    EXPECT_TRUE(record.accuracy.contains("auc")) << "to be read, not to be raced to";
  }
  EXPECT_GT(*std::max_element(own.values.begin(), own.values.end()), found[baseline].curve->values.back())
      << "on these data there is something to learn";
  EXPECT_NE(ended_.out.find("implicit-cholesky, 64 factors, ndcg@10 by epoch"), std::string::npos) << ended_.out;
  EXPECT_EQ(test::embrace_run({"validate", (folder_ / "out").string()}).code, 0);
}

TEST_F(PeersRaceRun, APeerThatRanksByPopularityNeverArrives) {
  const FoldData& data = data_of_race_.experiment.data;
  Matrix users(data.ratings.rows(), 1), items(data.ratings.columns, 1);
  for (std::int64_t u = 0; u < users.rows(); ++u) users(u, 0) = 1;
  for (std::int64_t i = 0; i < items.rows(); ++i) items(i, 0) = static_cast<float>(data.by_item.view().row_size(i));
  for (int epoch = 1; epoch <= epochs_; ++epoch) answer(epoch, users.view(), items.view());
  finish();
  auto found = run_race();
  for (const double value : found["implicit-als-cholesky"].curve->values) {
    EXPECT_DOUBLE_EQ(value, found[baseline].curve->values.back()) << "one evaluator, ties and all";
  }
  for (const ContestRow& row : make_contests(records()).rows) {
    EXPECT_FALSE(row.ratio);
    if (row.measure == Measure::baseline) continue;
    EXPECT_NE(row.reason.find("implicit-als-cholesky does not reach ndcg@10"), std::string::npos) << row.reason;
  }
}

TEST_F(PeersRaceRun, NothingOfTheTestOrTheValidationReachesASide) {
  DataChoice choice{data_, {}, parse_split("holdout:0.1"), 1};
  choice.positive = contest_.positive;
  const DividedData divided = load_and_divide(choice, threads_);
  using Pairs = std::set<std::pair<std::int64_t, std::int64_t>>;
  const auto pairs = [](const Ratings& ratings, const std::vector<std::int64_t>& positions) {
    Pairs found;
    for (const std::int64_t position : positions) {
      const auto p = static_cast<std::size_t>(position);
      found.emplace(ratings.user_ids[static_cast<std::size_t>(ratings.users[p])],
                    ratings.item_ids[static_cast<std::size_t>(ratings.items[p])]);
    }
    return found;
  };
  const Dataset& raced = data_of_race_.experiment.dataset;
  const Fold& fold = data_of_race_.experiment.fold;
  Pairs all = pairs(raced.ratings, fold.train);
  const Pairs learned = all, held_out = pairs(raced.ratings, fold.test);
  all.insert(held_out.begin(), held_out.end());
  EXPECT_EQ(all.size(), learned.size() + held_out.size());
  EXPECT_FALSE(held_out.empty());
  EXPECT_EQ(all, pairs(divided.dataset.ratings, divided.folds.at(0).train))
      << "the training part, no rating of the test";
  // What a peer is given: the pairs to be ranked are not among it.
  std::set<std::string> files;
  for (const auto& entry : fs::directory_iterator(folder_ / "prepared/data")) {
    files.insert(entry.path().filename().string());
  }
  EXPECT_EQ(files, (std::set<std::string>{"train_items.npy", "train_users.npy", "train_values.npy"}));
  EXPECT_EQ(read_npy<std::int32_t>(folder_ / "prepared/data/train_users.npy").values.size(), learned.size());
}

}  // namespace
}  // namespace embrace::peers
