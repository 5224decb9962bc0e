// The draws of `bayes` on the device: of the same counters as host/methods/bayes_prior.cpp and
// host/math/normal_numbers.cpp, by the device's logarithms and cosines, whose last bits differ from the host's.
#pragma once
#include "cuda/math/normal_numbers.cuh"
#include "cuda/methods/bayes_model.hpp"

namespace embrace::gpu {

inline __device__ DeviceRandom random_of(const BayesNumbers& numbers) { return {numbers.seed, numbers.stream}; }

/// Number `index` of what normal_numbers() writes for the counters (a, 0), (a, 1), …
inline __device__ float normal_number(const DeviceRandom& random, std::uint64_t a, std::int64_t index) {
  const float4 quad = normal_quad(random, a, static_cast<std::uint32_t>(index / 4));
  switch (index % 4) {
    case 0:
      return quad.x;
    case 1:
      return quad.y;
    case 2:
      return quad.z;
    default:
      return quad.w;
  }
}

/// The counter of the noise of a dimension, behind those of the first model and of earlier sweeps.
inline __device__ std::uint64_t noise_counter(const BayesBlockView& block, std::uint64_t sweep,
                                              std::int64_t dimension) {
  return (sweep + 1) * static_cast<std::uint64_t>(block.values.dimensions()) + static_cast<std::uint64_t>(dimension);
}

/// As cpu::gamma, for shapes of 1 and more.
inline __device__ double gamma(const DeviceRandom& random, std::uint64_t a, std::uint32_t b, double shape,
                               double rate) {
  const double d = shape - 1.0 / 3;
  const double c = 1 / sqrt(9 * d);
  for (;; b += 2) {
    const double x = random.normal(a, b);
    const double root = 1 + c * x, v = root * root * root;
    if (v > 0 && log(random.uniform(a, b + 1)) < x * x / 2 + d * (1 - v + log(v))) return d * v / rate;
  }
}

/// A coefficient given all others: `squares` and `target` of its ratings or readers, at its value `old`.
inline __device__ float draw_coefficient(const NormalPrior& prior, float ratings, float squares, float target,
                                         float old, float noise) {
  const float precision = prior.precision + ratings * squares;
  const float mean = (prior.precision * prior.mean + ratings * (target + squares * old)) / precision;
  return mean + noise / sqrtf(precision);
}

}  // namespace embrace::gpu
