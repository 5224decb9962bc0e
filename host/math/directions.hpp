// Vectors of length one, and what a gradient by them says of the vectors that they were.
#pragma once
#include <cstdint>

namespace embrace {

/// out = x / |x|, zeros where x is zero; returns |x|. out may be x.
float direction(const float* x, float* out, std::int64_t n);

/// The gradient by a direction `unit` becomes that by the vector, which had this length: of a vector of length one
/// nothing moves along itself. Zeros where the length is 0.
void turn_aside(const float* unit, float length, float* gradient, std::int64_t n);

}  // namespace embrace
