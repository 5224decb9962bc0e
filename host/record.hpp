// Record: the result of one run, as one JSON file (schema embrace.record/1). No NaN, infinity or null anywhere:
// a value that does not exist is absent.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "host/enum_text.hpp"
#include "host/hyper.hpp"
#include "host/task.hpp"

namespace embrace {

inline constexpr const char* record_schema = "embrace.record/1";

/// What became of a run.
enum class Status { ok, diverged, out_of_memory, timeout, failed, unsupported };
template <>
inline constexpr std::array enum_texts<Status> = {"ok",      "diverged", "out-of-memory",
                                                  "timeout", "failed",   "unsupported"};

/// emulated: a CUDA device that is a processor; its times are no speed.
enum class DeviceKind { cpu, gpu, emulated };
template <>
inline constexpr std::array enum_texts<DeviceKind> = {"cpu", "gpu", "emulated"};

/// The two sides of a contest with another library.
enum class ContestSide { ours, theirs };
template <>
inline constexpr std::array enum_texts<ContestSide> = {"ours", "theirs"};

struct Accuracy {
  double value = 0;
  double low = 0;
  double high = 0;
  std::int64_t n = 0;           // ratings, or users
  std::vector<double> draws{};  // bootstrap draws, paired across records by user id
  double users = 0;  // so many users of equal weight were as sure (UserValues::effective_users); 0: not known
};

struct Record {
  std::string id;
  Status status = Status::ok;
  std::string reason;  // empty when ok

  struct Data {
    std::string name, sha256;
    std::int64_t users = 0, items = 0, ratings = 0;
    std::optional<double> best_rmse{};  // synthetic data: the best RMSE that can be reached
    std::int64_t rejected = 0;          // bad rows that were left out
    std::string tags_from{};            // name of the data whose tags have travelled to these; empty: none
  } data;
  struct Split {
    std::string name;
    int fold = 0;
    std::uint64_t seed = 0;
    std::string sha256;
    std::int64_t train = 0, test = 0;
  } split;
  std::string method, family, information;
  Task task = Task::rating;
  /// Of a run in a contest with another library; such records have tables of their own.
  struct Contest {
    std::string name;
    ContestSide side = ContestSide::ours;
  };
  std::optional<Contest> contest;
  std::uint64_t seed = 0;
  std::vector<std::pair<std::string, HyperValue>> hyper;
  /// Of a run whose hyper-parameters were tuned: the file that holds them, and how they were found.
  struct Tuned {
    std::string file, sha256, validation;
    int trials = 0;
  };
  std::optional<Tuned> tuned;
  /// Of a run that was a trial of tuning: its number, the step of the halving, and its best number of epochs.
  struct Trial {
    int number = 0, rung = 0, epochs = 0;
  };
  std::optional<Trial> trial;
  /// Of a run in which a judge (`method`) was given the vectors of a source, or a source answered by itself.
  struct Judge {
    std::string source;
    std::string mode;                                       // items, native; own, own-all: the source by itself
    std::int64_t width = 0;                                 // asked for; a source may be narrower
    int draw = 0;                                           // of the parts
    std::int64_t embedding = 0, judge = 0, validation = 0;  // ratings in the parts
    double source_seconds = 0;                              // to make the vectors
    std::int64_t bytes_per_item = 0;                        // of the vectors as the judge reads them
    std::int64_t parameters = 0;                            // of the judge, but for biases
    std::optional<double> validation_value{};               // of the setting chosen, on the validation part
    std::vector<std::pair<std::string, double>> setting{};  // chosen there
    std::vector<std::string> edges{};                       // of it, what was the last value tried
    std::map<std::string, bool> gates{};                    // checks that hold for the run or its table
  };
  std::optional<Judge> judge;
  std::optional<double> positive;  // rankings with --positive
  std::vector<int> at;             // rankings
  bool cold_candidates = false;    // rankings: of the items without a training rating alone
  bool lock_free = false;          // the method's threads race on purpose
  struct Device {
    DeviceKind kind = DeviceKind::cpu;
    std::string name;
    int threads = 0;
  } device;
  std::map<std::string, Accuracy> accuracy;  // by metric name
  std::int64_t users_without_targets = 0;
  struct Cost {
    double prepare_seconds = 0, train_seconds = 0, score_seconds = 0;
    std::vector<double> epoch_seconds;
    int epochs = 0;
    double updates_per_second = 0;
    std::int64_t peak_bytes = 0;
  };
  std::optional<Cost> cost;
  std::vector<double> objective;  // per epoch, finite ones
  /// How accuracy grew with training time; contests with other libraries read the time to an accuracy off it.
  struct Curve {
    std::string metric;  // rmse, ndcg@10; auc and loss in earlier records
    std::vector<int> epochs;
    std::vector<double> seconds;  // of training, until then
    std::vector<double> values;
  };
  std::optional<Curve> curve;
  /// Of a run with --keep-embeddings: what lies beside the record as <id>.safetensors.
  struct KeptEmbedding {
    std::string sha256;
    std::int64_t items = 0, users = 0, width = 0;
  };
  std::optional<KeptEmbedding> embedding;
  std::map<std::string, std::string>
      provenance;  // version, commit, dirty, compiler, flags, libraries, machine, cpu, gpu …
  std::vector<std::string> notes;
};

/// JSON text of a record; always valid UTF-8 and finite.
std::string to_json(const Record& record);
/// Throws SchemaError naming the field. Unknown fields are ignored.
Record record_from_json(const std::string& text, const std::string& where);
/// Every violation of the schema, empty when there is none.
std::vector<std::string> schema_violations(const std::string& text);

}  // namespace embrace
