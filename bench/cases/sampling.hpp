// What `sample` draws from.
#pragma once
#include <algorithm>

#include "bench/cases/training_data.hpp"
#include "host/learning/samples.hpp"

namespace embrace::cases {

/// As many batches as are drawn at a time, not the 20 M samples of an epoch.
constexpr std::int64_t most_samples = std::int64_t{1} << 20U;

struct Sampling {
  Sampling(const Inputs& in, Threads& threads)
      : data(in),
        problem(data.problem(in, Task::ranking, threads)),
        samples(problem, Samples::Negatives::pairwise, 0) {}
  std::int64_t size() const { return std::min(samples.size(), most_samples); }

  TrainingData data;
  Problem problem;
  Samples samples;
};

}  // namespace embrace::cases
