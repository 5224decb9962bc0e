// Contests with other libraries: the table from hand-made records, the shared loss, the operations, and the whole way
// with a peer that is a shell script. No library is needed. Races between rankings are in peers_race_test.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>

#include "bench/peers/environment.hpp"
#include "bench/peers/rating_operations.hpp"
#include "bench/report/report.hpp"
#include "host/data/load.hpp"
#include "host/data/split/split_name.hpp"
#include "host/error.hpp"
#include "host/files.hpp"
#include "host/methods/registry.hpp"
#include "host/npy.hpp"
#include "host/permutation.hpp"
#include "tests/bench/peers_run.hpp"
#include "tests/planted.hpp"
#include "tests/program.hpp"
#include "tests/temporary_folder.hpp"

namespace embrace::peers {
namespace {

namespace fs = std::filesystem;
using test::embrace_run;
using test::Ended;
using test::TemporaryFolder;

/// A run of libmf-sgd on "d": one second an epoch times `pace`, values as given.
Record run_of(bool ours, std::uint64_t repetition, double pace, const std::vector<double>& values) {
  Record r;
  r.id = std::string(15, 'a') + (ours ? "0" : "1") + std::to_string(repetition);
  r.data = {"d", "h", 10, 10, 2000, std::nullopt};
  r.split = {"holdout:0.1", 0, 1, "s", 1000, 100};
  r.method = ours ? "sgd" : "libmf-sgd";
  r.family = ours ? "factorization" : "peer";
  r.contest = {"libmf-sgd", ours ? ContestSide::ours : ContestSide::theirs};
  r.information = "ratings";
  r.task = Task::rating;
  r.seed = repetition;
  r.hyper = {{"factors", 128.0}};
  r.device = {DeviceKind::cpu, "Some CPU", 2};
  r.provenance = {{"version", "1"}, {"package", "libmf 0.9.2"}, {"machine", "M"}};
  test::add_curve("rmse", pace, values, r);
  return r;
}

const ContestRow& row_of(const std::vector<ContestRow>& rows, Measure measure) {
  for (const ContestRow& row : rows) {
    if (row.measure == measure) return row;
  }
  throw std::runtime_error("no row");
}

TEST(PeersTable, RatesAndTimesToTheAccuracyOfBoth) {
  // Both end at or below 0.9: ours at 0.9 after two epochs of 0.1 s, theirs at 0.8, below 0.9 after three of 0.4 s.
  const auto rows =
      make_contests({run_of(true, 1, 0.1, {1.0, 0.9}), run_of(false, 1, 0.4, {1.2, 1.0, 0.85, 0.8})}).rows;
  ASSERT_EQ(rows.size(), 2U);
  const ContestRow& rate = row_of(rows, Measure::rate);
  EXPECT_DOUBLE_EQ(*rate.target, 0.9) << "the worse of the two ends";
  EXPECT_DOUBLE_EQ(*rate.ours_value, 10000);
  EXPECT_DOUBLE_EQ(*rate.theirs_value, 2500);
  EXPECT_DOUBLE_EQ(*rate.ratio, 4);
  EXPECT_FALSE(rate.interval) << "one repetition says nothing about noise";
  const ContestRow& target = row_of(rows, Measure::target);
  EXPECT_DOUBLE_EQ(*target.ours_value, 0.2);
  EXPECT_DOUBLE_EQ(*target.theirs_value, 1.2);
  EXPECT_DOUBLE_EQ(*target.ratio, 6);
}

TEST(PeersTable, PreparationIsOnTheClock) {
  Record ours = run_of(true, 1, 0.1, {1.0, 0.9}), theirs = run_of(false, 1, 0.4, {1.0, 0.9});
  ours.cost->prepare_seconds = 0.2;
  const auto rows = make_contests({ours, theirs}).rows;
  const ContestRow& target = row_of(rows, Measure::target);
  EXPECT_DOUBLE_EQ(*target.ours_value, 0.4);
  EXPECT_DOUBLE_EQ(*target.ratio, 2);
  EXPECT_DOUBLE_EQ(*target.training_alone, 4);
  EXPECT_DOUBLE_EQ(*row_of(rows, Measure::rate).ratio, 4) << "a rate is that of epochs";
}

TEST(PeersTable, ASideWithoutACurveHasNoTimeToAnAccuracy) {
  Record theirs = run_of(false, 1, 0.4, {1.2, 1.0, 0.9});
  theirs.curve = Record::Curve{"rmse", {3}, {1.2}, {0.9}};
  const auto rows = make_contests({run_of(true, 1, 0.1, {1.0, 0.9}), theirs}).rows;
  EXPECT_TRUE(row_of(rows, Measure::rate).ratio);
  const ContestRow& target = row_of(rows, Measure::target);
  EXPECT_FALSE(target.ratio) << "all of its epochs would be charged";
  EXPECT_NE(target.reason.find("libmf-sgd has no curve"), std::string::npos) << target.reason;
}

TEST(PeersTable, MediansAndIntervalsOverRepetitions) {
  std::vector<Record> records;
  const std::vector<double> ours = {0.10, 0.11, 0.10, 0.30, 0.10}, theirs = {0.40, 0.44, 0.42, 0.90, 0.38};
  for (std::size_t r = 0; r < ours.size(); ++r) {
    records.push_back(run_of(true, r + 1, ours[r], {0.9}));
    records.push_back(run_of(false, r + 1, theirs[r], {0.9}));
  }
  const auto rows = make_contests(records).rows;
  const ContestRow& row = row_of(rows, Measure::rate);
  EXPECT_EQ(row.repetitions, 5);
  EXPECT_NEAR(*row.ratio, 0.42 / 0.10, 1e-12) << "one disturbed repetition does not move a median";
  ASSERT_TRUE(row.interval);
  // Drawn in pairs: no draw can set a slow run of theirs against a fast one of ours as 0.90 / 0.10.
  EXPECT_GE(row.interval->low, 0.90 / 0.30 - 1e-9);
  EXPECT_LE(row.interval->high, 0.44 / 0.10 + 1e-9);
  EXPECT_LT(row.interval->low, *row.ratio);
}

TEST(PeersTable, ARepetitionCountsOnlyWhenBothSidesAreThere) {
  Record failed = run_of(false, 2, 0.4, {0.9});
  failed.status = Status::failed;
  failed.reason = "it died";
  const auto rows =
      make_contests({run_of(true, 1, 0.1, {0.9}), run_of(false, 1, 0.4, {0.9}), run_of(true, 2, 0.1, {0.9}), failed})
          .rows;
  EXPECT_EQ(rows.at(0).repetitions, 1);
  EXPECT_TRUE(rows.at(0).ratio);
  const auto none = make_contests({run_of(true, 2, 0.1, {0.9}), failed}).rows;
  EXPECT_FALSE(none.at(0).ratio);
  EXPECT_NE(none.at(0).reason.find("it died"), std::string::npos) << none.at(0).reason;
}

TEST(PeersTable, WithoutTheAccuracyThereIsNoRatio) {
  // On ml-1m the accuracy of this contest is stated: 0.845.
  Record ours = run_of(true, 1, 0.1, {0.90, 0.88}), theirs = run_of(false, 1, 0.4, {0.90, 0.84});
  ours.data.name = theirs.data.name = "ml-1m";
  const auto rows = make_contests({ours, theirs}).rows;
  for (const ContestRow& row : rows) {
    EXPECT_DOUBLE_EQ(*row.target, 0.845);
    EXPECT_FALSE(row.ratio) << "a fast run that learns less is no win";
    EXPECT_NE(row.reason.find("sgd does not reach rmse 0.8450"), std::string::npos) << row.reason;
  }
}

TEST(PeersTable, OtherRecordsAreNoContests) {
  Record plain = run_of(true, 1, 0.1, {0.9});
  plain.contest.reset();
  EXPECT_TRUE(make_contests({plain}).rows.empty());
  Record scaled = run_of(true, 1, 0.1, {0.9});
  scaled.hyper = {{"factors", 32.0}};
  EXPECT_EQ(make_contests({scaled, run_of(false, 1, 0.4, {0.9})}).rows.size(), 4U)
      << "32 and 128 factors are two contests";
}

TEST(PeersTable, EveryFormatHasContests) {
  const Report report = make_report({run_of(true, 1, 0.1, {0.9}), run_of(false, 1, 0.4, {0.9})});
  EXPECT_TRUE(report.rows.empty()) << "the sides of a contest are no rows of their own";
  for (const Format format : {Format::terminal, Format::md, Format::html, Format::latex}) {
    const std::string text = render(report, format, false, 0);
    for (const char* shown :
         {"libmf-sgd", "libmf 0.9.2", "4.00x", "time to accuracy", "Medians over", "Some CPU, M."}) {
      EXPECT_NE(text.find(shown), std::string::npos) << shown << " in\n" << text;
    }
  }
  const auto json = nlohmann::json::parse(render(report, Format::json, false, 0));
  EXPECT_EQ(json["schema"], "embrace.report/1");
  EXPECT_TRUE(json["rows"].empty());
  ASSERT_EQ(json["contests"].size(), 2U);
  const auto& rate = json["contests"][0];
  EXPECT_EQ(rate["contest"], "libmf-sgd");
  EXPECT_EQ(rate["method"], "sgd");
  EXPECT_EQ(rate["peer"], "libmf-sgd");
  EXPECT_EQ(rate["unit"], "ratings/s");
  EXPECT_EQ(rate["ours"], 10000);
  EXPECT_EQ(rate["ratio"], 4);
  EXPECT_EQ(rate["verdict"], "met");
  std::istringstream lines(render(report, Format::csv, false, 0));
  std::string header, first;
  std::getline(lines, header);
  std::getline(lines, first);
  EXPECT_TRUE(header.starts_with("data,split,threads,contest,method,peer,package,runs,")) << header;
  EXPECT_TRUE(first.starts_with("d,holdout:0.1,2,libmf-sgd,sgd,libmf-sgd,libmf 0.9.2,1,128,rmse,0.9,")) << first;
  EXPECT_EQ(std::count(first.begin(), first.end(), ','), std::count(header.begin(), header.end(), ','));
}

TEST(PeersTable, OtherRunsInTheFolderHaveTheirOwnTables) {
  Record own = run_of(true, 1, 0.1, {0.9});
  own.id = std::string(17, 'b');
  own.contest.reset();
  own.method = "als";
  const Report report = make_report({run_of(true, 1, 0.1, {0.9}), run_of(false, 1, 0.4, {0.9}), own});
  ASSERT_EQ(report.rows.size(), 1U);
  EXPECT_EQ(report.rows[0].method, "als");
  const std::string md = render(report, Format::md, false, 0);
  EXPECT_LT(md.find("### d, holdout:0.1, rating"), md.find("### d, holdout:0.1, 2 threads")) << md;
  const auto json = nlohmann::json::parse(render(report, Format::json, false, 0));
  EXPECT_EQ(json["rows"].size(), 1U);
  EXPECT_EQ(json["contests"].size(), 2U);
  EXPECT_THROW(render(report, Format::csv, false, 0), UsageError) << "one table cannot hold both";
}

/// The loss as it stands in the paper: all pairs, one by one.
double plain_loss(const Csr& ratings, const EmbeddingView& e, double scale, double c, double regularization) {
  double loss = 0;
  const CsrView rows = ratings.view();
  for (std::int64_t u = 0; u < rows.rows; ++u) {
    const auto rated = rows.row_indices(u);
    for (std::int64_t i = 0; i < rows.columns; ++i) {
      double x = 0;
      for (std::int64_t k = 0; k < e.users.columns; ++k) {
        x += scale * static_cast<double>(e.users(u, k)) * scale * static_cast<double>(e.items(i, k));
      }
      const bool seen = std::binary_search(rated.begin(), rated.end(), static_cast<std::int32_t>(i));
      loss += seen ? c * (1 - x) * (1 - x) : x * x;
    }
  }
  for (const ConstMatrixView side : {e.users, e.items}) {
    for (std::int64_t r = 0; r < side.rows; ++r) {
      for (std::int64_t k = 0; k < side.columns; ++k) {
        loss += regularization * std::pow(scale * static_cast<double>(side(r, k)), 2);
      }
    }
  }
  return loss / static_cast<double>(rows.entries());
}

// contest.cpp says why; here it is seen.
TEST(PeersLoss, OursHasTheMinimumOfTheirs) {
  const test::Planted planted;
  const test::Data data(test::Planted::users, test::Planted::items, planted.seen);
  Contest contest = with_factors(*find_contest("implicit-cholesky"), 4);
  for (auto& [name, value] : contest.ours.settings) {
    if (name == "epochs") value = 60;
  }
  const double c = setting(contest.theirs, "alpha"), regularization = setting(contest.theirs, "regularization");
  const test::Trained trained(*find_method("ials"), Task::ranking, data, {.settings = contest.ours.settings});
  const EmbeddingView e = *trained.trainer().embedding();
  const double scale = std::sqrt(c / (c - 1));
  const auto loss = [&](double s) { return plain_loss(data.ratings, e, s, c, regularization); };
  // 60 sweeps have converged: along the line of scalings the minimum is where the two formulations meet, within the
  // step that is tried. A wrong alpha, λ or scale would move it.
  EXPECT_LT(loss(scale), loss(scale * 1.01));
  EXPECT_LT(loss(scale), loss(scale * 0.99));
}

class PeersOperation : public testing::Test {
 protected:
  PeersOperation() {
    dataset_ = load_dataset("synth:40x30x700", {}, threads_);
    SplitName split = parse_split("holdout:0.1");
    fold_ = make_folds(dataset_, split, 1, {}, threads_).at(0);
    input_ = make_operation_input(dataset_, fold_, folder_ / "data");
  }
  TemporaryFolder folder_;
  Threads threads_{2};
  Dataset dataset_;
  Fold fold_;
  OperationInput input_;
};

TEST_F(PeersOperation, PeersAreGivenWhatWeWorkOn) {
  EXPECT_EQ(read_npy<std::int32_t>(folder_ / "data/train_users.npy").values, input_.user);
  EXPECT_EQ(read_npy<float>(folder_ / "data/train_values.npy").values, input_.value);
  EXPECT_EQ(input_.user.size(), fold_.train.size());
  EXPECT_FALSE(std::is_sorted(input_.user.begin(), input_.user.end())) << "in random order there is something to sort";
}

TEST_F(PeersOperation, AggregatesAndRowsAreThoseOfPlainLoops) {
  std::vector<std::int64_t> sums(static_cast<std::size_t>(3 * (input_.users + input_.items)), 0);
  std::vector<std::tuple<std::int32_t, std::int32_t, std::int64_t>> entries;
  for (std::size_t n = 0; n < input_.user.size(); ++n) {
    const auto half = static_cast<std::int64_t>(2 * input_.value[n]);
    const auto u = static_cast<std::size_t>(input_.user[n]), i = static_cast<std::size_t>(input_.item[n]);
    const auto users = static_cast<std::size_t>(input_.users), items = static_cast<std::size_t>(input_.items);
    for (const auto& [first, rows, row] : {std::tuple{std::size_t{0}, users, u}, std::tuple{3 * users, items, i}}) {
      sums[first + row] += 1;
      sums[first + rows + row] += half;
      sums[first + 2 * rows + row] += half * half;
    }
    entries.emplace_back(input_.user[n], input_.item[n], half);
  }
  const auto answer_of = [this](const std::string& name) {
    const cases::TimedRun timed = timed_operation(name, input_, threads_);
    EXPECT_GT(timed.run(), 0);
    const std::vector<double> answer = timed.answer();
    return std::vector<std::int64_t>(answer.begin(), answer.end());
  };
  EXPECT_EQ(answer_of("aggregate"), sums);
  std::sort(entries.begin(), entries.end());
  std::vector<std::int64_t> offsets(static_cast<std::size_t>(input_.users) + 1, 0), rows, values;
  for (const auto& [u, i, half] : entries) {
    for (std::size_t r = static_cast<std::size_t>(u) + 1; r < offsets.size(); ++r) ++offsets[r];
    rows.push_back(i);
    values.push_back(half);
  }
  offsets.insert(offsets.end(), rows.begin(), rows.end());
  offsets.insert(offsets.end(), values.begin(), values.end());
  EXPECT_EQ(answer_of("csr"), offsets);
  // Every user and item of this data is in the training part, so that the file numbers them alike.
  EXPECT_EQ(answer_of("prepare"), offsets);
  EXPECT_THROW(timed_operation("sort", input_, threads_), std::invalid_argument);
}

using PeersRun = test::PeersRun;

TEST_F(PeersRun, ALibraryThatIsNotThereIsARowWithItsReason) {
  const Ended ended = run("libmf-sgd,duckdb-csr");
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_NE(ended.out.find("not installed; embrace peers install duckdb"), std::string::npos) << ended.out;
  ASSERT_EQ(records().size(), 2U);
  for (const Record& record : records()) EXPECT_EQ(record.status, Status::unsupported);
  EXPECT_EQ(embrace_run({"validate", (folder_ / "out").string()}).code, 0);
  EXPECT_EQ(embrace_run({"report", (folder_ / "out").string()}).out, ended.out)
      << "the table comes from the records alone";
  EXPECT_FALSE(fs::exists(folder_ / "out/.peers")) << "jobs leave nothing behind";
}

TEST_F(PeersRun, BothSidesBecomeOrdinaryRecords) {
  // The peer predicts 3.5 for all 150 pairs, after one epoch and after nine.
  nlohmann::json result = {{"status", "ok"},
                           {"package", "libmf 0"},
                           {"build", "stub"},
                           {"libraries", ""},
                           {"prepare_seconds", 0},
                           {"peak_bytes", 1},
                           {"epoch_seconds", nlohmann::json::array()},
                           {"checkpoints", nlohmann::json::array()}};
  for (int epoch = 1; epoch <= 9; ++epoch) {
    result["epoch_seconds"].push_back(100.0);
    result["checkpoints"].push_back({{"epochs", epoch}, {"seconds", 100.0 * epoch}, {"offset", 0}});
    write_npy<float>(folder_ / ("answers/" + std::to_string(epoch) + "-predictions.npy"), std::vector<float>(150, 3.5F),
                     {150});
  }
  std::ofstream(folder_ / "answers/result.json") << result.dump();
  install_answers("libmf");
  const Ended ended = run("libmf-sgd");
  EXPECT_EQ(ended.code, 0) << ended.err;
  const std::vector<Record> all = records();
  ASSERT_EQ(all.size(), 4U) << "two sides, two repetitions";
  for (const Record& record : all) {
    EXPECT_EQ(record.status, Status::ok) << record.reason;
    ASSERT_TRUE(record.contest);
    EXPECT_EQ(record.contest->name, "libmf-sgd");
    const bool theirs = record.contest->side == ContestSide::theirs;
    EXPECT_EQ(record.curve->metric, "rmse");
    EXPECT_NEAR(record.curve->values.back(), record.accuracy.at("rmse").value, 1e-12) << "one evaluator";
    EXPECT_EQ(record.curve->values.size(), theirs ? 9U : 5U);
    if (theirs) {
      EXPECT_EQ(record.cost->train_seconds, 900);
    }
  }
  const auto rows = make_contests(all).rows;
  EXPECT_EQ(rows.at(0).repetitions, 2);
  EXPECT_GT(*rows.at(0).ratio, 1) << "900 s are more than ours took";
  EXPECT_NE(ended.out.find("libmf 0, stub"), std::string::npos) << ended.out;
}

TEST_F(PeersRun, AFailureEndsItsContestAndNotTheRest) {
  install("duckdb", "echo boom >&2; exit 7\n");
  const Ended ended = run("duckdb-csr,duckdb-aggregate");
  EXPECT_EQ(ended.code, 1) << "something failed";
  EXPECT_NE(ended.out.find("exit code 7: boom"), std::string::npos) << ended.out;
  EXPECT_EQ(records().size(), 4U) << "each contest: ours, and theirs that failed; no second repetition";
}

TEST_F(PeersRun, AWrongAnswerIsNoTime) {
  std::ofstream(folder_ / "answers/result.json")
      << R"({"status": "ok", "package": "duckdb 0", "build": "", "libraries": "", "prepare_seconds": 0,
             "peak_bytes": 1, "epoch_seconds": [1, 1, 1], "checkpoints": []})";
  write_npy<std::int64_t>(folder_ / "answers/answer.npy", std::vector<std::int64_t>(3 * 140, 1), {3 * 140});
  install_answers("duckdb");
  const Ended ended = run("duckdb-aggregate");
  EXPECT_EQ(ended.code, 1);
  EXPECT_NE(ended.out.find("its answer differs from ours"), std::string::npos) << ended.out;
}

