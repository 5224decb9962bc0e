// Controls for claims about information: the same features on the wrong rows, and noise of the same shape.
#pragma once
#include <cstdint>

#include "host/method.hpp"
#include "host/span.hpp"

namespace embrace {

/// What is permuted or drawn; each its own random numbers.
enum class FeatureRows : std::uint32_t { user = 1, item = 2, context_train = 3, context_rest = 4 };

/// Permutes whole rows among the rows in `among` (ascending); the others stay. The multiset of rows is kept.
Features shuffled_rows(const Features& features, Span<const std::int64_t> among, std::uint64_t seed, FeatureRows what);

/// As many entries in each row and field as before, in columns drawn without replacement; weights stay those of the
/// row, numbers are standard normal.
Features random_rows(const Features& features, std::uint64_t seed, FeatureRows what, Threads& threads);

}  // namespace embrace
