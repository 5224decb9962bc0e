// Baskets of an epoch, those of host/methods/item2vec_baskets.cpp bit for bit (Barkan and Koenigstein 2016, section 3;
// Mikolov et al. 2013, equation 5). With Philox numbers of an entry e of the ratings and the epoch,
//   e is kept       unless it names its item twice, and where u(e) <= min(1, sqrt(subsampling / share of its item))
//   order           users by a permutation; a user's items by 64 bits b(e), then by item
//   item t of k     is in the user's basket floor(((t + 1) p - 1) / k) of p = ceil(k / (window + 1))
// Mapping: a warp a user, which counts what is kept; then a thread an entry. Three stable radix sorts, by the low and
// the high half of b(e) and by the place of the user, begin with items in order, so that equal numbers end so, too.
// What is left out has the place behind all users.
// Cost: two Philox calls an entry; up to 12 passes of a radix sort, 24 bytes an entry each. The host waits for where
// baskets begin: 8 bytes a basket.
#include <algorithm>
#include <bit>

#include "cuda/device/phase.hpp"
#include "cuda/learning/user_batches.cuh"
#include "cuda/math/random.cuh"
#include "cuda/math/reduce.cuh"
#include "cuda/methods/item2vec_baskets.hpp"
#include "host/permutation.hpp"
#include "host/span.hpp"