TEST_F(PeersRun, WhatCannotBeInstalledIsRemembered) {
  fs::create_directories(folder_ / "bin");
  std::ofstream(folder_ / "bin/python3") << "#!/bin/sh\necho 'no venv here' >&2\nexit 1\n";
  fs::permissions(folder_ / "bin/python3", fs::perms::owner_all);
  const std::string path = "PATH=" + (folder_ / "bin").string() + ":/usr/bin:/bin";
  const std::vector<std::string> where = {"--environments", (folder_ / "envs").string()};
  const Ended ended = embrace_run({"peers", "install", "polars", where[0], where[1]}, {path});
  EXPECT_EQ(ended.code, 1) << ended.err;
  const Ended list = embrace_run({"peers", "list", where[0], where[1]});
  EXPECT_NE(list.out.find("no venv here"), std::string::npos) << list.out;
  EXPECT_NE(run("polars-prepare").out.find("no venv here"), std::string::npos);
}

TEST(PeersLock, EveryPackageThatIsInstalledHasAVersionAndDigests) {
  for (const Peer& peer : all_peers()) {
    const std::string own = peer.package.substr(0, peer.package.find('='));
    std::vector<std::string> packages = peer.wheels;
    if (!peer.build_options.empty()) packages.push_back(own);
    EXPECT_EQ(std::count(packages.begin(), packages.end(), own), 1) << own;
    EXPECT_TRUE(locked(peer, {own}).starts_with(peer.package + " ")) << own;
    for (const std::string& package : packages) {
      std::istringstream lines(locked(peer, {package}));
      std::string line;
      ASSERT_TRUE(std::getline(lines, line) && line.starts_with(package + "==")) << line;
      int digests = 0;
      for (; std::getline(lines, line); ++digests) {
        EXPECT_TRUE(std::regex_match(line, std::regex(" +--hash=sha256:[0-9a-f]{64}( \\\\)?"))) << line;
      }
      EXPECT_GT(digests, 0) << package;
    }
  }
  EXPECT_THROW(locked(*find_peer("implicit"), {"nump"}), std::logic_error);
}

