// The program as scripts see it: exit codes, streams, names, resume, and what survives a kill.
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "host/files.hpp"
#include "host/metadata/information.hpp"
#include "host/record.hpp"
#include "tests/program.hpp"
#include "tests/temporary_folder.hpp"

namespace embrace {
namespace {

namespace fs = std::filesystem;
using test::embrace_run;
using test::Ended;
using test::TemporaryFolder;

const char* const small_data = "synth:60x80x1500";

std::vector<std::string> small_run(const fs::path& out, std::vector<std::string> more = {}) {
  std::vector<std::string> arguments = {
      "run", "-d", small_data, "--split", "kfold:2", "-m", "mean,user-mean,bias", "-i", "ratings", "-o", out.string()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

std::vector<fs::path> records(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  return files;
}

/// Everything of a record that a repeated run must give again.
nlohmann::json repeatable(const fs::path& file) {
  auto record = nlohmann::json::parse(read_file(file));
  record.erase("cost");
  record.erase("provenance");
  return record;
}

TEST(Cli, RunWritesOneValidRecordPerRun) {
  const TemporaryFolder folder;
  const Ended run = embrace_run(small_run(folder / "out"));
  ASSERT_EQ(run.code, 0) << run.err;
  EXPECT_EQ(run.out, "") << "results belong in records, narration on stderr";
  const auto files = records(folder / "out");
  EXPECT_EQ(files.size(), 6U);
  for (const fs::path& file : files) {
    EXPECT_EQ(schema_violations(read_file(file)), std::vector<std::string>{}) << file;
    const auto record = nlohmann::json::parse(read_file(file));
    EXPECT_EQ(record["id"], file.stem().string());
    EXPECT_EQ(record["status"], "ok");
    EXPECT_EQ(record["data"]["ratings"], 1500);
    EXPECT_GE(std::stod(record["provenance"]["load"].get<std::string>()), 0);
    EXPECT_GE(std::stoi(record["provenance"]["processors"].get<std::string>()), 1);
  }
  EXPECT_EQ(embrace_run({"validate", (folder / "out").string()}).code, 0);
}

TEST(Cli, ASecondRunIsResumedAndForceDoesItAgain) {
  const TemporaryFolder folder;
  ASSERT_EQ(embrace_run(small_run(folder / "out")).code, 0);
  std::map<fs::path, std::string> before;
  for (const fs::path& file : records(folder / "out")) before[file] = read_file(file);
  const Ended again = embrace_run(small_run(folder / "out"));
  EXPECT_EQ(again.code, 0);
  EXPECT_NE(again.err.find("6 of these resumed"), std::string::npos) << again.err;
  for (const auto& [file, text] : before) EXPECT_EQ(read_file(file), text) << "a resumed record must stay untouched";
  const Ended forced = embrace_run(small_run(folder / "out", {"--force"}));
  EXPECT_EQ(forced.code, 0);
  EXPECT_EQ(forced.err.find("resumed"), std::string::npos);
  EXPECT_EQ(records(folder / "out").size(), 6U);
}

TEST(Cli, AMissingAnswerFileMeansThatTheRunIsDoneAgain) {
  const TemporaryFolder folder;
  ASSERT_EQ(embrace_run(small_run(folder / "out")).code, 0);
  const Ended kept = embrace_run(small_run(folder / "out", {"--keep-answers"}));
  EXPECT_EQ(kept.code, 0);
  EXPECT_EQ(kept.err.find("resumed"), std::string::npos) << "answers were asked for and are missing";
  for (const fs::path& file : records(folder / "out")) {
    EXPECT_TRUE(fs::exists(folder / "out" / (file.stem().string() + ".answers.csv.gz")));
  }
}

TEST(Cli, RunsThatCannotBeAreUnsupportedRecordsAndNoFailure) {
  const TemporaryFolder folder;
  const Ended run = embrace_run(
      {"run", "-d", small_data, "-m", "bias,popularity", "-i", "ratings,+movie", "-o", (folder / "out").string()});
  EXPECT_EQ(run.code, 0) << run.err;
  std::multiset<std::string> statuses;
  for (const fs::path& file : records(folder / "out")) {
    const auto record = nlohmann::json::parse(read_file(file));
    statuses.insert(record["status"].get<std::string>());
    if (record["status"] == "unsupported") {
      EXPECT_FALSE(record["reason"].get<std::string>().empty());
      EXPECT_FALSE(record.contains("accuracy") && !record["accuracy"].empty());
    }
  }
  EXPECT_EQ(statuses, (std::multiset<std::string>{"ok", "unsupported", "unsupported", "unsupported"}));
}

// A pair that cannot be is the same "no" in every fold and with every seed: one record, and one line for all pairs.
TEST(Cli, WhatCannotBeIsSaidOnce) {
  const TemporaryFolder folder;
  const std::vector<std::string> arguments = {"run",
                                              "-d",
                                              small_data,
                                              "--split",
                                              "kfold:3",
                                              "--seeds",
                                              "2",
                                              "-m",
                                              "bias,popularity",
                                              "-i",
                                              "ratings,+movie",
                                              "-o",
                                              (folder / "out").string()};
  for (const char* resumed : {"", "9 of these resumed"}) {
    const Ended run = embrace_run(arguments);
    EXPECT_EQ(run.code, 0) << run.err;
    EXPECT_NE(run.err.find("6 ok, 3 unsupported"), std::string::npos) << run.err;
    EXPECT_NE(run.err.find(resumed), std::string::npos) << run.err;
    EXPECT_NE(run.err.find("Unsupported: "), std::string::npos) << run.err;
    EXPECT_EQ(run.err.find("nsupported: "), run.err.rfind("nsupported: ")) << run.err;
    EXPECT_EQ(records(folder / "out").size(), 9U);
  }
}

TEST(Cli, BadRowsThatAreSkippedAreCountedInTheRecordAndAtTheEnd) {
  const TemporaryFolder folder;
  std::string table = "user,item,rating\n1,1,x\n2,1,y\n";
  for (int row = 0; row < 40; ++row) table += std::to_string(row % 8) + "," + std::to_string(row) + ",3\n";
  std::ofstream(folder / "data.csv") << table;
  const Ended run = embrace_run({"run", "-d", (folder / "data.csv").string(), "-m", "mean", "--on-bad-row", "skip:5",
                                 "-o", (folder / "out").string()});
  ASSERT_EQ(run.code, 0) << run.err;
  EXPECT_NE(
      run.err.find("Bad rows of the data left out: 2; they are listed in " + (folder / "out/rejects.csv").string()),
      std::string::npos)
      << run.err;
  const fs::path file = records(folder / "out").at(0);
  EXPECT_EQ(nlohmann::json::parse(read_file(file))["data"]["rejected"], 2);
  EXPECT_EQ(record_from_json(read_file(file), "").data.rejected, 2);
}

TEST(Cli, AMethodForTheOtherTaskSaysHowToAskForIt) {
  const TemporaryFolder folder;
  const Ended run = embrace_run({"run", "-d", small_data, "-m", "ials", "-o", (folder / "out").string()});
  EXPECT_EQ(run.code, 0) << "the interface: all ok or unsupported";
  EXPECT_NE(run.err.find("Nothing could be run: ials ratings: method 'ials' predicts no ratings; use --task ranking"),
            std::string::npos)
      << run.err;
}

TEST(Cli, ARunEndsWithTheCommandThatShowsItsTable) {
  const TemporaryFolder folder;
  const Ended run = embrace_run(small_run(folder / "out"));
  EXPECT_NE(run.err.find("embrace report " + (folder / "out").string()), std::string::npos) << run.err;
}

struct Refusal {
  std::string name;
  std::vector<std::string> arguments;
  int code;
  std::string message;
};
void PrintTo(const Refusal& refusal, std::ostream* out) { *out << refusal.name; }

class CliRefuses : public testing::TestWithParam<Refusal> {};

TEST_P(CliRefuses, WithTheDocumentedCodeAndALineThatHelps) {
  const TemporaryFolder folder;
  std::vector<std::string> arguments = GetParam().arguments;
  for (std::string& argument : arguments) {
    if (argument == "OUT") argument = (folder / "out").string();
    if (argument == "FILE") {
      argument = (folder / "file").string();
      std::ofstream(argument) << "in the way\n";
    }
    if (argument == "EMPTY") {
      argument = (folder / "empty").string();
      fs::create_directory(argument);
    }
  }
  const Ended ended = embrace_run(arguments);
  EXPECT_EQ(ended.code, GetParam().code) << ended.err;
  EXPECT_NE(ended.err.find(GetParam().message), std::string::npos) << ended.err;
  EXPECT_TRUE(ended.err.starts_with("embrace: ")) << ended.err;
  EXPECT_EQ(std::count(ended.err.begin(), ended.err.end(), '\n'), 1) << ended.err;
  EXPECT_EQ(ended.out, "");
}

INSTANTIATE_TEST_SUITE_P(
    Names, CliRefuses,
    testing::Values(
        Refusal{"Verb", {"rum"}, 2, "did you mean 'run'"},
        Refusal{"NoVerbOfAGroup", {"data"}, 2, "'data' needs a verb; one of: describe, prepare, split, synth"},
        Refusal{"VerbOfAGroup", {"peers", "lits"}, 2, "did you mean 'list'"},
        Refusal{"Flag", {"run", "-d", "synth", "-m", "bias", "-o", "OUT", "--seds", "2"}, 2, "did you mean '--seeds'"},
        Refusal{"MissingFlag", {"run", "-d", "synth", "-o", "OUT"}, 2, "--method"},
        Refusal{"Method", {"run", "-d", "synth", "-m", "baias", "-o", "OUT"}, 2, "did you mean 'bias'"},
        Refusal{"NothingSelected", {"run", "-d", "synth", "-m", "bias,!bias", "-o", "OUT"}, 2, "no method"},
        Refusal{"Information", {"run", "-d", "synth", "-m", "bias", "-i", "+movy", "-o", "OUT"}, 2, "+movie"},
        Refusal{"Split", {"run", "-d", "synth", "-m", "bias", "--split", "kfolds:3", "-o", "OUT"}, 2, "kfold"},
        Refusal{"Official",
                {"run", "-d", "synth", "-m", "bias", "--split", "official:u1", "-o", "OUT"},
                2,
                "official split"},
        Refusal{"Fold",
                {"run", "-d", "synth", "-m", "bias", "--split", "kfold:3", "--folds", "3", "-o", "OUT"},
                2,
                "fold 3"},
        Refusal{
            "Hyper", {"run", "-d", "synth", "-m", "bias", "--set", "epoch=3", "-o", "OUT"}, 2, "did you mean 'epochs'"},
        Refusal{
            "HyperRange", {"run", "-d", "synth", "-m", "bias", "--set", "epochs=-3", "-o", "OUT"}, 2, "out of range"},
        Refusal{"HyperBeyondAllBounds",
                {"run", "-d", "synth", "-m", "als", "--set", "als.factors=1e308", "-o", "OUT"},
                2,
                "als.factors=1e+308 is out of range"},
        Refusal{"HyperChoice",
                {"run", "-d", "synth", "-m", "hybrid", "--set", "loss=bpe", "-o", "OUT"},
                2,
                "squared, logistic, bpr, warp; did you mean 'bpr'"},
        Refusal{"HyperChoiceNumber",
                {"run", "-d", "synth", "-m", "hybrid", "--set", "loss=4", "-o", "OUT"},
                2,
                "none of squared, logistic, bpr, warp"},
        Refusal{"HyperOfAnotherTask",
                {"run", "-d", "/nonexistent/data", "-m", "hybrid", "--set", "loss=logistic", "-o", "OUT"},
                2,
                "hybrid learns ratings by squared error"},
        Refusal{"HyperText", {"run", "-d", "synth", "-m", "bias", "--set", "epochs=many", "-o", "OUT"}, 2, "no number"},
        Refusal{"Task", {"run", "-d", "synth", "-m", "bias", "--task", "rank", "-o", "OUT"}, 2, "ranking"},
        Refusal{"Positive", {"run", "-d", "synth", "-m", "bias", "--positive", "4", "-o", "OUT"}, 2, "--task ranking"},
        Refusal{"At", {"run", "-d", "synth", "-m", "bias", "--at", "10,x", "-o", "OUT"}, 2, "'x'"},
        Refusal{"Device", {"run", "-d", "synth", "-m", "bias", "--device", "tpu", "-o", "OUT"}, 2, "cuda:N"},
        Refusal{"NoSuchCuda", {"run", "-d", "synth", "-m", "bias", "--device", "cuda:99", "-o", "OUT"}, 4, "cuda:99"},
        Refusal{"NoData", {"run", "-d", "/nonexistent/data", "-m", "bias", "-o", "OUT"}, 3, "/nonexistent/data"},
        Refusal{"SynthSize", {"run", "-d", "synth:3x3x10", "-m", "bias", "-o", "OUT"}, 2, "synth"},
        Refusal{"OutputIsAFile", {"run", "-d", "synth:20x20x100", "-m", "bias", "-o", "FILE"}, 6, "file"},
        Refusal{"NoRecords", {"report", "EMPTY"}, 3, "no records"},
        Refusal{"NoRecordsFolder", {"report", "/nonexistent/records"}, 3, "/nonexistent/records"},
        Refusal{"Format", {"report", "EMPTY", "--format", "excel"}, 2, "excel"},
        Refusal{"HyperTwice",
                {"run", "-d", "synth", "-m", "als", "--set", "factors=8", "--set", "factors=16", "-o", "OUT"},
                2,
                "gives factors twice: 8 and 16"},
        Refusal{"HyperOfOneMethodTwice",
                {"run", "-d", "synth", "-m", "als", "--set", "als.factors=3,als.factors=4", "-o", "OUT"},
                2,
                "gives als.factors twice: 3 and 4"},
        Refusal{"HyperWithoutName",
                {"run", "-d", "synth", "-m", "als", "--set", "=3", "-o", "OUT"},
                2,
                "names no hyper-parameter"},
        Refusal{"HyperWithoutMethod",
                {"run", "-d", "synth", "-m", "als", "--set", ".factors=3", "-o", "OUT"},
                2,
                "names no hyper-parameter"},
        Refusal{"SeedTooLarge",
                {"run", "-d", "synth", "-m", "bias", "--split-seed", "18446744073709551616", "-o", "OUT"},
                2,
                "too large"},
        Refusal{"SeedNegative",
                {"run", "-d", "synth", "-m", "bias", "--split-seed", "-5", "-o", "OUT"},
                2,
                "'-5' is not a whole number"},
        Refusal{"SeedEmpty",
                {"run", "-d", "synth", "-m", "bias", "--split-seed", "", "-o", "OUT"},
                2,
                "'' is not a whole number"},
        Refusal{"SeedWithMore",
                {"run", "-d", "synth", "-m", "bias", "--split-seed", "7x", "-o", "OUT"},
                2,
                "'7x' is not a whole number"},
        Refusal{"TimeoutNan", {"run", "-d", "synth", "-m", "bias", "--timeout", "nan", "-o", "OUT"}, 2, "nan"},
        Refusal{"TimeoutInfinite", {"run", "-d", "synth", "-m", "bias", "--timeout", "inf", "-o", "OUT"}, 2, "inf"},
        Refusal{"SeedsOfSomeDigits", {"run", "-d", "synth", "-m", "bias", "--seeds", "1e3", "-o", "OUT"}, 2, "1e3"},
        Refusal{"PositiveNan",
                {"run", "-d", "synth", "-m", "bias", "--task", "ranking", "--positive", "nan", "-o", "OUT"},
                2,
                "'nan' is not a finite number"},
        Refusal{"AtWithoutRanking",
                {"run", "-d", "synth", "-m", "bias", "--at", "5", "-o", "OUT"},
                2,
                "add --task ranking"},
        Refusal{"SizeTooLarge", {"data", "synth", "-o", "OUT", "--users", "9223372036854775808"}, 2, "too large"},
        Refusal{"TagsFromNowhere", {"data", "describe", "synth", "--tags-from", "/nonexistent"}, 3, "/nonexistent"},
        Refusal{"TagsOfASplit",
                {"data", "split", "synth", "--split", "kfold:2", "--tags-from", "x", "-o", "OUT"},
                2,
                "--tags-from"},
        Refusal{"PositiveTooHigh",
                {"run", "-d", "synth", "-m", "ials", "--task", "ranking", "--positive", "6", "-o", "OUT"},
                2,
                "no rating is at least 6; the highest is 5"},
        Refusal{"VerbFarFromAll", {"man"}, 2, "one of: run"},
        Refusal{"FormatFarFromAll", {"report", "EMPTY", "--format", "pdf"}, 2, "one of: terminal, md"},
        Refusal{"ReportOfNothing", {"report"}, 2, "'report' has no argument; give folders or files of records"},
        Refusal{"ListOfNothing", {"list"}, 2, "'list' has no argument; give methods, information"},
        Refusal{"FoldOfADataSplit",
                {"data", "split", "synth:20x20x100", "--split", "kfold:2", "--folds", "2", "-o", "OUT"},
                2,
                "there is no fold 2"},
        Refusal{"List", {"list", "metods"}, 2, "did you mean 'methods'"},
        Refusal{"Describe", {"describe", "ndgc"}, 2, "did you mean 'ndcg'"}),
    [](const auto& test) { return test.param.name; });

TEST(Cli, ASettingForOneMethodPrevailsOverOneForAll) {
  const TemporaryFolder folder;
  const Ended run = embrace_run({"run", "-d", small_data, "-m", "als,sgd", "--set", "als.factors=4,factors=8", "--set",
                                 "epochs=1", "-o", (folder / "out").string()});
  ASSERT_EQ(run.code, 0) << run.err;
  for (const fs::path& file : records(folder / "out")) {
    const auto record = nlohmann::json::parse(read_file(file));
    EXPECT_EQ(record["hyper"]["factors"], record["method"] == "als" ? 4 : 8);
  }
}

TEST(Cli, ARecordThatBreaksTheSchemaIsCodeEight) {
  const TemporaryFolder folder;
  ASSERT_EQ(embrace_run(small_run(folder / "out")).code, 0);
  const fs::path file = records(folder / "out").front();
  auto record = nlohmann::json::parse(read_file(file));
  record["status"] = "splendid";
  std::ofstream(file) << record.dump();
  EXPECT_EQ(embrace_run({"validate", (folder / "out").string()}).code, 8);
}

TEST(Cli, ListingsAreJsonThatParses) {
  for (const char* what : {"methods", "information", "sources", "judges", "metrics", "splits", "datasets", "devices"}) {
    const Ended ended = embrace_run({"list", what, "--json"});
    EXPECT_EQ(ended.code, 0) << ended.err;
    const auto rows = nlohmann::json::parse(ended.out);
    EXPECT_FALSE(rows.empty()) << what;
    for (const auto& row : rows) EXPECT_TRUE(row.contains("name"));
    EXPECT_EQ(embrace_run({"list", what}).code, 0);
  }
  for (const char* name : {"bias", "rmse", "ndcg", "synth"}) {
    EXPECT_EQ(nlohmann::json::parse(embrace_run({"describe", name, "--json"}).out)["name"], name);
  }
  EXPECT_TRUE(nlohmann::json::parse(embrace_run({"doctor", "--json"}).out).is_array());
  EXPECT_TRUE(nlohmann::json::parse(embrace_run({"version", "--json"}).out).contains("commit"));
}

#if defined(__x86_64__)
TEST(Cli, KernelsThatAreTooOldForTheProcessorAreTold) {
  if (!__builtin_cpu_supports("avx2")) GTEST_SKIP() << "this processor has nothing better";
  const std::string chosen = embrace_run({"doctor"}, {"OPENBLAS_CORETYPE=Prescott"}).out;
  EXPECT_NE(chosen.find("Prescott)\n      -> matrix products are slow; set OPENBLAS_CORETYPE="), std::string::npos)
      << chosen;
  const std::string alone =
      test::run_program("/usr/bin/env", {"-u", "OPENBLAS_CORETYPE", test::embrace_program(), "doctor"}).out;
  EXPECT_EQ(alone.find("matrix products are slow"), std::string::npos) << alone;
}
#endif

TEST(Cli, ListsShowWholeSentences) {
  const std::string metrics = embrace_run({"list", "metrics"}).out;
  EXPECT_NE(metrics.find("Mult-VAE protocol (Liang et al. 2018)\n"), std::string::npos) << metrics;
  EXPECT_NE(metrics.find("min(K, number of the user's targets)\n"), std::string::npos) << metrics;
}

TEST(Cli, DataAreDescribedWithTheFilesThatWereRead) {
  const TemporaryFolder folder;
  std::ofstream(folder / "ratings.csv") << "userId,movieId,rating,timestamp\n1,2,3,4\n";
  std::ofstream(folder / "movies.csv") << "movieId,title,genres\n2,Two (1999),Drama\n";
  std::ofstream(folder / "links.csv") << "movieId,imdbId,tmdbId\n2,3,4\n";
  const Ended described = embrace_run({"data", "describe", folder.path().string()});
  EXPECT_NE(described.out.find("ratings.csv, movies.csv\n"), std::string::npos) << described.out;
  EXPECT_NE(described.out.find("official_splits  none\n"), std::string::npos) << described.out;
  EXPECT_EQ(nlohmann::json::parse(embrace_run({"data", "describe", "synth:20x30x100", "--json"}).out)["files"],
            nlohmann::json::array());
}

TEST(Cli, SplitsAreWrittenForTheFoldsAndRatingsThatARunWouldHave) {
  const TemporaryFolder folder;
  std::string table = "user,item,rating\n";
  for (int row = 0; row < 60; ++row) {
    table += std::to_string(row % 6) + "," + std::to_string(row / 6) + "," + std::to_string(row % 5 + 1) + "\n";
  }
  std::ofstream(folder / "data.csv") << table;
  const Ended ended = embrace_run({"data", "split", (folder / "data.csv").string(), "--split", "kfold:3", "--folds",
                                   "0,2", "--positive", "4", "-o", (folder / "out").string()});
  ASSERT_EQ(ended.code, 0) << ended.err;
  EXPECT_TRUE(fs::exists(folder / "out/fold-0/train.csv"));
  EXPECT_FALSE(fs::exists(folder / "out/fold-1"));
  const std::string train = read_file(folder / "out/fold-2/train.csv"),
                    test = read_file(folder / "out/fold-2/test.csv");
  EXPECT_TRUE(train.starts_with("user,item,rating,timestamp\n"));
  const std::string both = train + test;
  EXPECT_EQ(std::count(both.begin(), both.end(), '\n'), 24 + 2) << "two of five ratings are 4 or 5";
  EXPECT_EQ(both.find(",3,\n"), std::string::npos) << "no rating below 4";
}

TEST(Cli, HelpIsAVerbToo) {
  EXPECT_EQ(embrace_run({"help"}).out, embrace_run({"--help"}).out);
  EXPECT_EQ(embrace_run({"help", "run"}).out, embrace_run({"run", "--help"}).out);
  EXPECT_NE(embrace_run({"help", "run"}).out.find("ratings (default)"), std::string::npos);
}

TEST(Cli, HelpIsOnStdoutAndShort) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"--help"}, {"run", "--help"}, {"report", "--help"}, {"data", "--help"}}) {
    const Ended ended = embrace_run(arguments);
    EXPECT_EQ(ended.code, 0);
    EXPECT_EQ(ended.err, "");
    EXPECT_LE(std::count(ended.out.begin(), ended.out.end(), '\n'), 45) << ended.out;
  }
}

