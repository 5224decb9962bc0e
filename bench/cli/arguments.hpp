// The verbs, and what each is asked for on the command line, as plain text. CLI11 is seen by parse.cpp alone.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace embrace::cli {

/// How data are to be read; shared by `run` and `data`.
struct DataArguments {
  std::string data;
  std::string on_bad_row = "error";
  std::string duplicates = "error";
  std::string tags_from;
  std::string cache;
  int threads = 0;
};

/// What is trained on what; shared by `run` and `tune`.
struct TrainingArguments {
  DataArguments data;
  std::string split = "holdout:0.2";
  std::uint64_t split_seed = 1;
  std::string folds;
  std::vector<std::string> methods;
  std::vector<std::string> information;
  std::string device = "cpu";
  std::string task;
  std::optional<double> positive;
  std::string candidates = "all";
  std::string at;
  std::vector<std::string> settings;
  double timeout = 0;
  bool force = false;
  bool quiet = false;
  std::string output;
  std::string command;  // the command line, quoted so that a shell reads it back
};

struct RunArguments : TrainingArguments {
  int seeds = 1;
  std::string settings_file;
  bool keep_answers = false;
  bool keep_embeddings = false;
};

struct TuneArguments : TrainingArguments {
  std::vector<std::string> ranges;
  int trials = 30;
  std::uint64_t seed = 1;
};

/// Embeddings judged; `settings` are of the methods behind the sources.
struct JudgeArguments {
  DataArguments data;
  std::string split = "holdout:0.2";
  std::uint64_t split_seed = 1;
  std::string folds;
  std::string sources;
  std::string judges = "ridge,mlp";
  std::string mode = "items";
  std::string widths = "32";
  std::string task;
  std::optional<double> positive;
  std::string at;
  int draws = 5, seeds = 3;
  std::string device = "cpu";
  std::vector<std::string> settings;
  bool force = false;
  bool quiet = false;
  std::string output;
  std::string command;  // as for run
};

struct ReportArguments {
  std::vector<std::string> paths;
  std::string format = "terminal";
  std::string output;
};

struct CompareArguments {
  std::string a, b;  // folders of records
  std::string metric;
  std::string fail_on;
  bool json = false;
};

struct DataVerbArguments {
  DataArguments data;
  bool json = false;
  std::string split;
  std::string folds;
  std::optional<double> positive;
  std::uint64_t split_seed = 1;
  std::string output;
  std::int64_t users = 943, items = 1682, ratings = 100000;
  std::uint64_t seed = 1;
};

/// The contests with other libraries.
struct PeersArguments {
  std::string names = "all";         // of peers (install) or contests (run)
  std::vector<std::string> sources;  // data (run)
  std::string environments;          // folder of the virtual environments; empty: the default
  DataArguments data;                // how the sources are read
  std::string split = "holdout:0.1";
  std::uint64_t split_seed = 1;
  int repetitions = 5;
  std::optional<int> factors;
  double timeout = 3600;
  bool json = false;
  std::string format = "terminal";
  std::string output;
  std::string command;  // as for run
};

/// Where an epoch on a CUDA device spends its time.
struct ProfileArguments {
  DataArguments data;
  std::string split = "holdout:0.2";
  std::string method;  // phases: or several
  std::string information = "ratings";
  std::string device = "cuda:0";
  std::string task;
  std::vector<std::string> settings;
  int epochs = 5;
  bool json = false;   // phases
  bool run = false;    // nsys, ncu: run the command instead of only printing it
  std::string output;  // nsys, ncu: the report, without extension
  std::string phase;   // ncu: only kernels of this phase
  int kernels = 8;     // ncu: at most
};

/// The two questions, for one data set.
struct StudyArguments {
  DataArguments data;
  std::string device = "cpu";
  bool quick = false;
  bool quiet = false;
  std::string output;
  std::string command;
};

/// What is looked at in a file of an embedding.
struct EmbeddingArguments {
  std::string file;
  DataArguments data;  // optional: for titles, and what was rated
  std::string format;  // export
  std::string output;  // export: folder
  std::string name;    // neighbors: an item; recommend: a user
  std::int64_t count = 10;
  bool keep_rated = false;  // recommend
  bool json = false;
};

struct NameArguments {  // list, describe, doctor, validate, version
  std::string name;
  bool json = false;
};

// Each returns the exit code and prints results to stdout, narration to stderr. Verbs of one group share a file.
int run(const RunArguments& arguments);
int tune(const TuneArguments& arguments);
int judge(const JudgeArguments& arguments);
int study(const StudyArguments& arguments);
int report(const ReportArguments& arguments);
int compare(const CompareArguments& arguments);
int data_describe(const DataVerbArguments& arguments);
int data_prepare(const DataVerbArguments& arguments);
int data_split(const DataVerbArguments& arguments);
int data_synth(const DataVerbArguments& arguments);
int peers_list(const PeersArguments& arguments);
int peers_install(const PeersArguments& arguments);
int peers_run(const PeersArguments& arguments);
int profile_phases(const ProfileArguments& arguments);
int profile_nsys(const ProfileArguments& arguments);
int profile_ncu(const ProfileArguments& arguments);
int export_files(const EmbeddingArguments& arguments);
int neighbors(const EmbeddingArguments& arguments);
int recommend(const EmbeddingArguments& arguments);
int list(const NameArguments& arguments);
int describe(const NameArguments& arguments);
int doctor(const NameArguments& arguments);
int validate(const NameArguments& arguments);
int version(const NameArguments& arguments);

}  // namespace embrace::cli