namespace embrace::gpu {
namespace {

constexpr int threads = 256;
constexpr int warps = threads / warp_size;

__device__ std::int64_t thread_index() { return static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x; }

/// The number of 64 bits by which an entry comes in order: x and y decide on whether it is kept at all.
__device__ std::uint32_t low_half(uint4 bits) { return bits.w; }
__device__ std::uint32_t high_half(uint4 bits) { return bits.z; }

/// As Random::uniform of the number's first 64 bits.
__device__ double uniform_of(uint4 bits) {
  const std::uint64_t first = (static_cast<std::uint64_t>(bits.x) << 32U) | bits.y;
  return (static_cast<double>(first >> 12U) + 0.5) * 0x1p-52;
}

struct Keeping {
  DeviceCsrView ratings;
  DeviceSpan<const float> shares_kept;
  DeviceRandom random;
  std::uint32_t epoch;
  std::int64_t most;  // items of a basket
};

/// What is known of entries and users before the first sort.
struct KeptEntries {
  DeviceSpan<std::uint32_t> keys;
  DeviceSpan<Element> entries;
  DeviceSpan<std::uint32_t> places;
  DeviceSpan<std::int32_t> kept, parts;
};

/// A warp a user.
__global__ void __launch_bounds__(threads) keep_entries_kernel(Keeping from, Permutation order, KeptEntries out) {
  const std::int64_t place = warp_index<threads>(), users = from.ratings.rows;
  if (place >= users) return;  // a whole warp
  const std::int64_t user = order(place), begin = from.ratings.begin(user), end = from.ratings.end(user);
  int count = 0;
  for (std::int64_t first = begin; first < end; first += warp_size) {
    const std::int64_t e = first + lane_index();
    bool kept = false;
    if (e < end) {
      const std::int32_t item = from.ratings.indices[e];
      const uint4 bits = from.random.bits(static_cast<std::uint64_t>(e), from.epoch);
      const bool twice = e > begin && from.ratings.indices[e - 1] == item;
      kept = !twice && uniform_of(bits) <= static_cast<double>(from.shares_kept[item]);
      out.keys[e] = low_half(bits);
      out.entries[e] = {static_cast<std::int32_t>(e), 0.0F};
      out.places[e] = static_cast<std::uint32_t>(kept ? place : users);
    }
    count += __popc(__ballot_sync(all_lanes, kept));
  }
  if (count < 2) {  // no context; lanes see the entries again that they have written
    for (std::int64_t e = begin + lane_index(); e < end; e += warp_size) {
      out.places[e] = static_cast<std::uint32_t>(users);
    }
    count = 0;
  }
  if (lane_index() != 0) return;
  out.kept[place] = count;
  out.parts[place] = static_cast<std::int32_t>((count + from.most - 1) / from.most);
}

__global__ void __launch_bounds__(threads)
    take_high_halves_kernel(DeviceRandom random, std::uint32_t epoch, DeviceSpan<const Element> entries,
                            DeviceSpan<std::uint32_t> keys) {
  const std::int64_t p = thread_index();
  if (p < keys.size) keys[p] = high_half(random.bits(static_cast<std::uint64_t>(entries[p].index), epoch));
}

__global__ void __launch_bounds__(threads)
    take_places_kernel(DeviceSpan<const std::uint32_t> places, DeviceSpan<const Element> entries,
                       DeviceSpan<std::uint32_t> keys) {
  const std::int64_t p = thread_index();
  if (p < keys.size) keys[p] = places[entries[p].index];
}

/// Entries in their order, and what is known of the users before each place and of all.
struct SortedEntries {
  DeviceSpan<const Element> entries;
  DeviceSpan<const std::int32_t> item_of;  // of each entry of the ratings
  DeviceSpan<const std::int64_t> first_item, first_basket;
  std::int64_t users;
};

/// A thread an entry. `keys`: the places of their users, which become their baskets.
__global__ void __launch_bounds__(threads)
    deal_items_kernel(SortedEntries from, DeviceSpan<std::uint32_t> keys, DeviceSpan<std::int32_t> items,
                      DeviceSpan<std::int64_t> begins) {
  const std::int64_t p = thread_index();
  if (p == 0) begins[from.first_basket[from.users]] = from.first_item[from.users];
  if (p >= keys.size) return;
  const std::int64_t place = keys[p];
  if (place == from.users) return;  // left out
  const std::int64_t first = from.first_item[place], kept = from.first_item[place + 1] - first;
  const std::int64_t basket = from.first_basket[place], parts = from.first_basket[place + 1] - basket;
  const std::int64_t t = p - first, part = ((t + 1) * parts - 1) / kept;
  keys[p] = static_cast<std::uint32_t>(basket + part);
  items[p] = from.item_of[from.entries[p].index];
  if (t == part * kept / parts) begins[basket + part] = p;
}

/// At most.
std::int64_t most_baskets(const Problem& problem) {
  const std::int64_t most = problem.hyper.integer("window") + 1;
  std::int64_t baskets = 0;
  for (std::int64_t u = 0; u < problem.users(); ++u) baskets += (problem.ratings.row_size(u) + most - 1) / most;
  return baskets;
}

std::int64_t most_sorted(const Problem& problem) { return std::max(problem.ratings.entries(), problem.users() + 1); }

}  // namespace

UserBaskets::UserBaskets(Device& device, const Problem& problem)
    : seed_(problem.seed),
      most_(problem.hyper.integer("window") + 1),
      shares_kept_(device, embrace::UserBaskets(problem).shares_kept()),
      keys_(device, problem.ratings.entries()),
      entries_(device, problem.ratings.entries()),
      places_(device, problem.ratings.entries()),
      sorts_(device, most_sorted(problem)),
      kept_(device, problem.users() + 1),
      parts_(device, problem.users() + 1),
      first_item_(device, problem.users() + 1),
      first_basket_(device, problem.users() + 1),
      items_(device, problem.ratings.entries()),
      begins_(device, most_baskets(problem) + 1) {
  kept_.clear();  // behind the last place stays a zero, so that a sum before it is that of all
  parts_.clear();
}

std::int64_t UserBaskets::bytes(const Problem& problem) {
  return 4 * problem.items() + (4 + 8 + 4 + 4) * problem.ratings.entries() + SortBuffers::bytes(most_sorted(problem)) +
         (4 + 4 + 8 + 8) * (problem.users() + 1) + 8 * (most_baskets(problem) + 1);
}

embrace::Baskets UserBaskets::draw(Device& device, DeviceCsrView ratings, std::uint32_t epoch) {
  EMBRACE_PHASE("draw baskets");
  embrace::Baskets baskets;
  const std::int64_t users = ratings.rows;
  if (keys_.size() == 0) return baskets;
  const DeviceRandom random(seed_, Stream::dropout);
  const DeviceSpan<const Element> entries = entries_.span();
  const unsigned blocks = blocks_for(keys_.size(), threads);
  keep_entries_kernel<<<blocks_for(users, warps), threads, 0, device.stream()>>>(
      {ratings, shares_kept_.span(), random, epoch, most_}, Permutation(users, Random(seed_, Stream::shuffle), epoch),
      {keys_.span(), entries_.span(), places_.span(), kept_.span(), parts_.span()});
  EMBRACE_CHECK(cudaGetLastError());
  sorts_.sort(device, keys_.span(), entries_.span(), 32);
  take_high_halves_kernel<<<blocks, threads, 0, device.stream()>>>(random, epoch, entries, keys_.span());
  EMBRACE_CHECK(cudaGetLastError());
  sorts_.sort(device, keys_.span(), entries_.span(), 32);
  take_places_kernel<<<blocks, threads, 0, device.stream()>>>(places_.span(), entries, keys_.span());
  EMBRACE_CHECK(cudaGetLastError());
  const auto bits = std::bit_width(static_cast<std::uint64_t>(users));
  sorts_.sort(device, keys_.span(), entries_.span(), static_cast<int>(bits));
  sorts_.exclusive_sum(device, kept_.span(), first_item_.span());
  sorts_.exclusive_sum(device, parts_.span(), first_basket_.span());
  deal_items_kernel<<<blocks, threads, 0, device.stream()>>>(
      {entries, ratings.indices, first_item_.span(), first_basket_.span(), users}, keys_.span(), items_.span(),
      begins_.span());
  EMBRACE_CHECK(cudaGetLastError());

  Array<std::int64_t> count(1);
  device.download<std::int64_t>(first_basket_.span().part(users, 1), count);
  baskets.begins.resize(count[0] + 1);
  device.download<std::int64_t>(begins_.span().part(0, count[0] + 1), baskets.begins);
  return baskets;
}

}  // namespace embrace::gpu
