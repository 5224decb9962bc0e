// Whether results are the same to the last bit, and stay so for any number of threads.
#pragma once
#include <gtest/gtest.h>

#include <cstring>
#include <vector>

namespace embrace::test {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif

inline bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

/// make(threads) gives those of one thread for 1, 2, 4 and 8 threads in each of `runs`. Which worker takes which task
/// differs from run to run: once is not enough. Sanitizers see races in any run.
template <typename Make>
testing::AssertionResult same_bits_for_any_threads(const Make& make, int runs = sanitized ? 1 : 8) {
  const std::vector<float> expected = make(1);
  for (int run = 1; run <= runs; ++run) {
    for (const int threads : {1, 2, 4, 8}) {
      if (!same_bits(make(threads), expected)) {
        return testing::AssertionFailure() << threads << " threads, run " << run;
      }
    }
  }
  return testing::AssertionSuccess();
}

}  // namespace embrace::test
