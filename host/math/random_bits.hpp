// Many random numbers at a time: those of Random, computed side by side.
#pragma once
#include <cstdint>

#include "host/random.hpp"

namespace embrace {

/// out[4 i … 4 i + 3] = random.bits(a, b + i) for i in [0, count).
void random_bits(const Random& random, std::uint64_t a, std::uint32_t b, std::int64_t count, std::uint32_t* out);

/// out[i] = random.bits64(a[i], b[i]) for i in [0, count).
void random_bits64(const Random& random, const std::uint64_t* a, const std::uint32_t* b, std::int64_t count,
                   std::uint64_t* out);

}  // namespace embrace
