// Early stop: how many epochs are best is found on a validation part, then the whole training part is trained for as
// many. No state is kept in between: the same seed gives the same bits, so a training that stops after an epoch is the
// one that went on from there.
#pragma once
#include <string>
#include <vector>

#include "bench/run.hpp"

namespace embrace {

struct BestEpochs {
  int epochs = 0;
  std::vector<double> values;  // of the metric, after each epoch that was trained
};

/// Trains `run`, whose experiment is on a validation part, and measures `metric` on its test after each epoch; ends
/// when `patience` epochs in a row were no better than the best. The direction is the metric's own. Throws UsageError
/// for a metric that the run does not have, and what train() throws.
BestEpochs best_epochs(Run run, const std::string& metric, int patience, Threads& threads);

/// The run, ended after so many epochs. Its hyper-parameters stay: methods plan step sizes over all `epochs`.
Run stopped_after(Run run, int epochs);

}  // namespace embrace
