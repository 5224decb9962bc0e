// Over which samples `bayes` averages the predictions of pairs that it was told, and which pairs those are.
#pragma once
#include <cstdint>

#include "host/method.hpp"

namespace embrace::cpu {

/// Samples before the end of burn-in do not count; while it lasts, the average forgets at every power of two, so that
/// it is that of the later half of what there is. `before`: samples that were drawn before this one.
constexpr bool average_begins_anew(std::int64_t before, std::int64_t burn_in) {
  return before <= burn_in && (before == burn_in || (before & (before - 1)) == 0);
}

/// The same users, items and contexts in the same order.
bool same_pairs(const PairsView& a, const PairsView& b);

}  // namespace embrace::cpu
