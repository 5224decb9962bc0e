// Experiment: one fold of the data with what is computed from it once; the preface of whatever trains and measures.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/fold_data.hpp"
#include "host/data/dataset.hpp"
#include "host/data/load_options.hpp"
#include "host/data/split/divide.hpp"
#include "host/data/split/split_name.hpp"
#include "host/metadata/features.hpp"
#include "host/method.hpp"
#include "host/metrics/metric.hpp"

namespace embrace {

/// What is read, and how it is divided.
struct DataChoice {
  std::string data{};
  LoadOptions load{};
  SplitName split{};
  std::uint64_t split_seed = 1;
  std::optional<double> positive{};  // rankings: the data are reduced to ratings of at least this
};

/// Data with all folds of a split.
struct DividedData {
  Dataset dataset;
  std::vector<Fold> folds;
  std::vector<std::string> notes;  // what a user should know of the reading
};
DividedData load_and_divide(const DataChoice& choice, Threads& threads);

/// UsageError when ratings are to be predicted of data that have none: pairs alone, of value 1 each.
void refuse_without_ratings(const Ratings& ratings, Task task);

/// The folds of these numbers, all when there are none. Throws UsageError for a number that is no fold.
std::vector<Fold> choose_folds(std::vector<Fold> folds, const std::vector<int>& numbers, const SplitName& split);

/// Features are not in it: a study has many sets of them on one fold.
struct Experiment {
  Dataset dataset;
  Fold fold;
  FoldData data;
};
/// The first fold; throws what loading throws.
Experiment make_experiment(const DataChoice& choice, Threads& threads);

/// Two users with a rating each, to ask a method what only its trainer knows.
Experiment tiny_experiment(Threads& threads);

DataShape shape_of(const Experiment& experiment);

/// The context of the training pairs, in the order of FoldData::ratings; null when the features have none.
std::unique_ptr<const Features> training_context(const Experiment& experiment, const FeatureSet& features);

/// What a trainer learns from. Everything given outlives it; `context` is training_context's.
Problem problem_of(const Experiment& experiment, const FeatureSet& features, const Features* context, Task task,
                   const Hyper& hyper, std::uint64_t seed, Threads& threads);

/// The test pairs, in the order of Fold::test; `context` becomes what they read of the features' context.
PairsView test_pairs(const Experiment& experiment, const FeatureSet& features, Csr& context);

/// Ratings of the test pairs as a model predicts them, clipped to the fold's scale.
struct Predictions {
  std::vector<float> values;
  double seconds = 0;  // of predicting alone
};
/// Throws Diverged when one is not finite.
Predictions predict_test(const Experiment& experiment, const FeatureSet& features, const Trainer& trainer);

/// rmse and mae of predictions of the test pairs.
std::vector<UserValues> test_metrics(const Experiment& experiment, const std::vector<float>& predicted);

}  // namespace embrace