TEST(Cli, ALongNameIsNotEchoedInFull) {
  const TemporaryFolder folder;
  const std::string name(100000, 'x');
  const Ended ended = embrace_run({"run", "-d", "synth", "-m", name, "-o", (folder / "out").string()});
  EXPECT_EQ(ended.code, 2);
  EXPECT_LT(ended.err.size(), 1000U);
  EXPECT_NE(ended.err.find("there is no method 'xxx"), std::string::npos);
  EXPECT_NE(ended.err.find("one of: "), std::string::npos) << "the hint stays";
}

TEST(Cli, AReaderThatHasSeenEnoughIsNoError) {
  for (const char* verb : {"list methods", "describe ndcg"}) {  // more and less than a buffer
    const std::string late =
        "set -o pipefail; { sleep 0.2; exec " + test::embrace_program() + " " + verb + "; } | true";
    const Ended ended = test::run_program("/bin/bash", {"-c", late});
    EXPECT_EQ(ended.code, 128 + SIGPIPE) << verb;
    EXPECT_EQ(ended.err, "") << verb;
  }
  const std::string full = "exec " + test::embrace_program() + " list methods > /dev/full";
  EXPECT_EQ(test::run_program("/bin/bash", {"-c", full}).code, 6);
}

TEST(Cli, AnInterruptLeavesOnlyWholeRecordsAndTheirCode) {
  for (const auto& [signal, code] : {std::pair{SIGINT, 130}, std::pair{SIGTERM, 143}}) {
    const TemporaryFolder folder;
    const pid_t process = test::start_program(
        test::embrace_program(), {"run", "-d", "synth", "--split", "kfold:5", "-m", "bias", "--set", "epochs=10000",
                                  "-i", "ratings", "-o", (folder / "out").string()});
    std::this_thread::sleep_for(std::chrono::milliseconds(400));
    kill(process, signal);
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(test::wait_for(process), code);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
    if (!fs::exists(folder / "out")) continue;
    for (const fs::path& file : records(folder / "out")) EXPECT_TRUE(schema_violations(read_file(file)).empty());
  }
}

