// How a warp keeps the candidates for a list while scores of a user are offered to it, items ascending:
//   a score above `least` becomes a candidate; when places run out, those that cannot be in the list are weeded out,
//   and `least` becomes the score of the last one that is left. What is only equal to it has a higher item: it loses.
// A candidate is a key, whose order is that of the list: the score's bits, mapped so that larger scores come first,
// then the item, so that no two keys are equal (host/metrics/ranking.cpp has the same key). Candidates lie in the order
// of their items, so that ties are settled by place, and the last score of the list is found by bisecting 32 bits.
// Masked items are struck out of the scores before these are looked at, by a walk along the user's row of the mask,
// which goes on where the last one ended, 32 entries at a time.
// Loops are not unrolled: candidates are few, and whoever offers scores may hold many in registers.
// All by one warp, with neither atomics nor barriers of the block. Cost: of 128 scores with one above `least`, 150
// instructions; of weeding out n candidates, 6 n / 32 and a step of n / 8 for each of 5 to 15 halvings. Of i items in
// no order, depth × ln(i / depth) or so become candidates after the first ones: 8 bytes written, and read when weeded.
#pragma once
#include <limits>

#include "cuda/math/rank.hpp"
#include "cuda/math/reduce.cuh"

namespace embrace::gpu {

using RankKey = unsigned long long;

/// Scores that a warp is offered at a time, of items that follow each other.
inline constexpr int stretch = 128;

inline __device__ float no_score() { return -std::numeric_limits<float>::infinity(); }

inline __device__ RankKey key_of(float score, std::int32_t item) {
  const unsigned bits = __float_as_uint(score + 0.0F);  // -0 and 0 are one score
  const unsigned ascending = (bits & 0x80000000U) != 0 ? ~bits : bits | 0x80000000U;
  return static_cast<RankKey>(~ascending) << 32U | static_cast<unsigned>(item);
}
/// The upper half of a key: less is better. That of a score is not 0, infinity's neither.
inline __device__ unsigned order_of(RankKey key) { return static_cast<unsigned>(key >> 32U); }
inline __device__ float score_of(unsigned order) {
  const unsigned ascending = ~order;
  return __uint_as_float((ascending & 0x80000000U) != 0 ? ascending & ~0x80000000U : ~ascending);
}
inline __device__ std::int32_t item_of(RankKey key) { return static_cast<std::int32_t>(key & 0xffffffffU); }

inline __device__ unsigned lower_lanes() { return (1U << (threadIdx.x % warp_size)) - 1U; }

/// Candidates of one list; every lane of the warp has the same numbers.
struct Shortlist {
  RankKey* keys;
  unsigned* scratch;  // as many as keys
  std::int32_t depth, capacity;
  std::int32_t count;
  float least;

  /// Adds the keys of those lanes that have one, in their order.
  __device__ void add(bool has, RankKey key) {
    const unsigned having = __ballot_sync(all_lanes, has);
    if (having == 0) return;
    if (has) keys[count + __popc(having & lower_lanes())] = key;
    count += __popc(having);
    if (count > capacity - warp_size) weed();
  }

  /// Leaves the `depth` best of more.
  __device__ void weed() {
    const int lane = static_cast<int>(threadIdx.x) % warp_size;
    __syncwarp();  // the keys of other lanes are there
    unsigned low = ~0U, high = 0;
#pragma unroll 1
    for (int i = lane; i < count; i += warp_size) {
      const unsigned order = order_of(keys[i]);
      scratch[i] = order;  // which only this lane reads
      low = min(low, order);
      high = max(high, order);
    }
    low = __reduce_min_sync(all_lanes, low);
    high = __reduce_max_sync(all_lanes, high);
    while (low < high) {
      const unsigned middle = low + (high - low) / 2;
      const int here = up_to(middle);
      if (here == depth)
        low = high = middle;
      else if (here < depth)
        low = middle + 1;
      else
        high = middle;
    }
    keep(high, depth - up_to(high - 1));
    count = depth;
    least = score_of(high);
  }

