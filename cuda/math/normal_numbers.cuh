// host/math/normal_numbers.hpp on the device: of the same random bits, by the device's logarithm, sine and cosine,
// whose last bits differ from the host's.
#pragma once
#include "cuda/math/random.cuh"

namespace embrace::gpu {

/// Two standard normal numbers of two words (Box and Muller 1958), in float.
inline __device__ float2 box_muller(std::uint32_t first, std::uint32_t second) {
  const float uniform = fmaf(__uint2float_rn(first >> 1U), 0x1p-31F, 0x1p-32F);
  const float radius = sqrtf(-2.0F * logf(fminf(uniform, 1.0F)));
  float sine = 0, cosine = 0;
  sincospif(__int2float_rn(static_cast<int>(second)) * 0x1p-31F, &sine, &cosine);
  return make_float2(radius * cosine, radius * sine);
}

/// What normal_numbers() writes for the counter (a, b).
inline __device__ float4 normal_quad(const DeviceRandom& random, std::uint64_t a, std::uint32_t b) {
  const uint4 bits = random.bits(a, b);
  const float2 one = box_muller(bits.x, bits.y), other = box_muller(bits.z, bits.w);
  return make_float4(one.x, one.y, other.x, other.y);
}

}  // namespace embrace::gpu
