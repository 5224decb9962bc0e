// Other libraries as rows of a table, with a shell script for one.
#include "bench/peers/peer_rows.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "bench/report/report.hpp"
#include "host/data/split/split_name.hpp"
#include "host/npy.hpp"
#include "tests/bench/peers_run.hpp"

namespace embrace::peers {
namespace {

constexpr float answer = 3.5F;  // of every test pair

class PeersRows : public test::PeersRun {
 protected:
  PeersRows() {
    options_.data.data = data_;
    options_.data.split = parse_split("holdout:0.1");
    options_.seeds = 2;
    options_.environments = folder_ / "envs";
    options_.output = folder_ / "out";
    options_.command = "embrace study";
  }
  StudySummary run() {
    Threads threads(2);
    Progress progress(true);
    return run_peer_rows(options_, threads, progress);
  }
  /// surprise-svd trains 20 epochs, and predicts the same of all pairs.
  void install_one() {
    write_npy<float>(folder_ / "answers/20-predictions.npy", std::vector<float>(150, answer), {150});
    std::ofstream(folder_ / "answers/result.json") << nlohmann::json{
        {"status", "ok"},         {"package", "scikit-surprise 1.1.5"},
        {"build", "of sh"},       {"libraries", "none"},
        {"prepare_seconds", 0.5}, {"epoch_seconds", std::vector<double>(20, 0.1)},
        {"peak_bytes", 1000},     {"checkpoints", {{{"epochs", 20}, {"seconds", 2.0}, {"offset", 0.0}}}}};
    install_answers("surprise");
  }

  PeerRowsOptions options_;
};

TEST_F(PeersRows, AreMeasuredAsOurMethodsAre) {
  install_one();
  EXPECT_EQ(run().number(Status::ok), 2) << "a record a seed; what is not installed has none";
  Threads threads(1);
  const Experiment experiment = make_experiment(options_.data, threads);
  double squares = 0;
  for (const float value : experiment.data.test_values) squares += std::pow(static_cast<double>(value) - 3.5, 2);
  for (const Record& record : records()) {
    EXPECT_EQ(record.method, "surprise-svd");
    EXPECT_EQ(record.family, "peer");
    EXPECT_FALSE(record.contest) << "it is a row, and races with nobody";
    const Accuracy& rmse = record.accuracy.at("rmse");
    EXPECT_NEAR(rmse.value, std::sqrt(squares / 150), 1e-6);
    EXPECT_EQ(rmse.draws.size(), 1000U) << "paired with other rows";
    EXPECT_DOUBLE_EQ(record.cost->train_seconds, 2);
    EXPECT_EQ(record.provenance.at("package"), "scikit-surprise 1.1.5");
  }
  const Report report = make_report(records());
  ASSERT_EQ(report.rows.size(), 1U);
  EXPECT_EQ(report.rows[0].method, "surprise-svd");
}

TEST_F(PeersRows, AreKept) {
  install_one();
  run();
  const StudySummary again = run();
  EXPECT_EQ(again.resumed, 2);
}

TEST_F(PeersRows, OnesThatFailSayWhy) {
  install("surprise", "echo no memory; exit 1\n");
  EXPECT_EQ(run().number(Status::failed), 2);
  EXPECT_NE(records().at(0).reason.find("no memory"), std::string::npos) << records()[0].reason;
}

TEST_F(PeersRows, WithoutAnyThereIsNothing) { EXPECT_TRUE(run().runs.empty()); }

}  // namespace
}  // namespace embrace::peers
