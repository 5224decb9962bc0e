// Early stop: how many epochs are best on a validation part. No state has to be kept: a method whose epochs do not
// depend on how many there will be (Traits::schedules) gives, trained again for as many, the bits that it had there.
#pragma once
#include <string>
#include <vector>

#include "bench/run.hpp"

namespace embrace {

/// When a training ends: after so many epochs that were not better by `least`, relative to the best.
struct Patience {
  int epochs = 5;
  double least = 0;
};

struct BestEpochs {
  int epochs = 0;
  Evaluation evaluation;       // after them
  std::vector<double> values;  // of the metric, after each epoch that was trained
};

/// Trains `run`, whose experiment is on a validation part, and measures `metric` on its test after each epoch, until
/// patience ends; an epoch that is not better by enough is not the best. The direction is the metric's own. `record`
/// gets what train() fills. Throws UsageError for a metric that the run does not have, Diverged for a value that is not
/// finite, and what train() throws.
BestEpochs best_epochs(Run run, const std::string& metric, const Patience& patience, Threads& threads, Record& record);

}  // namespace embrace