TEST(PeersNames, AreCheckedAndChosenByGlob) {
  EXPECT_EQ(select_contests("libmf").size(), 1U) << "a peer's name stands for its contests";
  EXPECT_EQ(select_contests("duckdb-*").size(), 2U);
  EXPECT_EQ(select_contests("all").size(), all_contests().size());
  EXPECT_EQ(embrace_run({"peers", "run", "-d", "synth", "-c", "libfm", "-o", "/tmp/x"}).code, 2);
  EXPECT_EQ(embrace_run({"peers", "install", "libfm"}).code, 2);
  for (const Contest& contest : all_contests()) {
    ASSERT_NE(find_peer(contest.peer), nullptr) << contest.name;
    EXPECT_FALSE(peer_file("peer_" + contest.peer + ".py").empty());
    if (contest.is_operation()) continue;
    const Method* method = find_method(contest.ours.method);
    ASSERT_NE(method, nullptr) << contest.name;
    EXPECT_NO_THROW(make_hyper(*method, contest.task, contest.ours.settings)) << contest.name;
    EXPECT_EQ(setting(contest.ours, "factors"), setting(contest.theirs, "factors")) << contest.name;
    EXPECT_EQ(contest.metric, contest.task == Task::ranking ? "ndcg@10" : "rmse") << contest.name;
  }
}

}  // namespace
}  // namespace embrace::peers
