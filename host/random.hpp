// Counter-based random numbers (Philox 4x32-10, Salmon et al. 2011, Random123): number = f(seed, stream, counter).
// There is no state, so a result never depends on which thread drew first, and host and device agree.
#pragma once
#include <Random123/philox.h>

#include <array>
#include <cmath>
#include <cstdint>

namespace embrace {

/// What the numbers are for; part of the key, so that two uses of one seed never share numbers.
enum class Stream : std::uint32_t {
  synthetic = 1,
  split = 2,
  initial = 3,
  sampling = 4,
  shuffle = 5,
  dropout = 6,
  features = 7,
  bootstrap = 8,
  search = 9,
};

class Random {
 public:
  Random(std::uint64_t seed, Stream stream) : seed_(seed), stream_(static_cast<std::uint32_t>(stream)) {}

  std::uint64_t seed() const { return seed_; }
  std::uint32_t stream() const { return stream_; }

  /// Four independent 32-bit numbers for the counter (a, b).
  std::array<std::uint32_t, 4> bits(std::uint64_t a, std::uint32_t b = 0) const {
    const r123::Philox4x32::ctr_type counter = {
        {static_cast<std::uint32_t>(a), static_cast<std::uint32_t>(a >> 32U), b, stream_}};
    const r123::Philox4x32::key_type key = {
        {static_cast<std::uint32_t>(seed_), static_cast<std::uint32_t>(seed_ >> 32U)}};
    const auto out = r123::Philox4x32{}(counter, key);
    return {out[0], out[1], out[2], out[3]};
  }
  /// 64 random bits.
  std::uint64_t bits64(std::uint64_t a, std::uint32_t b = 0) const {
    const auto x = bits(a, b);
    return (std::uint64_t{x[0]} << 32U) | x[1];
  }
  /// Uniform in (0, 1), never 0 or 1: 2^-53 steps, centred.
  double uniform(std::uint64_t a, std::uint32_t b = 0) const { return uniform_of(bits64(a, b)); }
  static double uniform_of(std::uint64_t bits) { return (static_cast<double>(bits >> 12U) + 0.5) * 0x1p-52; }
  /// Uniform integer in [0, bound), bound ≥ 1, by multiplication (bias < bound / 2^64).
  std::uint64_t below(std::uint64_t bound, std::uint64_t a, std::uint32_t b = 0) const {
    return below_of(bound, bits64(a, b));
  }
  static std::uint64_t below_of(std::uint64_t bound, std::uint64_t bits) {
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::uint64_t>((static_cast<Wide>(bits) * bound) >> 64U);
  }
  /// Standard normal (Box-Muller, first of the pair).
  double normal(std::uint64_t a, std::uint32_t b = 0) const {
    const auto x = bits(a, b);
    const double u = (static_cast<double>(x[0]) + 0.5) * 0x1p-32;
    const double v = (static_cast<double>(x[1]) + 0.5) * 0x1p-32;
    return std::sqrt(-2.0 * std::log(u)) * std::cos(6.283185307179586476925 * v);
  }

 private:
  std::uint64_t seed_;
  std::uint32_t stream_;
};

/// Fisher-Yates; the same order on every machine for the same random numbers.
template <typename Container>
void shuffle(Container& items, const Random& random, std::uint32_t b = 0) {
  for (auto i = static_cast<std::uint64_t>(items.size()); i > 1; --i) {
    const auto j = random.below(i, i, b);
    using std::swap;
    swap(items[i - 1], items[j]);
  }
}

}  // namespace embrace
