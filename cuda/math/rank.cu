// Lists from scores that lie in memory, and the end of all lists (cuda/math/rank.cuh has what is between).
// Offering: a warp a user and slice of the catalogue; a lane four scores, whose largest is compared with the least that
//   the list takes. Cost: 4 bytes a score, read once, and 7 instructions for 32 of which none becomes a candidate.
// Finishing: a warp, and block, a user. The candidates of the slices are one more stream of scores, this time to a
//   list in shared memory, whose best are sorted by a bitonic network. Cost: 8 bytes a candidate and place.
#include <algorithm>
#include <stdexcept>

#include "cuda/device/phase.hpp"
#include "cuda/math/rank.cuh"

namespace embrace::gpu {
namespace {

constexpr int threads = 256;
constexpr int warps = threads / warp_size;
constexpr std::int64_t key_bytes = std::int64_t{64} << 20U;  // of candidates at a time
constexpr std::int64_t blocks_a_multiprocessor = 4;          // two at a time, so that the last ones are few
constexpr std::int64_t fewest_stretches = 4;                 // of a slice

extern __shared__ RankKey shared_keys[];

__global__ void __launch_bounds__(threads)
    offer_scores_kernel(DeviceMatrixView<const float> scores, DeviceSpan<const std::int32_t> users, DeviceCsrView mask,
                        CandidatesView candidates) {
  __shared__ float stage[warps][stretch];
  const int warp = static_cast<int>(threadIdx.x) / warp_size, lane = static_cast<int>(threadIdx.x) % warp_size;
  const std::int64_t row = static_cast<std::int64_t>(blockIdx.x) * warps + warp;
  if (row >= scores.rows) return;  // a whole warp
  unsigned* const scratch = reinterpret_cast<unsigned*>(shared_keys) + warp * candidates.capacity;
  const std::int64_t list = row * candidates.slices + blockIdx.y;
  const auto items = static_cast<std::int32_t>(scores.columns);
  const auto begin = static_cast<std::int32_t>(blockIdx.y) * candidates.slice_items;
  const std::int32_t end = min(begin + candidates.slice_items, items);
  Standing standing = at_begin(mask, users[row], begin);
  float wrong = 0;  // stays 0 as long as all scores are finite
  for (std::int32_t first = begin; first < end; first += stretch) {
    float score[stretch / warp_size], best = no_score();
#pragma unroll
    for (int part = 0; part < stretch / warp_size; ++part) {
      const std::int32_t item = first + part * warp_size + lane;
      score[part] = item < items ? scores(row, item) : 0.0F;
      wrong = fmaf(score[part], 0.0F, wrong);
      best = fmaxf(best, score[part]);
    }
    if (__any_sync(all_lanes, best > standing.least) == 0) continue;
#pragma unroll
    for (int part = 0; part < stretch / warp_size; ++part) stage[warp][part * warp_size + lane] = score[part];
    __syncwarp();  // the stretch is there
    offer(candidates, list, first, items, stage[warp], scratch, standing);
    __syncwarp();  // it has been read before the next one is written
  }
  const bool finite = __all_sync(all_lanes, wrong == 0) != 0;
  if (lane == 0) candidates.counts[list] = finite ? standing.count : -1;
}

/// Sorts `size` keys, a power of two, by a warp.
__device__ void sort_keys(RankKey* keys, int size) {
  for (int run = 2; run <= size; run *= 2) {
    for (int distance = run / 2; distance > 0; distance /= 2) {
      for (int i = static_cast<int>(threadIdx.x); i < size; i += warp_size) {
        const int partner = i ^ distance;
        if (partner <= i) continue;
        const bool ascending = (i & run) == 0;
        if ((keys[i] > keys[partner]) == ascending) {
          const RankKey smaller = keys[partner];
          keys[partner] = keys[i];
          keys[i] = smaller;
        }
      }
      __syncwarp();  // this round's exchanges are done before the next one's
    }
  }
}

__global__ void __launch_bounds__(warp_size)
    finish_lists_kernel(CandidatesView candidates, DeviceSpan<ScoredItem> lists) {
  const int lane = static_cast<int>(threadIdx.x);
  const std::int64_t row = blockIdx.x;
  Shortlist shortlist{shared_keys,
                      reinterpret_cast<unsigned*>(shared_keys + candidates.capacity),
                      candidates.depth,
                      candidates.capacity,
                      0,
                      no_score()};
  bool finite = true;
  for (int slice = 0; slice < candidates.slices; ++slice) {
    const std::int64_t list = row * candidates.slices + slice;
    const int count = candidates.counts[list];
    finite = finite && count >= 0;
    for (int begin = 0; begin < count; begin += warp_size) {
      const int i = begin + lane;
      const RankKey key = i < count ? candidates.keys[list * candidates.capacity + i] : 0;
      shortlist.add(i < count && score_of(order_of(key)) > shortlist.least, key);
    }
  }
  if (shortlist.count > candidates.depth) shortlist.weed();
  int size = 1;
  while (size < shortlist.count) size *= 2;
  for (int i = shortlist.count + lane; i < size; i += warp_size) shared_keys[i] = ~RankKey{0};
  __syncwarp();  // all keys are there before they are sorted
  sort_keys(shared_keys, size);
  for (int i = lane; i < candidates.depth; i += warp_size) {
    const bool there = i < shortlist.count;
    const RankKey key = there ? shared_keys[i] : 0;
    ScoredItem place{there ? item_of(key) : -1, there ? score_of(order_of(key)) : no_score()};
    if (!finite) place.score = std::numeric_limits<float>::quiet_NaN();
    lists[row * candidates.depth + i] = place;
  }
}

}  // namespace

Slices cut_catalogue(const Device& device, std::int64_t blocks, std::int64_t items, std::int64_t most) {
  const std::int64_t stretches = (items + stretch - 1) / stretch;
  const std::int64_t wanted = std::min(blocks_a_multiprocessor * device.multiprocessors() / blocks, most);
  const std::int64_t count =
      std::clamp<std::int64_t>(wanted, 1, std::max<std::int64_t>(1, stretches / fewest_stretches));
  const std::int64_t each = (stretches + count - 1) / count;
  return {static_cast<std::int32_t>(each == 0 ? 1 : (stretches + each - 1) / each),
          static_cast<std::int32_t>(each * stretch)};
}

Candidates::Candidates(Device& device, std::int64_t users, std::int64_t users_a_block, std::int64_t items,
                       std::int64_t depth)
    : depth_(depth) {
  if (depth < 0 || depth > longest_list) throw std::invalid_argument("ranking: a list is too long");
  const std::int64_t most = key_bytes / (8 * candidate_places(depth));
  users_ = std::min(users, std::max(users_a_block, most / users_a_block * users_a_block));
  slices_ = cut_catalogue(device, blocks_for(users_, users_a_block), items, most / std::max<std::int64_t>(users_, 1));
  keys_ = {device, users_ * slices_.count * candidate_places(depth)};
  counts_ = {device, users_ * slices_.count};
}

CandidatesView Candidates::view() {
  return {keys_.span(),
          counts_.span(),
          static_cast<std::int32_t>(depth_),
          static_cast<std::int32_t>(candidate_places(depth_)),
          slices_.count,
          slices_.items};
}

void finish_lists(Device& device, const CandidatesView& candidates, const Ranking& ranking) {
  EMBRACE_PHASE("finish lists");
  finish_lists_kernel<<<static_cast<unsigned>(ranking.users.size), warp_size, sorting_shared_bytes(ranking.depth),
                        device.stream()>>>(candidates, ranking.lists);
  EMBRACE_CHECK(cudaGetLastError());
}

void rank_scores(Device& device, DeviceMatrixView<const float> scores, const Ranking& ranking) {
  EMBRACE_PHASE("rank");
  if (ranking.lists.empty()) return;
  Candidates candidates(device, scores.rows, warps, scores.columns, ranking.depth);
  const CandidatesView view = candidates.view();
  const auto shared = static_cast<std::size_t>(offering_shared_bytes(warps, ranking.depth));
  EMBRACE_CHECK(
      cudaFuncSetAttribute(offer_scores_kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(shared)));
  for (std::int64_t first = 0; first < scores.rows; first += candidates.users()) {
    const std::int64_t count = std::min(candidates.users(), scores.rows - first);
    const DeviceMatrixView<const float> rows{scores.row(first), count, scores.columns, scores.stride};
    const Ranking part = ranking.part(first, count);
    const dim3 grid(blocks_for(count, warps), static_cast<unsigned>(view.slices));
    offer_scores_kernel<<<grid, threads, shared, device.stream()>>>(rows, part.users, part.mask, view);
    EMBRACE_CHECK(cudaGetLastError());
    finish_lists(device, view, part);
  }
}

}  // namespace embrace::gpu
