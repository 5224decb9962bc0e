// The same training on the CPU and on a device, for methods that read features.
#pragma once
#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include "host/methods/registry.hpp"
#include "tests/cuda/gpu_test.hpp"
#include "tests/feature_problem.hpp"

namespace embrace::test {

using Settings = std::vector<std::pair<std::string, double>>;
using DeviceFactory = std::unique_ptr<Trainer> (*)(gpu::DevicePtr, const Problem&);

struct Outputs {
  std::vector<float> values;  // outputs_of
  std::vector<double> objectives;
};

/// `make` null: on the CPU.
inline Outputs train(const Method& method, DeviceFactory make, const gpu::DevicePtr& device, const FeatureProblem& data,
                     Task task, int epochs, const Settings& settings) {
  Threads threads(1);
  const Hyper hyper = make_hyper(method, task, settings);
  const Problem problem = data.problem(hyper, task, 1, threads);
  const auto trainer = make == nullptr ? method.cpu(problem) : make(device, problem);
  Outputs out;
  for (int e = 0; e < epochs; ++e) out.objectives.push_back(trainer->epoch().objective);
  out.values = outputs_of(*trainer, data, task);
  return out;
}

/// Largest difference over max(1, size) of the expected value; a NaN is infinitely far.
inline double distance(const std::vector<float>& values, const std::vector<float>& expected) {
  double largest = values.size() == expected.size() ? 0 : HUGE_VAL;
  for (std::size_t p = 0; p < std::min(values.size(), expected.size()); ++p) {
    const auto value = static_cast<double>(values[p]), other = static_cast<double>(expected[p]);
    const double difference = std::abs(value - other) / std::max(1.0, std::abs(other));
    largest = std::isfinite(difference) ? std::max(largest, difference) : HUGE_VAL;
  }
  return largest;
}

}  // namespace embrace::test
