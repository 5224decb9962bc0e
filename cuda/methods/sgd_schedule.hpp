// SgdSchedule: which ratings a device may learn from at the same time, and in which order.
//
// Users and items are dealt into S strips each; block (s, t) holds the ratings of users of strip s and items of strip
// t. Ratings of blocks that share no strip share no row, so warps may learn from them side by side without touching
// each other's numbers (Gemulla, Nijkamp, Haas, Sismanis 2011). Strips form groups of `warps` neighbours, one CUDA
// block a group, one warp a strip:
//   round r of G = S / warps: the CUDA block of users' group g has the items' group (g + shift of r) mod G
//   step s of `warps`:        its warp w has the items' strip (w + shift of s) mod warps of that group
// After G rounds of `warps` steps each pair of strips has met once. Steps need a barrier of a block, rounds one of the
// device: the border between two launches.
// Shifts, and where a block's list begins, are drawn anew each epoch. The result depends on seed and data alone, never
// on the device; the order is that of a loop over rounds, groups, steps and warps.
#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "host/random.hpp"
#include "host/views.hpp"

namespace embrace::gpu {

/// Of 16 bytes, one access.
struct alignas(16) SgdRating {
  std::int32_t user;
  std::int32_t item;
  float value;  // less the mean
};

struct SgdSchedule {
  static constexpr std::int64_t warps = 8;
  static constexpr std::int64_t most_groups = 256;

  std::int64_t groups = 1;            // a power of two
  std::vector<std::int64_t> offsets;  // strips² + 1: block (s, t) holds ratings [offsets[s strips + t], next)
  std::vector<SgdRating> ratings;     // those of a user lie together inside a block

  std::int64_t strips() const { return groups * warps; }
};

/// Groups for so many ratings: blocks hold 8 ratings or more in the mean, and no strip is without a row for want of
/// rows.
std::int64_t sgd_groups(std::int64_t users, std::int64_t items, std::int64_t ratings);

/// Rows are dealt by falling size to the strip with the fewest ratings so far: strips are as equal as the largest row
/// allows. Users, and the items of a user, come in a random order. Cost: O(ratings + rows log rows + strips²).
SgdSchedule make_sgd_schedule(CsrView ratings, CsrView by_item, double mean, const Random& random, std::int64_t groups);

/// What is drawn for an epoch, the same on host and device: `bits(a, b)` of a Random or DeviceRandom.
struct SgdOrder {
  std::int64_t groups;
  std::uint32_t epoch;

  constexpr std::int64_t strips() const { return groups * SgdSchedule::warps; }
  // Counters of the random numbers: blocks first, then pairs of groups, then the epoch's rounds; b is the epoch.
  constexpr std::uint64_t counter_of_block(std::int64_t block) const { return static_cast<std::uint64_t>(block); }
  constexpr std::uint64_t counter_of_pair(std::int64_t user_group, std::int64_t item_group) const {
    return static_cast<std::uint64_t>(strips() * strips() + user_group * groups + item_group);
  }
  constexpr std::uint64_t counter_of_rounds() const { return counter_of_pair(groups, 0); }

  /// The i-th of [0, size) in a random order, size a power of two: affine maps by odd numbers and an exclusive or with
  /// a shifted self are one to one.
  static constexpr std::int64_t permuted(std::int64_t i, std::int64_t size, const std::array<std::uint32_t, 4>& bits) {
    const auto mask = static_cast<std::uint32_t>(size - 1);
    auto x = static_cast<std::uint32_t>(i);
    x = (x * (bits[0] | 1U) + bits[1]) & mask;
    x ^= x >> 2U;
    x = (x * (bits[2] | 1U) + bits[3]) & mask;
    return x;
  }
  /// Where a list of `size` < 2^32 ratings begins; it ends with those before.
  static constexpr std::int64_t start(std::int64_t size, const std::array<std::uint32_t, 4>& bits) {
    return static_cast<std::int64_t>((static_cast<std::uint64_t>(size) * bits[0]) >> 32U);
  }
};

}  // namespace embrace::gpu
