#include "host/judge/linear_part.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace embrace::judge {
namespace {

constexpr FixedArray<double, 3> bias_penalties{{1, 5, 25}};
constexpr double product_penalty = 0.003;  // times the number of ratings
constexpr std::int64_t block = 256;        // pairs at a time

/// The last columns alone.
void fill_linear(const PairInputs& inputs, Span<const std::int32_t> users, Span<const std::int32_t> items,
                 MatrixView out) {
  const std::int64_t columns = inputs.columns();
  Matrix all(users.size(), columns);
  inputs.fill(users, items, all.view());
  for (std::int64_t p = 0; p < users.size(); ++p) {
    std::copy(all.row(p) + columns - out.columns, all.row(p) + columns, out.row(p));
  }
}

double validate(const RatingCase& work, const LinearPart& linear) {
  const RatedPairs& pairs = work.validation;
  Array<float> predicted(pairs.size());
  Matrix columns(block, linear.solution.weights.size());
  for (std::int64_t first = 0; first < pairs.size(); first += block) {
    const std::int64_t n = std::min(block, pairs.size() - first);
    const MatrixView part{columns.data(), n, columns.columns(), columns.columns()};
    fill_linear(work.inputs, {pairs.users.data() + first, n}, {pairs.items.data() + first, n}, part);
    for (std::int64_t p = 0; p < n; ++p) {
      float sum = 0;
      for (std::int64_t k = 0; k < part.columns; ++k) {
        sum += static_cast<float>(linear.solution.weights[k]) * part(p, k);
      }
      predicted[first + p] = sum + linear.constant(pairs.users[first + p], pairs.items[first + p]);
    }
  }
  return clipped_rmse(predicted, pairs.ratings, work.scale);
}

}  // namespace

LinearPart choose_linear_part(const RatingCase& work) {
  const BiasRidge ridge(
      work.fit.view(), linear_columns(work.inputs), work.inputs.habits(),
      [&](auto users, auto items, MatrixView out) { fill_linear(work.inputs, users, items, out); }, work.threads);
  std::optional<std::pair<double, LinearPart>> best;
  for (const double penalty : bias_penalties) {
    LinearPart linear{ridge.solve(penalty, product_penalty * static_cast<double>(work.fit.entries())),
                      work.item_biases};
    const double rmse = validate(work, linear);
    if (!best || rmse < best->first) best.emplace(rmse, std::move(linear));
  }
  return std::move(best->second);
}

RatedPairs pairs_to_learn(const RatingCase& work, const LinearPart& linear) {
  const CsrView ratings = work.fit.view();
  RatedPairs pairs;
  for (std::int64_t u = 0; u < ratings.rows; ++u) {
    for (std::int64_t e = ratings.offsets[u]; e < ratings.offsets[u + 1]; ++e) {
      const auto user = static_cast<std::int32_t>(u);
      pairs.users.push_back(user);
      pairs.items.push_back(ratings.indices[e]);
      pairs.ratings.push_back(ratings.values[e] - linear.constant(user, ratings.indices[e]));
    }
  }
  return pairs;
}

}  // namespace embrace::judge
