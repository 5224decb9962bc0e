// The latent numbers of an ordered probit: drawn in place of ratings, between the cutpoints of each rating's level.
#pragma once
#include <cstdint>

#include "host/array.hpp"
#include "host/methods/bayes_probit.hpp"
#include "host/random.hpp"
#include "host/span.hpp"
#include "host/threads.hpp"
#include "host/views.hpp"

namespace embrace::cpu {

/// Of the values that occur. Throws Unsupported when there are more than 64: probit is for scales of few steps.
Cutpoints cutpoints_of(CsrView ratings);
/// Before the first sample: the middle of the level's interval.
float first_latent(const Cutpoints& cutpoints, std::int64_t level);

class LatentRatings {
 public:
  /// Throws what cutpoints_of() throws.
  LatentRatings(CsrView ratings, const Random& random, Threads& threads);

  const Cutpoints& cutpoints() const { return cutpoints_; }
  /// Draws cutpoints given the scores, which are latent number less residual, then latent numbers given both;
  /// `begins` is where each row's residuals lie. Residuals are those of the new numbers. Scores must be finite.
  void sample(Span<const std::int64_t> begins, std::uint64_t sweep, float* residuals);
  /// Before the first sample, by entry of the ratings matrix.
  float first(std::int64_t entry) const { return latent_[entry]; }

 private:
  CsrView ratings_;
  Random cutpoint_random_, latent_random_;
  Threads& threads_;
  Cutpoints cutpoints_;
  Array<std::uint8_t> level_;  // by entry
  Array<float> latent_;
};

}  // namespace embrace::cpu