 private:
  /// Candidates whose order is at most `limit`.
  __device__ int up_to(unsigned limit) const {
    int here = 0;
    for (int i = static_cast<int>(threadIdx.x) % warp_size; i < count; i += warp_size)
      here += scratch[i] <= limit ? 1 : 0;
    return __reduce_add_sync(all_lanes, here);
  }

  /// Leaves those whose order is less than `limit`, and the first `ties` of those that equal it.
  __device__ void keep(unsigned limit, int ties) {
    int kept = 0;
#pragma unroll 1
    for (int begin = 0; begin < count; begin += warp_size) {
      const int i = begin + static_cast<int>(threadIdx.x) % warp_size;
      const unsigned order = i < count ? scratch[i] : ~0U;
      const unsigned equal = __ballot_sync(all_lanes, order == limit);
      const bool stays = order < limit || (order == limit && __popc(equal & lower_lanes()) < ties);
      const unsigned staying = __ballot_sync(all_lanes, stays);
      const RankKey key = stays ? keys[i] : 0;
      __syncwarp();  // all have read before a place is written that another lane reads
      if (stays) keys[kept + __popc(staying & lower_lanes())] = key;
      kept += __popc(staying);
      ties -= __popc(equal);
    }
  }
};

/// How far a list has come with its slice of the catalogue.
struct Standing {
  float least;
  std::int32_t count;
  const std::int32_t* masked;  // the user's masked items, those that have not been passed
  std::int32_t left;           // so many of them
};

/// Before the items from `first` on are offered to the list of `user`.
inline __device__ Standing at_begin(DeviceCsrView mask, std::int64_t user, std::int32_t first) {
  const std::int32_t* const masked = mask.indices.data + mask.begin(user);
  const auto count = static_cast<std::int32_t>(mask.size(user));
  std::int32_t low = 0, high = count;
  while (low < high) {
    const std::int32_t middle = low + (high - low) / 2;
    if (masked[middle] < first)
      low = middle + 1;
    else
      high = middle;
  }
  return {no_score(), 0, masked + low, count - low};
}

/// Minus infinity for the scores of masked items, and of those that the catalogue lacks; the stretch begins at item
/// `first`.
inline __device__ void strike_out(std::int32_t first, std::int32_t items, float* scores, Standing& standing) {
  const int lane = static_cast<int>(threadIdx.x) % warp_size;
  for (bool more = true; more;) {
    const std::int32_t item = lane < standing.left ? standing.masked[lane] : std::numeric_limits<std::int32_t>::max();
    const bool passed = item < first + stretch;
    if (passed && item >= first) scores[item - first] = no_score();
    const int count = __popc(__ballot_sync(all_lanes, passed));  // the first lanes, since items ascend
    standing.masked += count;
    standing.left -= count;
    more = count == warp_size;
  }
#pragma unroll 1
  for (int place = items - first + lane; place < stretch; place += warp_size) scores[place] = no_score();
  __syncwarp();  // all are struck out before the scores are read
}

/// Offers `scores` of the items from `first` on, as far as there are `items`, to a list. They lie in shared memory,
/// where the whole warp sees them; they are changed. `scratch`: candidates.capacity numbers of the warp.
inline __device__ void offer(const CandidatesView& candidates, std::int64_t list, std::int32_t first,
                             std::int32_t items, float* scores, unsigned* scratch, Standing& standing) {
  strike_out(first, items, scores, standing);
  const int lane = static_cast<int>(threadIdx.x) % warp_size;
  unsigned parts = 0;  // those of 32 scores where one is above
#pragma unroll
  for (int part = 0; part < stretch / warp_size; ++part) {
    const bool above = scores[part * warp_size + lane] > standing.least;
    if (__any_sync(all_lanes, above) != 0) parts |= 1U << part;
  }
  Shortlist shortlist{candidates.keys.data + list * candidates.capacity,
                      scratch,
                      candidates.depth,
                      candidates.capacity,
                      standing.count,
                      standing.least};
#pragma unroll 1
  for (; parts != 0; parts &= parts - 1) {
    const int place = (__ffs(static_cast<int>(parts)) - 1) * warp_size + lane;
    shortlist.add(scores[place] > shortlist.least, key_of(scores[place], first + place));
  }
  standing.count = shortlist.count;
  standing.least = shortlist.least;
}

}  // namespace embrace::gpu
