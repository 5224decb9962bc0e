// A method that averages over its epochs, the smallest there is: every epoch predicts something else.
#pragma once
#include <algorithm>
#include <memory>
#include <vector>

#include "host/array.hpp"
#include "host/method.hpp"
#include "host/span.hpp"

namespace embrace::test {

/// After n epochs a pair's prediction is n + user / 8 + item / 64; that of a watched pair its mean over the epochs. The
/// caller asks for the watched pairs together, as they were told, or for others.
class Drifting final : public Trainer {
 public:
  explicit Drifting(const Problem& problem) : Trainer(problem.threads), entries_(problem.ratings.entries()) {}
  void watch(const PairsView& pairs) override {
    watched_ = pairs;
    sums_.assign(pairs.users.size(), 0.0F);
  }
  EpochResult epoch() override {
    ++epochs_;
    for (std::int64_t p = 0; p < sums_.size(); ++p) sums_[p] += now(watched_.users[p], watched_.items[p]);
    return {0.0, entries_};
  }
  void predict(const PairsView& pairs, Span<float> out) const override {
    const bool watched = std::ranges::equal(pairs.users, watched_.users) && !sums_.empty() &&
                         std::ranges::equal(pairs.items, watched_.items);
    for (std::int64_t p = 0; p < out.size(); ++p) {
      out[p] = watched ? sums_[p] / static_cast<float>(epochs_) : now(pairs.users[p], pairs.items[p]);
    }
  }
  void score(Span<const std::int32_t> users, MatrixView out) const override {
    for (std::int64_t r = 0; r < out.rows; ++r) {
      for (std::int32_t i = 0; i < out.columns; ++i) out(r, i) = now(users[static_cast<std::size_t>(r)], i);
    }
  }

 private:
  float now(std::int32_t user, std::int32_t item) const {
    return static_cast<float>(epochs_) + static_cast<float>(user) / 8 + static_cast<float>(item) / 64;
  }
  std::int64_t entries_;
  int epochs_ = 0;
  PairsView watched_;
  Array<float> sums_;
};

inline Method drifting_method() {
  return {"drifting",
          {"test",
           "Epochs that differ",
           "",
           {.chance = false, .averages = true},
           {{"epochs", 4, 4, 1, 100, true, "passes"}},
           {0, 0, "runs on one device"}},
          [](const Problem& problem) -> std::unique_ptr<Trainer> { return std::make_unique<Drifting>(problem); }};
}

}  // namespace embrace::test
