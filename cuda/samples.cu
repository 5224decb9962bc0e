// Draws samples: position of the epoch's order -> rating, by a permutation without an array (host/permutation.hpp); a
// movie that the user does not have, by trial against the user's sorted row. The numbers are those of
// host/cpu/samples.cpp, bit for bit.
// Mapping: a thread a sample. Its reads are random by nature: the order is.
// Cost a sample: 16 bytes written; 8 + 4 + 8 read at random places; a sampled movie adds a Philox call and log2(ratings
// of the user) dependent reads a trial, and nearly all need one trial.
#include "cuda/phase.hpp"
#include "cuda/random.cuh"
#include "cuda/reduce.cuh"
#include "cuda/samples.hpp"

namespace embrace::gpu {
namespace {

constexpr int threads = 256;

struct Source {
  DeviceCsrView ratings;
  DeviceSpan<const std::int32_t> users;
  DeviceSpan<const std::int64_t> positives;
  DeviceSpan<const std::int32_t> trained;
  DeviceRandom sampling;
  std::uint32_t epoch;
  bool ranking;
  bool pairwise;
  std::int64_t per_positive;

  __device__ bool has(std::int32_t user, std::int32_t item) const {
    std::int64_t low = ratings.begin(user), high = ratings.end(user);
    while (low < high) {
      const std::int64_t middle = low + (high - low) / 2;
      if (ratings.indices[middle] < item) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low < ratings.end(user) && ratings.indices[low] == item;
  }

  /// As cpu::Samples::negative.
  __device__ std::int32_t negative(std::int32_t user, std::uint64_t sample) const {
    constexpr std::uint64_t trials = 32;
    const auto count = static_cast<std::uint64_t>(trained.size);
    for (std::uint64_t trial = 0; trial < trials; ++trial) {
      const auto place = static_cast<std::int64_t>(sampling.below(count, sample * trials + trial, epoch));
      if (!has(user, trained[place])) return trained[place];
    }
    auto place = static_cast<std::int64_t>(sampling.below(count, sample * trials, epoch));
    while (has(user, trained[place])) place = place + 1 == trained.size ? 0 : place + 1;  // ends: users with all movies
    return trained[place];                                                                // have no samples
  }
};

__global__ void __launch_bounds__(threads)
    draw_samples_kernel(Source source, Permutation order, std::int64_t first, std::int64_t size, std::int64_t batch,
                        DrawnSamples out) {
  const std::int64_t p = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  if (p >= size) return;
  const std::int64_t sample = order(first + p);
  const std::int64_t entry = source.positives[sample / source.per_positive];
  const bool sampled = sample % source.per_positive != 0;
  const std::int32_t user = source.users[entry];
  const std::int32_t positive = source.ratings.indices[entry];
  out.users[p] = user;
  if (source.pairwise) {
    const std::int64_t begin = p / batch * batch;  // of the sample's batch, whose last may be shorter
    const std::int64_t here = size - begin < batch ? size - begin : batch;
    out.items[begin + p] = positive;
    out.items[begin + here + p] = source.negative(user, static_cast<std::uint64_t>(sample));
  } else {
    out.items[p] = sampled ? source.negative(user, static_cast<std::uint64_t>(sample)) : positive;
  }
  out.entries[p] = sampled ? -1 : static_cast<std::int32_t>(entry);
  out.targets[p] = source.ranking ? (sampled ? 0.0F : 1.0F) : source.ratings.values[entry];
}

}  // namespace

DeviceSamples::DeviceSamples(Device& device, const Problem& problem, const cpu::Samples& host)
    : host_(host),
      seed_(problem.seed),
      ratings_(device, problem.ratings.view()),
      users_(device, host.users()),
      positives_(device, host.positives()),
      trained_(device, host.trained()) {}

std::int64_t DeviceSamples::bytes(const Problem& problem) {
  return DeviceCsr::bytes(problem.ratings.view()) + 12 * problem.ratings.entries() + 4 * problem.items();
}

void DeviceSamples::draw(Device& device, std::uint32_t epoch, std::int64_t first, std::int64_t size, std::int64_t batch,
                         DrawnSamples out) const {
  EMBRACE_PHASE("draw samples");
  if (size == 0) return;
  const Source source{
      ratings_.view(), users_.span(),   positives_.span(), trained_.span(),     DeviceRandom(seed_, Stream::sampling),
      epoch,           host_.ranking(), host_.pairwise(),  host_.per_positive()};
  draw_samples_kernel<<<blocks_for(size, threads), threads, 0, device.stream()>>>(source, host_.order(epoch), first,
                                                                                  size, batch, out);
  EMBRACE_CHECK(cudaGetLastError());
}

}  // namespace embrace::gpu
