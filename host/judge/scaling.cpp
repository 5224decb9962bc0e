#include "host/judge/scaling.hpp"

#include <algorithm>
#include <cmath>

#include "host/math/principal_axes.hpp"

namespace embrace::judge {
namespace {

constexpr std::int64_t grain = 64;  // rows

Array<std::int64_t> rows_to_fit(const EntityVectors& vectors, Span<const std::uint8_t> fitted) {
  Array<std::int64_t> rows;
  for (std::int64_t r = 0; r < vectors.rows.rows(); ++r) {
    if (vectors.known[r] != 0 && fitted[r] != 0) rows.push_back(r);
  }
  return rows;
}

Array<double> mean_of(const Matrix& rows, const Array<std::int64_t>& chosen) {
  Array<double> mean(rows.columns(), 0.0);
  for (const std::int64_t r : chosen) {
    for (std::int64_t k = 0; k < rows.columns(); ++k) mean[k] += static_cast<double>(rows(r, k));
  }
  for (double& m : mean) m /= static_cast<double>(std::max<std::int64_t>(1, chosen.size()));
  return mean;
}

/// Σ (x - mean)(x - mean)' over the chosen rows: Σ x x' of what is not 0, less what the means make of it.
Array<double> scatter(const Matrix& rows, const Array<std::int64_t>& chosen, const Array<double>& mean,
                      Threads& threads) {
  const std::int64_t n = rows.columns();
  Array<double> sum(n * n, 0.0);
  threads.for_ranges(n, 16, [&](std::int64_t begin, std::int64_t end, int) {
    Array<std::int64_t> filled;
    for (const std::int64_t r : chosen) {
      const float* x = rows.row(r);
      filled.clear();
      for (std::int64_t k = 0; k < n; ++k) {
        if (x[k] != 0) filled.push_back(k);
      }
      for (std::int64_t i = begin; i < end; ++i) {
        if (x[i] == 0) continue;
        for (const std::int64_t k : filled) sum[i * n + k] += static_cast<double>(x[i]) * static_cast<double>(x[k]);
      }
    }
    for (std::int64_t i = begin; i < end; ++i) {
      for (std::int64_t k = 0; k < n; ++k) sum[i * n + k] -= static_cast<double>(chosen.size()) * mean[i] * mean[k];
    }
  });
  return sum;
}

}  // namespace

Axes::Axes(const EntityVectors& vectors, Span<const std::uint8_t> fitted, std::int64_t width, Threads& threads)
    : columns_(vectors.rows.columns()), width_(std::min(width, columns_)) {
  const Array<std::int64_t> chosen = rows_to_fit(vectors, fitted);
  const Array<double> mean = mean_of(vectors.rows, chosen);
  axes_ = principal_axes(scatter(vectors.rows, chosen, mean, threads), columns_, width_).axes;
  for (std::int64_t w = 0; w < width_; ++w) {
    double third = 0;
    for (const std::int64_t r : chosen) {
      double x = 0;
      for (std::int64_t k = 0; k < columns_; ++k) {
        x += axes_[w * columns_ + k] * (static_cast<double>(vectors.rows(r, k)) - mean[k]);
      }
      third += x * x * x;
    }
    if (third >= 0) continue;
    for (std::int64_t k = 0; k < columns_; ++k) axes_[w * columns_ + k] = -axes_[w * columns_ + k];
  }
}

EntityVectors Axes::apply(const EntityVectors& vectors, Span<const std::uint8_t> fitted, Threads& threads) const {
  const std::int64_t n = vectors.rows.rows();
  const Array<std::int64_t> chosen = rows_to_fit(vectors, fitted);
  const Array<double> mean = mean_of(vectors.rows, chosen);
  EntityVectors out{Matrix(n, width_), vectors.known};
  threads.for_ranges(n, grain, [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t r = begin; r < end; ++r) {
      if (vectors.known[r] == 0) continue;
      for (std::int64_t w = 0; w < width_; ++w) {
        double x = 0;
        for (std::int64_t k = 0; k < columns_; ++k) {
          x += axes_[w * columns_ + k] * (static_cast<double>(vectors.rows(r, k)) - mean[k]);
        }
        out.rows(r, w) = static_cast<float>(x);
      }
    }
  });
  double squares = 0;
  for (const std::int64_t r : chosen) {
    for (std::int64_t w = 0; w < width_; ++w) squares += std::pow(static_cast<double>(out.rows(r, w)), 2);
  }
  if (squares <= 0) return out;  // all rows are the mean
  const auto factor = static_cast<float>(std::sqrt(static_cast<double>(chosen.size()) / squares));
  for (std::int64_t k = 0; k < out.rows.size(); ++k) out.rows.data()[k] *= factor;
  return out;
}

}  // namespace embrace::judge
