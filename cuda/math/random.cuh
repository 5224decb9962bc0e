// host/random.hpp on the device: Philox 4x32-10 (Salmon et al. 2011), the same bits for the same seed, stream and
// counter. normal() goes through the device's log and cos, whose last bits differ from the host's.
#pragma once
#include <cstdint>

#include "host/random.hpp"

namespace embrace::gpu {

class DeviceRandom {
 public:
  __host__ __device__ DeviceRandom(std::uint64_t seed, Stream stream)
      : seed_(seed), stream_(static_cast<std::uint32_t>(stream)) {}

  __device__ uint4 bits(std::uint64_t a, std::uint32_t b = 0) const {
    uint4 x = make_uint4(static_cast<std::uint32_t>(a), static_cast<std::uint32_t>(a >> 32U), b, stream_);
    auto key_low = static_cast<std::uint32_t>(seed_), key_high = static_cast<std::uint32_t>(seed_ >> 32U);
#pragma unroll
    for (int round = 0; round < 10; ++round) {
      const std::uint32_t high0 = __umulhi(0xD2511F53U, x.x), low0 = 0xD2511F53U * x.x;
      const std::uint32_t high1 = __umulhi(0xCD9E8D57U, x.z), low1 = 0xCD9E8D57U * x.z;
      x = make_uint4(high1 ^ x.y ^ key_low, low1, high0 ^ x.w ^ key_high, low0);
      key_low += 0x9E3779B9U;
      key_high += 0xBB67AE85U;
    }
    return x;
  }
  __device__ std::uint64_t bits64(std::uint64_t a, std::uint32_t b = 0) const {
    const uint4 x = bits(a, b);
    return (static_cast<std::uint64_t>(x.x) << 32U) | x.y;
  }
  __device__ double uniform(std::uint64_t a, std::uint32_t b = 0) const {
    return (static_cast<double>(bits64(a, b) >> 12U) + 0.5) * 0x1p-52;
  }
  __device__ std::uint64_t below(std::uint64_t bound, std::uint64_t a, std::uint32_t b = 0) const {
    return __umul64hi(bits64(a, b), bound);
  }
  __device__ double normal(std::uint64_t a, std::uint32_t b = 0) const {
    const uint4 x = bits(a, b);
    const double u = (static_cast<double>(x.x) + 0.5) * 0x1p-32;
    const double v = (static_cast<double>(x.y) + 0.5) * 0x1p-32;
    return sqrt(-2.0 * log(u)) * cos(6.283185307179586476925 * v);
  }

 private:
  std::uint64_t seed_;
  std::uint32_t stream_;
};

}  // namespace embrace::gpu
