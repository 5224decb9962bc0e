#include "host/methods/feature_ials_system.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "host/learning/feature_columns.hpp"

namespace embrace {
namespace {

/// `weights`: Λ of each row of `features`, 0 without ratings; `penalty`: δ.
FeatureSystem scaled_system(Csr features, const Array<double>& weights, double penalty, Threads& threads) {
  FeatureSystem system{.forward = std::move(features), .backward = {}, .ridges = {}};
  Csr& forward = system.forward;
  const auto for_entries = [&](const auto& visit) {
    for (std::int64_t e = 0; e < forward.rows(); ++e) {
      for (std::int64_t n = forward.offsets[e]; n < forward.offsets[e + 1]; ++n) visit(e, n, forward.indices[n]);
    }
  };
  Array<double> diagonal(forward.columns, penalty);
  for_entries([&](std::int64_t e, std::int64_t n, std::int32_t f) {
    diagonal[f] += weights[e] * static_cast<double>(forward.values[n]) * static_cast<double>(forward.values[n]);
  });
  Array<double> scales(diagonal.size());
  system.ridges.resize(diagonal.size());
  for (std::int64_t f = 0; f < scales.size(); ++f) {
    scales[f] = diagonal[f] > 0 ? 1 / std::sqrt(diagonal[f]) : 0;  // nobody with ratings has it: w_f stays 0
    system.ridges[f] = static_cast<float>(penalty * scales[f] * scales[f]);
  }
  for_entries([&](std::int64_t, std::int64_t n, std::int32_t f) {
    forward.values[n] = static_cast<float>(static_cast<double>(forward.values[n]) * scales[f]);
  });
  Csr weighted = forward;
  for_entries([&](std::int64_t e, std::int64_t n, std::int32_t) {
    weighted.values[n] = static_cast<float>(static_cast<double>(weighted.values[n]) * weights[e]);
  });
  system.backward = transposed(weighted.view(), threads);
  return system;
}

}  // namespace

std::optional<FeatureSystem> feature_system(const Features* features, CsrView ratings, const IalsWeights& weights,
                                            double share, Threads& threads) {
  if (features == nullptr) return std::nullopt;
  Csr columns = feature_columns(ratings.rows, features->rows.view(), features->vectors.view());
  if (columns.columns == 0) return std::nullopt;
  Array<double> ridges(ratings.rows, 0.0);
  double sum = 0;
  std::int64_t rated = 0;
  for (std::int64_t r = 0; r < ratings.rows; ++r) {
    if (ratings.row_size(r) == 0) continue;
    ridges[r] = weights.ridge(ratings, r);
    sum += ridges[r];
    ++rated;
  }
  const double mean = sum / static_cast<double>(std::max<std::int64_t>(1, rated));
  return scaled_system(std::move(columns), ridges, share * mean, threads);
}

}  // namespace embrace
