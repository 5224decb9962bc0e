// Many standard normal numbers at a time.
#pragma once
#include <cstdint>

#include "host/random.hpp"

namespace embrace {

/// out[4 i … 4 i + 3] are made of random.bits(a, b + i), for i in [0, count): of each pair of words one pair of numbers
/// (Box and Muller 1958), in float, the radius of 31 bits: none is beyond 6.7.
void normal_numbers(const Random& random, std::uint64_t a, std::uint32_t b, std::int64_t count, float* out);

}  // namespace embrace
