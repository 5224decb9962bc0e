// A random order without an array: position -> element of [0, size), a bijection that any thread or device can
// evaluate alone. Balanced Feistel network over the next even number of bits, walked until it lands inside the range
// (cycle walking, Black and Rogaway 2002, "Ciphers with arbitrary finite domains"); fewer than four steps on average.
#pragma once
#include <array>
#include <bit>
#include <cstdint>

#include "host/random.hpp"

namespace embrace {

class Permutation {
 public:
  /// `b` tells orders of one stream apart, e.g. the number of the epoch. size ≥ 1.
  Permutation(std::int64_t size, const Random& random, std::uint32_t b)
      : size_(static_cast<std::uint64_t>(size)),
        half_((static_cast<unsigned>(std::bit_width(size_ - 1)) + 1U) / 2U),
        mask_((std::uint64_t{1} << half_) - 1U) {
    for (std::size_t round = 0; round < keys_.size(); ++round) keys_[round] = random.bits64(round, b);
  }

  constexpr std::int64_t operator()(std::int64_t position) const {  // constexpr: devices call it too
    auto x = static_cast<std::uint64_t>(position);
    do {
      x = step(x);
    } while (x >= size_);
    return static_cast<std::int64_t>(x);
  }

 private:
  constexpr std::uint64_t step(std::uint64_t x) const {
    std::uint64_t left = x >> half_, right = x & mask_;
    for (const std::uint64_t key : keys_) {
      const std::uint64_t next = left ^ (mixed(right ^ key) & mask_);
      left = right;
      right = next;
    }
    return (left << half_) | right;
  }
  /// Finalizer of SplitMix64 (Steele, Lea and Flood 2014).
  static constexpr std::uint64_t mixed(std::uint64_t x) {
    x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    x = (x ^ (x >> 27U)) * 0x94D049BB133111EBULL;
    return x ^ (x >> 31U);
  }

  std::uint64_t size_;
  unsigned half_;
  std::uint64_t mask_;
  std::array<std::uint64_t, 4> keys_{};
};

}  // namespace embrace
