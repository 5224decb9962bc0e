// Draws samples: position of the epoch's order -> rating, by a permutation without an array (host/permutation.hpp); a
// movie that the user does not have, by trial against the user's sorted row. The numbers are those of
// host/learning/samples.cpp, bit for bit.
// Mapping: a thread a sample. Its reads are random by nature: the order is.
// Cost a sample: 16 bytes written; 8 + 4 + 8 read at random places; a sampled movie adds a Philox call and log2(ratings
// of the user) dependent reads a trial, and nearly all need one trial.
#include "cuda/device/phase.hpp"
#include "cuda/learning/samples.cuh"
#include "cuda/math/reduce.cuh"

namespace embrace::gpu {
namespace {

constexpr int threads = 256;

/// What a sample consists of.
struct Drawing {
  std::int64_t per_positive;
  bool ranking;
  bool with_negatives;  // a sampled movie beside each positive one
};

__global__ void __launch_bounds__(threads)
    draw_samples_kernel(SampleSource source, Drawing drawing, Permutation order, std::int64_t first, std::int64_t size,
                        std::int64_t batch, DrawnSamples out) {
  const std::int64_t p = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  if (p >= size) return;
  const std::int64_t sample = order(first + p);
  const std::int64_t entry = source.positives[sample / drawing.per_positive];
  const bool sampled = sample % drawing.per_positive != 0;
  const std::int32_t user = source.users[entry];
  const std::int32_t positive = source.ratings.indices[entry];
  out.users[p] = user;
  if (drawing.with_negatives) {
    const std::int64_t begin = p / batch * batch;  // of the sample's batch, whose last may be shorter
    const std::int64_t here = size - begin < batch ? size - begin : batch;
    out.items[begin + p] = positive;
    out.items[begin + here + p] = source.negative(user, static_cast<std::uint64_t>(sample));
  } else {
    out.items[p] = sampled ? source.negative(user, static_cast<std::uint64_t>(sample)) : positive;
  }
  out.entries[p] = sampled ? -1 : static_cast<std::int32_t>(entry);
  out.targets[p] = drawing.ranking ? (sampled ? 0.0F : 1.0F) : source.ratings.values[entry];
}

}  // namespace

DeviceSamples::DeviceSamples(Device& device, const Problem& problem, const embrace::Samples& host)
    : host_(host),
      seed_(problem.seed),
      ratings_(device, problem.ratings),
      users_(device, host.users()),
      positives_(device, host.positives()),
      trained_(device, host.trained()) {}

std::int64_t DeviceSamples::bytes(const Problem& problem) {
  return DeviceCsr::bytes(problem.ratings) + 12 * problem.ratings.entries() + 4 * problem.items();
}

SampleSource DeviceSamples::source(std::uint32_t epoch) const {
  return {
      ratings_.view(), users_.span(), positives_.span(), trained_.span(), DeviceRandom(seed_, Stream::sampling), epoch};
}

void DeviceSamples::draw(Device& device, std::uint32_t epoch, std::int64_t first, std::int64_t size, std::int64_t batch,
                         DrawnSamples out) const {
  EMBRACE_PHASE("draw samples");
  if (size == 0) return;
  const Drawing drawing{host_.per_positive(), host_.ranking(), host_.pairwise() && !host_.searched()};
  draw_samples_kernel<<<blocks_for(size, threads), threads, 0, device.stream()>>>(source(epoch), drawing, order(epoch),
                                                                                  first, size, batch, out);
  EMBRACE_CHECK(cudaGetLastError());
}

}  // namespace embrace::gpu
