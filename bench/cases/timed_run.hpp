// Work ready to be timed: its inputs are in place, and it can be run again and again.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace embrace::cases {

struct TimedRun {
  std::function<double()> run;                  // finished when it returns: the seconds that it took
  std::function<std::vector<double>()> answer;  // of the last run, flattened
};

/// On the processor: `compute()` is timed, `flatten` makes the answer of what it returned.
template <typename Compute, typename Flatten>
TimedRun timed_on_cpu(const Compute& compute, const Flatten& flatten) {
  auto result = std::make_shared<std::optional<decltype(compute())>>();
  return {[result, compute] {
            result->reset();  // the last result is freed before the clock starts
            const auto start = std::chrono::steady_clock::now();
            result->emplace(compute());
            return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
          },
          [result, flatten] { return flatten(**result); }};
}

/// The same for work that changes what it reads, which `prepare()` makes anew before the clock starts: `compute(made)`
/// is timed, `flatten` makes the answer of what it left.
template <typename Prepare, typename Compute, typename Flatten>
TimedRun timed_on_cpu(const Prepare& prepare, const Compute& compute, const Flatten& flatten) {
  auto made = std::make_shared<std::optional<decltype(prepare())>>();
  return {[made, prepare, compute] {
            made->reset();
            made->emplace(prepare());
            const auto start = std::chrono::steady_clock::now();
            compute(**made);
            return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
          },
          [made, flatten] { return flatten(**made); }};
}

}  // namespace embrace::cases
