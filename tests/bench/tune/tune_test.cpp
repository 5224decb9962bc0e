// tune: settings come from the training part alone, trials are records that are not done twice, and a study takes the
// settings as they are.
#include "bench/tune/tune.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "bench/study.hpp"
#include "host/error.hpp"
#include "host/files.hpp"
#include "host/methods/registry.hpp"
#include "tests/temporary_folder.hpp"

namespace embrace {
namespace {

namespace fs = std::filesystem;

class Tune : public testing::Test {
 protected:
  TuneOptions options(const std::string& methods, const std::string& information = "ratings") {
    TuneOptions options;
    options.data = {.data = data_, .split = parse_split("holdout:0.2")};
    options.methods = select_methods(methods);
    options.information = {parse_information(information)};
    options.device = usable_devices().front();
    options.trials = 6;
    options.output = folder_.path();
    return options;
  }
  TuneSummary tune(const TuneOptions& options) {
    fs::create_directories(options.output);
    Progress progress(true);
    return run_tune(options, threads_, progress);
  }
  static int records(const fs::path& folder) {
    return static_cast<int>(std::count_if(fs::directory_iterator(folder), fs::directory_iterator(),
                                          [](const auto& file) { return file.path().extension() == ".json"; }));
  }

  std::string data_ = "synth:60x40x900";
  Threads threads_{2};
  test::TemporaryFolder folder_;
};

TEST_F(Tune, FindsSettingsThatAreNoWorseThanTheDefaultsOnTheValidationPart) {
  const TuneSummary summary = tune(options("mean,bias,als"));
  ASSERT_EQ(summary.methods.size(), 3U);
  for (const TunedMethod& method : summary.methods) {
    EXPECT_EQ(method.problem, "") << method.setting.method;
    EXPECT_LE(method.setting.value, method.setting.default_value + 1e-12) << method.setting.method;
    EXPECT_EQ(method.setting.hyper.size(), find_method(method.setting.method)->info.hyper.size());
  }
  EXPECT_EQ(summary.settings.metric, "rmse");
  EXPECT_EQ(summary.settings.validation, "holdout:0.1");
}

TEST_F(Tune, EveryTrialIsARecordAndIsNotDoneTwice) {
  const TuneOptions once = options("als,sgd");
  const TuneSummary first = tune(once);
  const int written = records(folder_.path());
  EXPECT_EQ(written, 2 * (4 + 2 + 2)) << "four random trials, the best two of them whole, two steps from the best";
  for (const auto& file : fs::directory_iterator(folder_.path())) {
    const Record record = record_from_json(read_file(file.path()), file.path().string());
    ASSERT_TRUE(record.trial);
    EXPECT_EQ(record.split.name, "holdout:0.2 > holdout:0.1");
    EXPECT_EQ(record.split.train + record.split.test, 720) << "nothing of the test is there";
  }
  const auto before = fs::last_write_time(fs::directory_iterator(folder_.path())->path());
  const TuneSummary second = tune(once);
  EXPECT_EQ(records(folder_.path()), written);
  EXPECT_EQ(fs::last_write_time(fs::directory_iterator(folder_.path())->path()), before);
  EXPECT_EQ(to_json(first.settings), to_json(second.settings));
}

TEST_F(Tune, DoesNotReadTheTest) {
  const auto write = [&](const std::string& name, bool test, int change) {
    std::ofstream out(folder_ / name);
    out << "user,item,rating,timestamp\n";
    for (int u = 0; u < 30; ++u) {
      for (int i = 0; i < 12; ++i) {
        const bool tested = (u + i) % 5 == 0;
        if (tested == test) out << u + 1 << ',' << i + 1 << ',' << 1 + (u * i + (test ? change : 0)) % 5 << ",9\n";
      }
    }
  };
  write("train.csv", false, 0);
  std::vector<std::string> found;
  for (const int change : {0, 3}) {
    write("test.csv", true, change);
    TuneOptions one = options("bias,als");
    one.data.data = (folder_ / "train.csv").string();
    one.data.split = parse_split("files:" + (folder_ / "train.csv").string() + "," + (folder_ / "test.csv").string());
    one.output = folder_ / ("out" + std::to_string(change));
    const TuneSummary summary = tune(one);
    for (const TunedSetting& setting : summary.settings.settings) {
      found.push_back(setting.method + std::to_string(setting.value));
      for (const auto& [name, value] : setting.hyper) found.back() += name + std::to_string(std::get<double>(value));
    }
  }
  ASSERT_EQ(found.size(), 4U);
  EXPECT_EQ(found[0], found[2]);
  EXPECT_EQ(found[1], found[3]);
}

TEST_F(Tune, AnOptimumAtAnEdgeIsToldAndNotTaken) {
  data_ = "synth:300x200x9000";
  TuneOptions narrow = options("ease");
  narrow.task = Task::ranking;
  narrow.trials = 60;
  // Less is better far beyond the lower end, and the default, 1000, is not as good as what is near it.
  narrow.ranges = parse_ranges({"ease.regularization=300:3000000"}, narrow.methods);
  const TuneSummary summary = tune(narrow);
  ASSERT_EQ(summary.methods.size(), 1U);
  ASSERT_EQ(summary.methods[0].edges.size(), 1U);
  EXPECT_NE(summary.methods[0].edges[0].find("ease.regularization"), std::string::npos);
  EXPECT_NE(summary.methods[0].edges[0].find("lower edge"), std::string::npos);
  EXPECT_TRUE(summary.settings.settings.empty());
}

TEST_F(Tune, APairThatCannotBeIsNoProblem) {
  const TuneSummary summary = tune(options("als,hybrid", "+movie"));
  ASSERT_EQ(summary.methods.size(), 2U);
  EXPECT_TRUE(summary.methods[0].unsupported);
  EXPECT_FALSE(summary.methods[1].unsupported);
  EXPECT_EQ(summary.settings.settings.size() + (summary.methods[1].edges.empty() ? 0 : 1), 1U);
}

TEST_F(Tune, AStudyTakesTheSettings) {
  TuneOptions tuned = options("als");
  tuned.output = folder_ / "tuned";
  TuneSummary summary = tune(tuned);
  TunedSettings& all = summary.settings;
  all.settings = {{.method = "als",
                   .information = "ratings",
                   .fold = 0,
                   .hyper = {{"factors", 8.0}, {"epochs", 3.0}, {"regularization", 0.7}},
                   .record = "x"}};
  write_atomically(folder_ / "settings.json", to_json(all));
  StudyOptions study;
  study.data = tuned.data;
  study.methods = tuned.methods;
  study.information = tuned.information;
  study.devices = {tuned.device};
  study.tuned = read_tuned_settings(folder_ / "settings.json");
  study.output = folder_ / "out";
  Progress progress(true);
  run_study(study, threads_, progress);
  ASSERT_EQ(records(study.output), 1);
  const fs::path file = fs::directory_iterator(study.output)->path();
  const Record record = record_from_json(read_file(file), file.string());
  EXPECT_EQ(record.status, Status::ok);
  EXPECT_EQ(record.cost->epochs, 3);
  ASSERT_TRUE(record.tuned);
  EXPECT_EQ(record.tuned->file, "settings.json");
  EXPECT_EQ(record.tuned->sha256, study.tuned->sha256);
  EXPECT_EQ(record.tuned->validation, "holdout:0.1");
  EXPECT_TRUE(record.notes.empty()) << record.notes[0];
  study.methods = select_methods("als,bias");
  EXPECT_THROW(run_study(study, threads_, progress), UsageError) << "a default among tuned ones is an unequal match";
}

TEST_F(Tune, AStudySaysWhenTheSettingsAreOfOtherDataAndRefusesThoseOfAnotherSplit) {
  StudyOptions study;
  study.data = options("als").data;
  study.methods = select_methods("als");
  study.information = {parse_information("ratings")};
  study.devices = {usable_devices().front()};
  study.output = folder_ / "out";
  TunedSettings& tuned = study.tuned.emplace();
  tuned.data = "elsewhere";
  tuned.split = "holdout:0.2";
  tuned.settings.resize(1);
  tuned.settings[0].method = "als";
  tuned.settings[0].information = "ratings";
  tuned.settings[0].hyper = {{"epochs", 2.0}};
  Progress progress(true);
  run_study(study, threads_, progress);
  const fs::path file = fs::directory_iterator(study.output)->path();
  const Record record = record_from_json(read_file(file), file.string());
  ASSERT_EQ(record.notes.size(), 1U);
  EXPECT_EQ(record.notes[0], "settings tuned on other data: elsewhere");
  tuned.data_sha256 = record.data.sha256;
  EXPECT_NO_THROW(run_study(study, threads_, progress));
  for (const auto& [split, seed] : {std::pair("kfold:5", 1), std::pair("holdout:0.2", 2)}) {
    tuned.split = split;
    tuned.split_seed = static_cast<std::uint64_t>(seed);
    EXPECT_THROW(run_study(study, threads_, progress), UsageError) << split;
  }
}

TEST(TunedSettings, WhatIsWrongIsNamed) {
  const test::TemporaryFolder folder;
  const auto error_of = [&](const std::string& text) -> std::string {
    write_atomically(folder / "s.json", text);
    try {
      read_tuned_settings(folder / "s.json");
    } catch (const SchemaError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_NE(error_of("{}").find("schema"), std::string::npos);
  EXPECT_NE(error_of("[1,").find("s.json"), std::string::npos);
  EXPECT_NE(error_of(R"({"schema": "embrace.record/1"})").find("embrace.settings/1"), std::string::npos);
  EXPECT_NE(error_of(R"({"schema": "embrace.settings/1", "data": {"name": 1}})").find("string"), std::string::npos);
  EXPECT_THROW(read_tuned_settings(folder / "none.json"), DataError);
}

}  // namespace
}  // namespace embrace
