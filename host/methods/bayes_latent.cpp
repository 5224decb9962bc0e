#include "host/methods/bayes_latent.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "host/error.hpp"
#include "host/methods/bayes_prior.hpp"

namespace embrace::cpu {
namespace {

constexpr std::int64_t most_levels = 64;
constexpr std::int64_t rows_a_task = 32;

}  // namespace

Cutpoints cutpoints_of(CsrView ratings) {
  std::map<float, std::int64_t> counts;
  for (std::int64_t e = 0; e < ratings.entries(); ++e) {
    ++counts[ratings.values[e]];
    if (static_cast<std::int64_t>(counts.size()) > most_levels) {
      throw Unsupported("probit is for ratings of at most 64 different values; output=regression takes any");
    }
  }
  if (counts.empty()) counts[0.0F] = 1;
  Array<float> values;
  Array<std::int64_t> of_each;
  for (const auto& [value, count] : counts) {
    values.push_back(value);
    of_each.push_back(count);
  }
  return {values, of_each};
}

float first_latent(const Cutpoints& cutpoints, std::int64_t level) {
  const double low = cutpoints.low(level), high = cutpoints.high(level);
  const double from = std::isinf(low) ? std::min(high, 1.0) - 1 : low;
  const double to = std::isinf(high) ? std::max(low, -1.0) + 1 : high;
  return static_cast<float>((from + to) / 2);
}

LatentRatings::LatentRatings(CsrView ratings, const Random& random, Threads& threads)
    : ratings_(ratings),
      cutpoint_random_(random_of(random, 0)),
      latent_random_(random_of(random, 1)),
      threads_(threads),
      cutpoints_(cutpoints_of(ratings)),
      level_(ratings.entries()),
      latent_(ratings.entries()) {
  for (std::int64_t e = 0; e < level_.size(); ++e) {
    const std::int64_t level = cutpoints_.level_of(ratings.values[e]);
    level_[e] = static_cast<std::uint8_t>(level);
    latent_[e] = first_latent(cutpoints_, level);
  }
}

void LatentRatings::sample(Span<const std::int64_t> begins, std::uint64_t sweep, float* residuals) {
  const auto for_rows = [&](const auto& task) {
    threads_.for_ranges(ratings_.rows, rows_a_task, [&](std::int64_t begin, std::int64_t end, int worker) {
      for (std::int64_t r = begin; r < end; ++r) {
        for (std::int64_t e = ratings_.offsets[r]; e < ratings_.offsets[r + 1]; ++e) {
          task(e, residuals[begins[r] + e - ratings_.offsets[r]], worker);
        }
      }
    });
  };
  Array<ScoreCounts> counts(threads_.count(), ScoreCounts(cutpoints_.levels()));
  for_rows([&](std::int64_t e, float residual, int worker) { counts[worker].add(level_[e], latent_[e] - residual); });
  for (std::int64_t w = 1; w < counts.size(); ++w) counts[0].add(counts[w]);
  cutpoints_.sample(counts[0], cutpoint_random_, sweep);
  for_rows([&](std::int64_t e, float& residual, int) {
    const float score = latent_[e] - residual;
    const std::uint64_t counter = (sweep << 40U) + static_cast<std::uint64_t>(e);
    latent_[e] = static_cast<float>(truncated_normal(static_cast<double>(score), cutpoints_.low(level_[e]),
                                                     cutpoints_.high(level_[e]), latent_random_, counter));
    residual = latent_[e] - score;
  });
}

}  // namespace embrace::cpu
