#include "host/embedding/nearest.hpp"

#include <algorithm>
#include <cmath>

namespace embrace {
namespace {

double dot(const float* a, const float* b, std::int64_t width) {
  double sum = 0;
  for (std::int64_t c = 0; c < width; ++c) sum += static_cast<double>(a[c]) * static_cast<double>(b[c]);
  return sum;
}

std::vector<ScoredRow> first_of(std::vector<ScoredRow> rows, std::int64_t count) {
  const auto most = std::min(count, static_cast<std::int64_t>(rows.size()));
  std::partial_sort(rows.begin(), rows.begin() + most, rows.end(), [](const ScoredRow& a, const ScoredRow& b) {
    return a.score != b.score ? a.score > b.score : a.row < b.row;
  });
  rows.resize(static_cast<std::size_t>(most));
  return rows;
}

}  // namespace

std::vector<ScoredRow> nearest(const Matrix& vectors, std::int64_t to, std::int64_t count) {
  const std::int64_t width = vectors.columns();
  const float* const target = vectors.row(to);
  const double target_norm = std::sqrt(dot(target, target, width));
  std::vector<ScoredRow> rows;
  for (std::int64_t row = 0; row < vectors.rows() && target_norm > 0; ++row) {
    const float* const vector = vectors.row(row);
    const double norm = std::sqrt(dot(vector, vector, width));
    if (row != to && norm > 0) rows.push_back({row, dot(vector, target, width) / (norm * target_norm)});
  }
  return first_of(std::move(rows), count);
}

std::vector<ScoredRow> recommended(const Embedding& e, std::int64_t user, const std::vector<bool>& left_out,
                                   std::int64_t count) {
  std::vector<ScoredRow> rows;
  const double base =
      static_cast<double>(e.offset) + (e.user_bias.empty() ? 0.0 : static_cast<double>(e.user_bias[user]));
  for (std::int64_t row = 0; row < e.items.rows(); ++row) {
    if (left_out[static_cast<std::size_t>(row)]) continue;
    const double bias = e.item_bias.empty() ? 0.0 : static_cast<double>(e.item_bias[row]);
    rows.push_back({row, base + bias + dot(e.users.row(user), e.items.row(row), e.items.columns())});
  }
  return first_of(std::move(rows), count);
}

}  // namespace embrace
