// The features of one fold, built when a run first needs them and shared by all that read the same.
#pragma once
#include <cstdint>
#include <map>
#include <string>

#include "bench/experiment.hpp"
#include "host/metadata/features.hpp"
#include "host/metadata/information.hpp"
#include "host/method.hpp"

namespace embrace {

/// The set, or why there is none.
struct BuiltFeatures {
  FeatureSet set{};
  double seconds = 0;  // that building took
  std::string unsupported{};
};

class FoldFeatures {
 public:
  /// Everything given outlives it.
  FoldFeatures(const Experiment& experiment, const Information& information, Task task, Threads& threads)
      : experiment_(experiment), information_(information), task_(task), threads_(threads) {}
  const Information& information() const { return information_; }
  /// Controls are random, so theirs depend on the seed, too.
  const BuiltFeatures& of(const Method& method, std::uint64_t seed);

 private:
  BuiltFeatures build(bool reads, std::uint64_t seed) const;

  const Experiment& experiment_;
  const Information& information_;
  Task task_;
  Threads& threads_;
  std::map<std::int64_t, BuiltFeatures> built_;  // by seed; -1: of methods that read none
};

}  // namespace embrace
