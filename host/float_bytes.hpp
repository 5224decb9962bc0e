// Floating-point numbers as files of others hold them.
#pragma once
#include <cstdint>

#include "host/span.hpp"

namespace embrace {

/// bf16: the upper half of an f32.
enum class FloatType { f16, bf16, f32, f64 };

constexpr std::int64_t bytes_of(FloatType type) { return type == FloatType::f64 ? 8 : type == FloatType::f32 ? 4 : 2; }

/// `bytes` holds out.size() little-endian numbers of the type. f16 and bf16 become the same number; of f64 the nearest
/// one, infinite when there is none.
void floats_from_bytes(FloatType type, const char* bytes, Span<float> out);

}  // namespace embrace
