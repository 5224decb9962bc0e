// The heads of users' lists on the device, in the order that host/metrics/ranking.cpp ranks by. Scores are offered to
// lists as they are made (cuda/math/rank.cuh), so that nobody need store them: the candidates for a list are kept, a
// few hundred for a whole catalogue, and sorted in the end.
#pragma once
#include "cuda/device/device.hpp"
#include "host/method.hpp"

namespace embrace::gpu {

/// What a list may hold at most.
inline constexpr std::int64_t longest_list = 1024;

/// Lists that are wanted, of `depth` places each: items by score descending, then item ascending, as floats' bits are
/// ordered but for -0, which equals 0; item -1 follows the last, with a score of minus infinity. Row u of `mask` holds
/// the items that the list of user u may not, ascending; values are not read. Where a score is not finite, of a masked
/// item too, the user's list has NaN for scores, and perhaps those of users beside it as well.
struct Ranking {
  DeviceSpan<const std::int32_t> users;
  DeviceCsrView mask;  // of all users
  std::int64_t depth = 0;
  DeviceSpan<ScoredItem> lists;  // users.size × depth

  Ranking part(std::int64_t first, std::int64_t count) const {
    return {users.part(first, count), mask, depth, lists.part(first * depth, count * depth)};
  }
};

/// Candidates for the lists of some users. The catalogue is cut into slices, so that few users fill a device, too, and
/// each slice of a user has candidates of its own.
struct CandidatesView {
  DeviceSpan<unsigned long long> keys;  // by user, slice, place; see cuda/math/rank.cuh
  DeviceSpan<std::int32_t> counts;      // by user and slice; negative: a score was not finite
  std::int32_t depth = 0;
  std::int32_t capacity = 0;  // places
  std::int32_t slices = 0;
  std::int32_t slice_items = 0;  // of all slices but the last: a multiple of those that are offered at a time
};

/// Places for the candidates of a list, of whom all but `depth` are weeded out when fewer than 32 places are left.
inline constexpr std::int64_t candidate_places(std::int64_t depth) { return 2 * depth + 64; }

/// Shared memory that a block asks for whose warps offer scores, and one that sorts a list.
inline constexpr std::int64_t offering_shared_bytes(std::int64_t warps, std::int64_t depth) {
  return 4 * warps * candidate_places(depth);
}
inline constexpr std::int64_t sorting_shared_bytes(std::int64_t depth) { return 12 * candidate_places(depth); }

/// How a catalogue is cut for kernels whose blocks take some users and a slice.
struct Slices {
  std::int32_t count = 1;
  std::int32_t items = 0;
};
/// Few slices where users alone give a device enough blocks, for a slice begins without a list; at most `most`.
Slices cut_catalogue(const Device& device, std::int64_t blocks, std::int64_t items, std::int64_t most);

/// Memory for candidates, of as many users at a time as it should take.
class Candidates {
 public:
  /// Of up to `users` users, `users_a_block` of whom a block takes. Throws std::invalid_argument when a list is longer
  /// than longest_list.
  Candidates(Device& device, std::int64_t users, std::int64_t users_a_block, std::int64_t items, std::int64_t depth);
  std::int64_t users() const { return users_; }  // at a time
  CandidatesView view();

 private:
  std::int64_t depth_, users_;
  Slices slices_;
  DeviceBuffer<unsigned long long> keys_;
  DeviceBuffer<std::int32_t> counts_;
};

/// Makes the lists, whose candidates are complete.
void finish_lists(Device& device, const CandidatesView& candidates, const Ranking& ranking);

/// Ranks scores that lie in memory; row r is of ranking.users[r].
void rank_scores(Device& device, DeviceMatrixView<const float> scores, const Ranking& ranking);

}  // namespace embrace::gpu
