// bayes with output=probit (Albert and Chib 1993, "Bayesian analysis of binary and polychotomous response data",
// section 4): a rating of level l is a latent number z ~ N(score, 1) between the cutpoints c_l and c_{l + 1}, drawn
// each sweep by rejection (Robert 1995, "Simulation of truncated normal variables") with the attempts of
// host/methods/bayes_probit.cpp. The cutpoints are drawn before, of how many ratings of each level have a score in each
// of 4096 bins. Mapping: a thread a rating. Counts are whole numbers, so that atomic additions give the same in any
// order. Cost a rating: 9 bytes and an atomic addition in the level 2 cache to count, 13 bytes to draw, with about 1.3
// attempts of 300 instructions; a copy of the counts to the host, 16 kB a level, for which it waits.
#include <cmath>

#include "cuda/device/phase.hpp"
#include "cuda/math/random.cuh"
#include "cuda/math/reduce.cuh"
#include "cuda/methods/bayes_latent.hpp"
#include "host/array.hpp"

namespace embrace::gpu {
namespace {

constexpr int threads = 256;
constexpr std::int64_t bins = cpu::ScoreCounts::bins;
constexpr double bin_width = cpu::ScoreCounts::width;
constexpr std::int64_t most_levels = 64;

__global__ void __launch_bounds__(threads)
    count_scores_kernel(DeviceSpan<const std::uint8_t> level, DeviceSpan<const float> numbers,
                        DeviceSpan<const float> residuals, DeviceSpan<std::uint32_t> counts) {
  const std::int64_t e = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  if (e >= level.size) return;
  const float score = numbers[e] - residuals[e];
  const double bin = floor(static_cast<double>(score) / bin_width) + static_cast<double>(bins) / 2;
  const double in_range = fmin(fmax(bin, 0.0), static_cast<double>(bins - 1));  // what is not a number is 0
  atomicAdd(&counts[level[e] * bins + static_cast<std::int64_t>(in_range)], 1U);
}

/// Two uniform numbers of one counter.
struct Uniforms {
  double first, second;
  __device__ Uniforms(const DeviceRandom& random, std::uint64_t a, std::uint32_t b) {
    const uint4 words = random.bits(a, b);
    first = uniform_of(words.x, words.y);
    second = uniform_of(words.z, words.w);
  }
  static __device__ double uniform_of(std::uint32_t high, std::uint32_t low) {
    return (static_cast<double>(((static_cast<std::uint64_t>(high) << 32U) | low) >> 12U) + 0.5) * 0x1p-52;
  }
};

/// Standard normal in (a, b) with a ≥ 0. Written so that what is not a number ends the loop.
__device__ double in_upper_tail(double a, double b, const DeviceRandom& random, std::uint64_t counter) {
  const bool wide = (b - a) * fmax(a, 1.0) > 1.5;
  const double rate = wide ? (a + sqrt(a * a + 4)) / 2 : 0;
  for (std::uint32_t attempt = 0;; ++attempt) {
    const Uniforms u(random, counter, attempt);
    const double x = wide ? a - log(u.first) / rate : a + u.first * (b - a);
    const double exponent = wide ? -0.5 * (x - rate) * (x - rate) : 0.5 * (a - x) * (a + x);
    if (!(wide && x > b) && !(u.second > exp(exponent))) return x;
  }
}

/// Standard normal in (a, b) with a < 0 < b.
__device__ double around_zero(double a, double b, const DeviceRandom& random, std::uint64_t counter) {
  const bool wide = b - a > 2;
  for (std::uint32_t attempt = 0;; ++attempt) {
    const Uniforms u(random, counter, attempt);
    if (wide) {
      const double x = sqrt(-2 * log(u.first)) * cospi(2 * u.second);
      if (!(x < a) && !(x > b)) return x;
    } else {
      const double x = a + u.first * (b - a);
      if (!(u.second > exp(-0.5 * x * x))) return x;
    }
  }
}

__device__ double truncated_normal(double mean, double low, double high, const DeviceRandom& random,
                                   std::uint64_t counter) {
  const double from = low - mean, to = high - mean;
  if (from >= 0) return mean + in_upper_tail(from, to, random, counter);
  if (to <= 0) return mean - in_upper_tail(-to, -from, random, counter);
  return mean + around_zero(from, to, random, counter);
}

__global__ void __launch_bounds__(threads)
    draw_latent_kernel(DeviceSpan<const std::uint8_t> level, DeviceSpan<const double> bounds, BayesNumbers random,
                       std::uint64_t sweep, DeviceSpan<float> numbers, DeviceSpan<float> residuals) {
  const std::int64_t e = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  if (e >= level.size) return;
  const float score = numbers[e] - residuals[e];
  const std::int64_t l = level[e];
  const std::uint64_t counter = (sweep << 40U) + static_cast<std::uint64_t>(e);
  const auto number = static_cast<float>(truncated_normal(static_cast<double>(score), bounds[l], bounds[l + 1],
                                                          DeviceRandom(random.seed, random.stream), counter));
  numbers[e] = number;
  residuals[e] = number - score;
}

Array<double> bounds_of(const cpu::Cutpoints& cutpoints) {
  Array<double> bounds;
  for (std::int64_t l = 0; l < cutpoints.levels(); ++l) bounds.push_back(cutpoints.low(l));
  bounds.push_back(cutpoints.high(cutpoints.levels() - 1));
  return bounds;
}

}  // namespace

BayesLatent::BayesLatent(Device& device, CsrView ratings, const Random& random)
    : random_(cpu::random_of(random, 1)),
      cutpoint_random_(cpu::random_of(random, 0)),
      cutpoints_(cpu::cutpoints_of(ratings)),
      counts_(device, cutpoints_.levels() * bins) {
  Array<std::uint8_t> level(ratings.entries());
  Array<float> first(ratings.entries()), values;
  for (std::int64_t e = 0; e < level.size(); ++e) {
    const std::int64_t l = cutpoints_.level_of(ratings.values[e]);
    level[e] = static_cast<std::uint8_t>(l);
    first[e] = cpu::first_latent(cutpoints_, l);
  }
  for (std::int64_t l = 0; l < cutpoints_.levels(); ++l) values.push_back(cutpoints_.value(l));
  level_ = {device, Span<const std::uint8_t>(level)};
  numbers_ = {device, Span<const float>(first)};
  values_ = {device, Span<const float>(values)};
  bounds_ = {device, Span<const double>(bounds_of(cutpoints_))};
}

std::int64_t BayesLatent::bytes(CsrView ratings) {
  return 5 * ratings.entries() + 4 * most_levels * bins + 8 * (most_levels + 1) + 4 * most_levels;
}

void BayesLatent::sample(Device& device, std::uint64_t sweep, DeviceSpan<float> residuals) {
  EMBRACE_PHASE("latent numbers");
  if (residuals.empty()) return;
  const unsigned blocks = blocks_for(residuals.size, threads);
  counts_.clear();
  count_scores_kernel<<<blocks, threads, 0, device.stream()>>>(level_.span(), numbers_.span(), residuals,
                                                               counts_.span());
  EMBRACE_CHECK(cudaGetLastError());
  const std::vector<std::uint32_t> counted = counts_.download();
  cpu::ScoreCounts counts(cutpoints_.levels());
  for (std::int64_t c = 0; c < counts_.size(); ++c) {
    counts.add(c / bins, c % bins, static_cast<std::int64_t>(counted[static_cast<std::size_t>(c)]));
  }
  cutpoints_.sample(counts, cutpoint_random_, sweep);
  const Array<double> bounds = bounds_of(cutpoints_);
  device.upload(Span<const double>(bounds), bounds_.span());
  draw_latent_kernel<<<blocks, threads, 0, device.stream()>>>(level_.span(), bounds_.span(), random_, sweep,
                                                              numbers_.span(), residuals);
  EMBRACE_CHECK(cudaGetLastError());
}

}  // namespace embrace::gpu
