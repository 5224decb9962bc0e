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

}  // namespace embrace::cases