TEST(Cli, NoRecordIsLostTornOrDoubledByKills) {
  const TemporaryFolder folder;
  ASSERT_EQ(embrace_run(small_run(folder / "whole")).code, 0);
  std::set<std::string> settled;
  for (int attempt = 0; attempt < 50; ++attempt) {
    const pid_t process = test::start_program(test::embrace_program(), small_run(folder / "out"));
    std::this_thread::sleep_for(std::chrono::microseconds(1500 * (attempt * 7 % 50)));
    kill(process, SIGKILL);
    test::wait_for(process);
    if (!fs::exists(folder / "out")) continue;
    std::set<std::string> now;
    for (const fs::path& file : records(folder / "out")) {
      EXPECT_TRUE(schema_violations(read_file(file)).empty()) << "torn: " << file;
      now.insert(file.filename().string());
    }
    for (const std::string& name : settled) EXPECT_TRUE(now.contains(name)) << "lost: " << name;
    settled = now;
  }
  ASSERT_EQ(embrace_run(small_run(folder / "out")).code, 0);
  ASSERT_EQ(records(folder / "out").size(), records(folder / "whole").size());
  for (const fs::path& file : records(folder / "whole")) {
    EXPECT_EQ(repeatable(file), repeatable(folder / "out" / file.filename().string()));
  }
}

