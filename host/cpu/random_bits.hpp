// Many random numbers at a time: those of Random, computed side by side.
#pragma once
#include <cstdint>

#include "host/random.hpp"

namespace embrace::cpu {

/// out[4 i … 4 i + 3] = random.bits(a, b + i) for i in [0, count).
void random_bits(const Random& random, std::uint64_t a, std::uint32_t b, std::int64_t count, std::uint32_t* out);

}  // namespace embrace::cpu
