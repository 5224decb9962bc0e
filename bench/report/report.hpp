// Reports: records in, comparison tables out. Nothing is trained, and nothing but the records is read.
// A row is data × split × method × information × task × device, over all folds and seeds; runs that differ in
// anything else (hyper-parameters, positive, at, threads, device name, build) are rows of their own.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bench/report/contests.hpp"
#include "host/metrics/statistics.hpp"
#include "host/record.hpp"

namespace embrace {

/// Among the rows over the same data, split and task without failed runs, over the folds and seeds that all of them
/// have. A row that lacks some of the others' folds or seeds is a rival, and has no mark. The same method, information
/// and hyper-parameters on another device is not a rival.
enum class Standing {
  none,  // worse than the best, or nothing to compare with
  best,  // alone in the 95 % model confidence set, and each paired 95 % interval of a difference excludes zero
  tied,  // in that set (host/metrics/best_set.hpp): cannot be told from the best
};

struct RowMetric {
  double value = 0;                  // mean over the runs
  std::optional<Interval> interval;  // 95 %: of the record (one run), or of the mean over the runs
  Standing standing = Standing::none;
  std::optional<int> compared;  // runs that all rows with this metric have; absent when there is nothing to compare
  std::string worse_than{};     // the baseline of the table that is better by most; empty: none is better
};

/// How a row differs from the one of the earliest build with the same work on the same kind of device: a paired
/// comparison over the folds and seeds that both have.
struct Change {
  std::string metric;                // rmse, or ndcg@10; without them the first one
  double value = 0;                  // own mean - that of the earlier build
  std::optional<Interval> interval;  // 95 %, of paired draws
  int runs = 0;                      // that both have; 0: nothing to compare
};

struct Row {
  std::string data, data_sha256, tags_from, split, method, information;
  std::int64_t rejected = 0;  // bad rows of the data that were left out
  Task task = Task::rating;
  std::optional<double> positive;
  bool cold_candidates = false;
  DeviceKind device = DeviceKind::cpu;
  std::string device_name;
  int threads = 0;
  std::string panel;                           // of judges: judge and mode, a table of its own; empty for runs
  std::vector<std::string> incorrect;          // gates that the table of a judge fails, with figures: it has no numbers
  std::vector<std::string> notes{};            // of judges: what a reader should know of the source
  std::map<std::string, double> probes{};      // of judges' sources, by name: means over the runs that have it
  std::optional<double> source_seconds;        // of judges: mean time to make the vectors
  std::optional<std::int64_t> bytes_per_item;  // of the vectors
  std::string settings;   // what sets it apart from rows of the same method here, e.g. "factors=64"; often empty
  int runs = 0;           // folds × seeds, failed ones too
  int runs_of_table = 0;  // the same of all rows of the table together: more when this one lacks some
  std::string status;     // "ok", another status when all runs share it, else e.g. "diverged 1/5"
  int failed = 0;         // runs that are not ok
  int repeats = 0;        // seeds, or draws of the split, over which its intervals draw beside users
  bool chance = true;     // the method's seed matters
  double users = 0;       // least effective number of test users of a run; 0: not known
  std::vector<std::string> reasons;           // of failed runs, each once
  std::map<std::string, RowMetric> accuracy;  // over the runs that are ok
  // Absent without a run that is ok, and for an emulated device.
  std::optional<double> train_seconds;         // mean
  std::optional<double> train_seconds_spread;  // standard deviation over two or more runs
  std::optional<double> updates_per_second;    // mean
  std::optional<double> speedup_vs_cpu;        // gpu only: training time of the fastest cpu row of the same work / own
  std::optional<double> busy_load;             // most load of the machine, where it had other work: no times to trust
  std::optional<double> best_rmse;             // synthetic data, rating task
  std::optional<Change> change;                // where there is a row of an earlier build
};

struct Difference {
  double value = 0;                  // greater than zero: better
  std::optional<Interval> interval;  // 95 %, paired
};

/// What the information of a row adds to its method, over the runs that both have; absent without such a row.
struct Gain {
  std::size_t row = 0;  // of the report
  std::string metric;   // rmse, or ndcg@10
  std::optional<Difference> over_ratings, over_shuffled, over_random;
};

struct Report {
  std::vector<Row> rows;                          // by data, split and task; there by method and information
  std::vector<Gain> gains;                        // of rows with metadata, in their order
  std::int64_t unsupported = 0;                   // pairs that cannot be, left out
  std::vector<std::string> builds;                // what made their records: version, commit, processor
  Contests contests;                              // of the records that are sides of contests, which are not in rows
  std::vector<std::string> metric_names() const;  // those of the rows: rmse, mae, recall@10, …
  std::vector<std::string> probe_names() const;   // the same of their probes
};

/// Does a file hold many records, a line each?
bool is_packed(const std::filesystem::path& file);

struct RecordText {
  std::string name;  // of the file, with the line where it holds many
  std::string text;
};
std::vector<RecordText> record_texts(const std::filesystem::path& file);

/// All records of these files (one each, or a line each in .jsonl.gz) and of these folders with the folders inside, but
/// for hidden ones and those behind links. Other files in a folder are ignored. Throws SchemaError naming a record that
/// is torn or breaks the schema, DataError for a path that cannot be read and when there is no record at all.
std::vector<Record> read_records(const std::vector<std::filesystem::path>& paths);

/// Records with the same id count once.
Report make_report(const std::vector<Record>& records);

enum class Format { terminal, md, csv, json, html, latex };
/// Throws UsageError for an unknown name.
Format parse_format(const std::string& name);

/// `color`: bold by ANSI codes (terminal only). `width`: columns of the terminal, 0 for no limit. csv and json carry
/// full precision; the others show the same numbers rounded, and explain their marks.
std::string render(const Report& report, Format format, bool color, int width);

}  // namespace embrace
