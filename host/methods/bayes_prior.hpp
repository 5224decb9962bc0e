// The priors of `bayes`, drawn with the model (Rendle 2012, "Factorization Machines with libFM", section 4.4.1;
// Salakhutdinov and Mnih 2008): parameters of one field in one dimension are normal with mean μ and precision λ, and
//   λ ~ Gamma(1/2, rate β/2)   μ | λ ~ Normal(0, 1 / λ).
// The smaller β, the closer together a field that says nothing may lie: with n parameters λ is hardly above n / β.
#pragma once
#include <cstdint>

#include "host/random.hpp"

namespace embrace::cpu {

/// For a purpose that must not share numbers with another: a seed of its own.
inline Random random_of(const Random& random, std::uint64_t purpose) {
  return {random.bits64(purpose), static_cast<Stream>(random.stream())};
}

struct NormalPrior {
  float mean = 0;
  float precision = 1;
};

/// Of the parameters that a prior is drawn for.
struct Moments {
  std::int64_t count = 0;
  double sum = 0;
  double squares = 0;
  void add(float x) {
    ++count;
    sum += static_cast<double>(x);
    squares += static_cast<double>(x) * static_cast<double>(x);
  }
};

/// Gamma of mean shape / rate, shape ≥ 1/2 (Marsaglia and Tsang 2000). Uses the counters (a, b) with b of `tries` · 4
/// and up, 256 of them at most.
double gamma(const Random& random, std::uint64_t a, std::uint32_t b, double shape, double rate);

/// λ given the parameters and μ, then μ given the parameters and λ. Counters (a, b) … (a, b + 511).
NormalPrior draw_prior(const Moments& moments, const NormalPrior& now, double beta, const Random& random,
                       std::uint64_t a, std::uint32_t b);

}  // namespace embrace::cpu