TEST(Cli, EightWritersIntoOneFolderAgree) {
  const TemporaryFolder folder;
  std::vector<pid_t> processes;
  for (int p = 0; p < 8; ++p)
    processes.push_back(test::start_program(test::embrace_program(), small_run(folder / "out")));
  for (const pid_t process : processes) EXPECT_EQ(test::wait_for(process), 0);
  EXPECT_EQ(records(folder / "out").size(), 6U);
  EXPECT_EQ(embrace_run({"validate", (folder / "out").string()}).code, 0);
}

TEST(Cli, ThreadsDoNotChangeResults) {
  const TemporaryFolder folder;
  std::map<std::string, std::set<std::string>> accuracies;
  for (const char* threads : {"1", "2", "3"}) {
    ASSERT_EQ(embrace_run(small_run(folder / "out", {"--threads", threads})).code, 0);
  }
  for (const fs::path& file : records(folder / "out")) {
    const auto record = nlohmann::json::parse(read_file(file));
    accuracies[record["method"].get<std::string>() + record["split"]["fold"].dump()].insert(record["accuracy"].dump());
  }
  EXPECT_EQ(accuracies.size(), 6U);
  for (const auto& [run, values] : accuracies) EXPECT_EQ(values.size(), 1U) << run;
}

// The commands are printed on machines without profilers and without devices.
TEST(Cli, ProfilePrintsTheCommandsOfProfilers) {
  const Ended nsys = embrace_run({"profile", "nsys", "-d", "ml-1m", "-m", "als", "--set", "factors=64"});
  EXPECT_EQ(nsys.code, 0) << nsys.err;
  const std::string inner = test::embrace_program() +
                            " profile phases -d ml-1m -m als -i ratings --split holdout:0.2 --device cuda:0 --epochs 5";
  EXPECT_EQ(nsys.out,
            "nsys profile --trace=cuda,cublas,nvtx --capture-range=cudaProfilerApi --capture-range-end=stop "
            "--nvtx-domain-include=embrace --force-overwrite=true --output=als-profile " +
                inner + " --set factors=64\n");
  const Ended ncu = embrace_run({"profile", "ncu", "-d", "ml-1m", "-m", "als", "--phase", "solve rows", "-o", "x"});
  EXPECT_EQ(ncu.code, 0) << ncu.err;
  EXPECT_EQ(
      ncu.out,
      "ncu --section=SpeedOfLight --section=MemoryWorkloadAnalysis --section=WarpStateStats --section=LaunchStats "
      "--section=Occupancy --section=SourceCounters --profile-from-start=off --clock-control=none --nvtx "
      "'--nvtx-include=embrace@solve rows/' --launch-count=8 --force-overwrite --export=x " +
          inner + "\n");
  const std::vector<std::string> reading = {"--on-bad-row", "skip:3", "--duplicates", "last", "--tags-from", "ml-10m",
                                            "--cache",      "c",      "--threads",    "2"};
  std::vector<std::string> words = {"profile", "nsys", "-d", "ml-1m", "-m", "als"};
  words.insert(words.end(), reading.begin(), reading.end());
  const Ended data = embrace_run(words);
  EXPECT_EQ(data.code, 0) << data.err;
  std::string same = inner;
  for (const std::string& word : reading) same += " " + word;
  EXPECT_TRUE(data.out.ends_with(same + "\n")) << data.out;
}

TEST(Cli, ProfileRefusesWhatHasNoPhases) {
  EXPECT_EQ(embrace_run({"profile", "nsys", "-d", "synth", "-m", "all"}).code, 2);
  const Ended wrong = embrace_run({"profile", "ncu", "-d", "synth", "-m", "als", "--phase", "nonsense"});
  EXPECT_EQ(wrong.code, 2);
  EXPECT_EQ(wrong.err, "embrace: 'als' has no phase 'nonsense'; one of: solve rows, penalties, sum\n");
  EXPECT_EQ(embrace_run({"profile", "ncu", "-d", "synth", "-m", "als", "--phase", "sum"}).code, 0);
  EXPECT_EQ(embrace_run({"profile", "phases", "-d", small_data, "-m", "als", "--device", "cpu"}).code, 2);
  const TemporaryFolder nothing;
  const Ended ended =
      embrace_run({"profile", "ncu", "-d", "synth", "-m", "als", "--run"}, {"PATH=" + nothing.path().string()});
  EXPECT_EQ(ended.code, 2);
  EXPECT_NE(ended.err.find("ncu cannot be started"), std::string::npos) << ended.err;
}

}  // namespace
}  // namespace embrace
