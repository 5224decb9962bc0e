#include "host/judge/profiles.hpp"

#include "host/judge/bias_ridge.hpp"
#include "host/math/vector_math.hpp"

namespace embrace::judge {
namespace {

constexpr double bias_penalty = 5;  // of a user's or item's deviation: about (noise / spread of biases)²
constexpr float shrinkage = 10;
constexpr std::int64_t grain = 64;

}  // namespace

Array<float> rating_residuals(CsrView ratings, Threads& threads) {
  const RidgeSolution biases = BiasRidge(ratings, 0, {}, threads).solve(bias_penalty, 0);
  Array<float> residuals(ratings.entries());
  for (std::int64_t u = 0; u < ratings.rows; ++u) {
    for (std::int64_t e = ratings.offsets[u]; e < ratings.offsets[u + 1]; ++e) {
      const double expected = biases.intercept + biases.user_bias[u] + biases.item_bias[ratings.indices[e]];
      residuals[e] = static_cast<float>(static_cast<double>(ratings.values[e]) - expected);
    }
  }
  return residuals;
}

EntityVectors user_profiles(CsrView ratings, Span<const float> residuals, const EntityVectors& items,
                            Threads& threads) {
  const std::int64_t width = items.rows.columns();
  EntityVectors users{Matrix(ratings.rows, 2 * width), Array<std::uint8_t>(ratings.rows, 0)};
  threads.for_ranges(ratings.rows, grain, [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t u = begin; u < end; ++u) {
      float* plain = users.rows.row(u);
      float* weighted = plain + width;
      std::int64_t n = 0;
      for (std::int64_t e = ratings.offsets[u]; e < ratings.offsets[u + 1]; ++e) {
        const std::int32_t item = ratings.indices[e];
        if (items.known[item] == 0) continue;
        ++n;
        add_scaled(1.0F, items.rows.row(item), plain, width);
        add_scaled(residuals[e], items.rows.row(item), weighted, width);
      }
      if (n == 0) continue;
      users.known[u] = 1;
      const auto count = static_cast<float>(n);
      for (std::int64_t k = 0; k < width; ++k) {
        plain[k] /= count;
        weighted[k] /= count + shrinkage;
      }
    }
  });
  return users;
}

}  // namespace embrace::judge
