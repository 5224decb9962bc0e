#include "host/float_bytes.hpp"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace embrace {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers are read as they lie in memory");

template <typename T>
T at(const char* bytes, std::int64_t i) {
  T value;
  std::memcpy(&value, bytes + i * static_cast<std::int64_t>(sizeof(T)), sizeof(T));
  return value;
}

/// IEEE 754 binary16: sign, 5 bits of exponent (bias 15), 10 of the fraction.
float from_f16(std::uint16_t bits) {
  const int exponent = (bits >> 10U) & 0x1fU;
  const auto fraction = static_cast<float>(bits & 0x3ffU);
  const float magnitude = exponent == 0     ? std::ldexp(fraction, -24)
                          : exponent < 0x1f ? std::ldexp(fraction + 1024, exponent - 25)
                          : fraction == 0   ? std::numeric_limits<float>::infinity()
                                            : std::numeric_limits<float>::quiet_NaN();
  return (bits & 0x8000U) != 0 ? -magnitude : magnitude;
}

/// The language leaves open what a conversion beyond the range of float gives.
float from_f64(double value) {
  using Float = std::numeric_limits<float>;
  if (std::isnan(value) || std::abs(value) <= static_cast<double>(Float::max())) return static_cast<float>(value);
  return value < 0 ? -Float::infinity() : Float::infinity();
}

}  // namespace

void floats_from_bytes(FloatType type, const char* bytes, Span<float> out) {
  if (type == FloatType::f32) {
    if (!out.empty()) std::memcpy(out.data(), bytes, out.size_bytes());
    return;
  }
  for (std::int64_t i = 0; i < out.size(); ++i) {
    if (type == FloatType::f64) {
      out[i] = from_f64(at<double>(bytes, i));
    } else if (type == FloatType::f16) {
      out[i] = from_f16(at<std::uint16_t>(bytes, i));
    } else {
      out[i] = std::bit_cast<float>(static_cast<std::uint32_t>(at<std::uint16_t>(bytes, i)) << 16U);
    }
  }
}

}  // namespace embrace
