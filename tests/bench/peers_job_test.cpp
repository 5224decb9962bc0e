// The protocol with other libraries' adapters, held against a shell script that hands back prepared files: what a good
// answer becomes, and what becomes of adapters that die, lie or never end.
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <fstream>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <thread>

#include "bench/peers/job.hpp"
#include "bench/run.hpp"
#include "host/error.hpp"
#include "host/files.hpp"
#include "host/npy.hpp"
#include "tests/program.hpp"
#include "tests/temporary_folder.hpp"

namespace embrace::peers {
namespace {

namespace fs = std::filesystem;
using test::TemporaryFolder;

using Json = nlohmann::json;

/// A job folder with a script that stands for an adapter.
class PeersJob : public testing::Test {
 protected:
  PeersJob() {
    job_.method = "stub";
    job_.settings = {{"factors", 2}, {"regularization", 0.5}};
    job_.users = 3;
    job_.items = 4;
    job_.test_pairs = 2;
    job_.epochs = 2;
    job_.checkpoints = {1, 2};
    good_ = {
        {"status", "ok"},
        {"package", "stub 1.0"},
        {"build", "of sh"},
        {"libraries", "none"},
        {"prepare_seconds", 0.5},
        {"epoch_seconds", {1.0, 2.0}},
        {"peak_bytes", 1000},
        {"checkpoints",
         {{{"epochs", 1}, {"seconds", 1.0}, {"offset", 0.0}}, {{"epochs", 2}, {"seconds", 3.0}, {"offset", 0.25}}}}};
    fs::create_directory(folder_ / "answers");
  }

  JobResult run(const std::string& script) {
    std::ofstream(folder_ / "stub.sh") << script;
    return run_job({"/bin/sh", (folder_ / "stub.sh").string()}, job_, folder_.path());
  }
  /// An adapter that hands back the files in answers/ and this result.json.
  JobResult answer(const std::string& result) {
    std::ofstream(folder_ / "answers" / "result.json") << result;
    return run("cp " + (folder_ / "answers").string() + "/* \"$(dirname \"$1\")/output/\"\n");
  }
  void prepare(const std::string& name, const std::vector<float>& values, const std::vector<std::int64_t>& shape) {
    write_npy<float>(folder_ / "answers" / (name + ".npy"), values, shape);
  }
  std::unique_ptr<Trainer> model(const JobResult& result) {
    return load_model(job_, result.checkpoints.back(), folder_.path(), threads_);
  }
  /// What JobFailed says.
  static std::string failure(const std::function<void()>& work) {
    try {
      work();
    } catch (const JobFailed& error) {
      return error.what();
    }
    return "did not fail";
  }

