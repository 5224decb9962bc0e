// The device's random numbers are the host's.
#include "cuda/math/random.cuh"

#include "tests/cuda/gpu_test.hpp"

namespace embrace::gpu {
namespace {

struct Drawn {
  std::uint64_t bits64;
  std::uint64_t below;
  double uniform;
  double normal;
};

__global__ void draw_kernel(DeviceRandom random, std::uint64_t bound, DeviceSpan<Drawn> out) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= out.size) return;
  const auto a = static_cast<std::uint64_t>(i) * 0x123456789ULL;
  const auto b = static_cast<std::uint32_t>(i % 7);
  out[i] = {random.bits64(a, b), random.below(bound, a, b), random.uniform(a, b), random.normal(a, b)};
}

class RandomTest : public test::GpuTest {};

TEST_F(RandomTest, TheSameBitsAsOnTheHost) {
  for (const std::uint64_t seed : {0ULL, 1ULL, 0xFEDCBA9876543210ULL}) {
    for (const std::uint64_t bound : {1ULL, 10ULL, 1ULL << 40}) {
      DeviceBuffer<Drawn> buffer(device(), 1000);
      draw_kernel<<<4, 256, 0, device().stream()>>>(DeviceRandom(seed, Stream::sampling), bound, buffer.span());
      EMBRACE_CHECK(cudaGetLastError());
      const std::vector<Drawn> drawn = buffer.download();
      const Random random(seed, Stream::sampling);
      for (std::size_t i = 0; i < drawn.size(); ++i) {
        const std::uint64_t a = i * 0x123456789ULL;
        const auto b = static_cast<std::uint32_t>(i % 7);
        ASSERT_EQ(drawn[i].bits64, random.bits64(a, b)) << i;
        ASSERT_EQ(drawn[i].below, random.below(bound, a, b)) << i;
        ASSERT_EQ(drawn[i].uniform, random.uniform(a, b)) << i;
        // log and cos differ by an ulp or two; cos is small near its zeros, where that is an absolute error.
        ASSERT_NEAR(drawn[i].normal, random.normal(a, b), 1e-13) << i;
      }
    }
  }
}

}  // namespace
}  // namespace embrace::gpu
