#include "host/judge/profiles.hpp"

#include <algorithm>
#include <cmath>

#include "host/judge/bias_ridge.hpp"
#include "host/math/vector_math.hpp"

namespace embrace::judge {
namespace {

constexpr double bias_penalty = 5;  // of a user's or item's deviation: about (noise / spread of biases)²
constexpr float shrinkage = 10;
constexpr std::int64_t grain = 64;

}  // namespace

WithoutVectors without_vectors(CsrView ratings, Threads& threads) {
  const RidgeSolution biases = BiasRidge(ratings, 0, 0, {}, threads).solve(bias_penalty, 0);
  Array<float> popularity(ratings.columns, 0.0F);
  for (std::int64_t e = 0; e < ratings.entries(); ++e) popularity[ratings.indices[e]] += 1;
  WithoutVectors result{Array<float>(ratings.entries()), Matrix(ratings.rows, 3)};
  for (std::int64_t u = 0; u < ratings.rows; ++u) {
    result.habits(u, 0) = std::log1p(static_cast<float>(ratings.row_size(u)));
    result.habits(u, 1) = static_cast<float>(biases.user_bias[u]);
    for (std::int64_t e = ratings.offsets[u]; e < ratings.offsets[u + 1]; ++e) {
      const double expected = biases.intercept + biases.user_bias[u] + biases.item_bias[ratings.indices[e]];
      result.habits(u, 2) += std::log1p(popularity[ratings.indices[e]]);
      result.residuals[e] = static_cast<float>(static_cast<double>(ratings.values[e]) - expected);
    }
    if (ratings.row_size(u) > 0) result.habits(u, 2) /= static_cast<float>(ratings.row_size(u));
  }
  return result;
}

bool fill_profile(CsrView ratings, Span<const float> residuals, const EntityVectors& items, std::int64_t user,
                  float* out) {
  const std::int64_t width = items.rows.columns();
  float* plain = out;
  float* weighted = plain + width;
  std::fill(out, out + 2 * width, 0.0F);
  std::int64_t n = 0;
  for (std::int64_t e = ratings.offsets[user]; e < ratings.offsets[user + 1]; ++e) {
    const std::int32_t item = ratings.indices[e];
    if (items.known[item] == 0) continue;
    ++n;
    add_scaled(1.0F, items.rows.row(item), plain, width);
    add_scaled(residuals[e], items.rows.row(item), weighted, width);
  }
  if (n == 0) return false;
  const auto count = static_cast<float>(n);
  for (std::int64_t k = 0; k < width; ++k) {
    plain[k] /= count;
    weighted[k] /= count + shrinkage;
  }
  return true;
}

EntityVectors user_profiles(CsrView ratings, Span<const float> residuals, const EntityVectors& items,
                            Threads& threads) {
  EntityVectors users{Matrix(ratings.rows, 2 * items.rows.columns()), Array<std::uint8_t>(ratings.rows, 0)};
  threads.for_ranges(ratings.rows, grain, [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t u = begin; u < end; ++u) {
      users.known[u] = fill_profile(ratings, residuals, items, u, users.rows.row(u)) ? 1 : 0;
    }
  });
  return users;
}

void pass_to_items(CsrView ratings, Span<const float> residuals, const Array<std::uint8_t>& known, std::int64_t user,
                   const ProfileGradient& by_profile, MatrixView gradient) {
  std::int64_t n = 0;
  for (const std::int32_t item : ratings.row_indices(user)) n += known[item];
  if (n == 0) return;
  const auto count = static_cast<float>(n);
  for (std::int64_t e = ratings.offsets[user]; e < ratings.offsets[user + 1]; ++e) {
    const std::int32_t item = ratings.indices[e];
    if (known[item] == 0) continue;
    add_scaled(1 / count, by_profile.plain, gradient.row(item), gradient.columns);
    add_scaled(residuals[e] / (count + shrinkage), by_profile.weighted, gradient.row(item), gradient.columns);
  }
}

}  // namespace embrace::judge
