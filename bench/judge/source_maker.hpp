// Sources made on the part of the ratings that is theirs.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "bench/devices.hpp"
#include "bench/experiment.hpp"
#include "bench/judge/sources.hpp"
#include "bench/judge/vector_files.hpp"
#include "bench/selection.hpp"
#include "host/judge/source_vectors.hpp"
#include "host/threads.hpp"

namespace embrace::judge {

struct MadeSource {
  SourceVectors vectors;
  double seconds = 0;
  std::string unsupported{};         // why there are none
  std::vector<std::string> notes{};  // what a reader of its rows should know
};

/// Makes the sources of one draw; everything given outlives it.
class SourceMaker {
 public:
  /// `part` is on the embedding part. `oracle_train`: its ratings and those of the test.
  SourceMaker(Experiment& part, std::vector<std::int64_t> oracle_train, Task task, const DeviceInfo& device,
              const std::vector<Setting>& settings, VectorFiles& files, std::uint64_t draw, Threads& threads)
      : part_(part),
        oracle_train_(std::move(oracle_train)),
        task_(task),
        device_(device),
        settings_(settings),
        files_(files),
        draw_(draw),
        threads_(threads) {}

  /// Methods with `factors` are trained at `width`, random numbers drawn; what else is wider stays so. The seed of a
  /// source is the draw. Throws what training and reading throw but for Unsupported, and require_unseen()'s DataError.
  MadeSource make(const SourceSpec& spec, std::int64_t width);
  /// Of the draw. Throws require_unseen()'s DataError.
  std::vector<std::string> notes_of(const SourceSpec& spec);

 private:
  const SourceVectors& vectors(const SourceSpec& spec, std::int64_t width);
  SourceVectors made(const SourceSpec& spec, std::int64_t width);
  SourceVectors trained(const SourceSpec& spec, std::int64_t width);
  SourceVectors oracle(const SourceSpec& spec, std::int64_t width);
  SourceVectors shuffled(const SourceSpec& spec, std::int64_t width);
  SourceVectors normal(std::int64_t width) const;
  SourceVectors normal_like(const SourceSpec& spec, std::int64_t width);
  SourceVectors popularity() const;

  Experiment& part_;
  std::vector<std::int64_t> oracle_train_;
  Task task_;
  const DeviceInfo& device_;
  const std::vector<Setting>& settings_;
  VectorFiles& files_;
  std::uint64_t draw_;
  Threads& threads_;
  std::map<std::pair<std::string, std::int64_t>, SourceVectors> kept_;  // by name and width; shuffled copies need them
};

/// The hyper-parameters of a method as a source of a judge of `task` that is trained on the experiment: its defaults
/// there, what was set, `factors` = width where that is legal.
Hyper source_hyper(const Method& method, Task task, const std::vector<Setting>& settings, std::int64_t width,
                   const Experiment& experiment);

}  // namespace embrace::judge