  TemporaryFolder folder_;
  Threads threads_{1};
  Job job_;
  Json good_;
};

TEST_F(PeersJob, TheAdapterIsToldWhatToDo) {
  answer(good_.dump());
  const Json told = Json::parse(read_file(folder_ / "job.json"));
  EXPECT_EQ(told["method"], "stub");
  EXPECT_EQ(told["settings"]["factors"], 2);
  EXPECT_TRUE(told["settings"]["factors"].is_number_integer()) << "counts are whole numbers to Python, too";
  EXPECT_EQ(told["settings"]["regularization"], 0.5);
  EXPECT_EQ(told["checkpoints"], Json({1, 2}));
  EXPECT_EQ(told["users"], 3);
  EXPECT_TRUE(fs::path(told["output"].get<std::string>()).is_absolute());
}

TEST_F(PeersJob, AGoodAnswerBecomesAModel) {
  prepare("2-predictions", {3.5F, 1.25F}, {2});
  const JobResult result = answer(good_.dump());
  EXPECT_EQ(result.package, "stub 1.0");
  EXPECT_EQ(result.prepare_seconds, 0.5);
  EXPECT_EQ(result.epoch_seconds, (std::vector<double>{1, 2}));
  EXPECT_EQ(result.checkpoints.at(1).seconds, 3);
  std::vector<float> predicted(2);
  model(result)->predict({}, predicted);
  EXPECT_EQ(predicted, (std::vector<float>{3.5F, 1.25F}));
}

TEST_F(PeersJob, FactorsScoreAsTheyShould) {
  job_.task = Task::ranking;
  prepare("2-users", {1, 0, 0, 1, 1, 1}, {3, 2});
  prepare("2-items", {1, 2, 3, 4, 5, 6, 7, 8}, {4, 2});
  prepare("2-item_bias", {0, 0, 0, 10}, {4});
  const auto trainer = model(answer(good_.dump()));
  Matrix scores(1, 4);
  const std::vector<std::int32_t> users = {2};
  trainer->score(users, scores.view());
  // offset + <(1, 1), item> + bias
  EXPECT_EQ(std::vector<float>(scores.data(), scores.data() + 4), (std::vector<float>{3.25F, 7.25F, 11.25F, 25.25F}));
}

TEST_F(PeersJob, AnAdapterThatDiesIsQuoted) {
  const std::string text =
      failure([&] { run("echo 'Traceback' >&2\necho 'ValueError: no such thing' >&2\nexit 3\n"); });
  EXPECT_NE(text.find("exit code 3"), std::string::npos) << text;
  EXPECT_NE(text.find("ValueError: no such thing"), std::string::npos) << text;
  EXPECT_NE(failure([&] { run("kill -9 $$\n"); }).find("exit code 137"), std::string::npos);
  EXPECT_NE(failure([&] { run("exit 0\n"); }).find("without result.json"), std::string::npos);
}

TEST_F(PeersJob, AProgramThatIsNotThereIsNoCrash) {
  try {
    run_job({(folder_ / "nothing").string()}, job_, folder_.path());
    FAIL() << "nothing was started";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("cannot start"), std::string::npos) << error.what();
  }
}

TEST_F(PeersJob, AMissingPackageIsNotAFailure) {
  EXPECT_THROW(answer(R"({"status": "unsupported", "reason": "no module"})"), Unsupported);
}

TEST_F(PeersJob, ResultsThatBreakTheProtocolAreRefused) {
  EXPECT_NE(failure([&] { answer("{\"status\": \"ok\", "); }), "did not fail") << "torn";
  EXPECT_NE(failure([&] { answer("{\"status\": \"ok\", \"peak_bytes\": NaN}"); }), "did not fail");
  for (const auto& [name, value] : good_.items()) {
    Json without = good_;
    without.erase(name);
    EXPECT_NE(failure([&] { answer(without.dump()); }), "did not fail") << "without " << name;
  }
  Json changed = good_;
  changed["checkpoints"].erase(0);
  EXPECT_NE(failure([&] { answer(changed.dump()); }).find("checkpoints"), std::string::npos);
  changed = good_;
  changed["epoch_seconds"] = {1.0};
  EXPECT_NE(failure([&] { answer(changed.dump()); }).find("epochs"), std::string::npos);
  changed = good_;
  changed["epoch_seconds"] = {1.0, -2.0};
  EXPECT_NE(failure([&] { answer(changed.dump()); }).find("epoch_seconds"), std::string::npos);
}

TEST_F(PeersJob, ModelsOfAnotherShapeAreRefused) {
  const JobResult result = answer(good_.dump());
  EXPECT_NE(failure([&] { model(result); }).find("2-predictions.npy: No such file"), std::string::npos);
  prepare("2-predictions", {1, 2, 3}, {3});
  EXPECT_NE(failure([&] { model(answer(good_.dump())); }).find("not 2 rows"), std::string::npos);
  prepare("2-predictions", {1, 2}, {2, 1});
  EXPECT_NE(failure([&] { model(answer(good_.dump())); }).find("(2, 1)"), std::string::npos);
  job_.task = Task::ranking;
  prepare("2-users", {1, 2, 3}, {3, 1});
  prepare("2-items", {1, 2, 3, 4, 5, 6, 7, 8}, {4, 2});
  EXPECT_NE(failure([&] { model(answer(good_.dump())); }).find("differ in their factors"), std::string::npos);
}

TEST_F(PeersJob, ANumberThatIsNotFiniteIsDivergence) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    prepare("2-predictions", {1, bad}, {2});
    const JobResult result = answer(good_.dump());
    EXPECT_THROW(model(result), Diverged);
  }
}

TEST_F(PeersJob, WhatNeverEndsIsEndedWithItsChildren) {
  job_.timeout_seconds = 0.3;
  const std::string child = (folder_ / "child").string();
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_THROW(run("sleep 100 &\necho $! > " + child + "\nwait\n"), Timeout);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20)) << "the limit is 0.3 s";
  const pid_t process = std::stoi(read_file(child));
  // It may be a zombie for a moment, until its new parent has asked for it.
  const auto alive = [&] {
    std::ifstream stat("/proc/" + std::to_string(process) + "/stat");
    std::string id, name, state;
    stat >> id >> name >> state;
    return !state.empty() && state != "Z";
  };
  for (int wait = 0; wait < 200 && alive(); ++wait) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_FALSE(alive()) << "process " << process << " outlived the adapter";
}

}  // namespace
}  // namespace embrace::peers
