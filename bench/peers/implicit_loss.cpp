#include "bench/peers/implicit_loss.hpp"

#include <vector>

namespace embrace::peers {
namespace {

/// Y'Y, in parts of fixed size added in their order.
std::vector<double> gram(ConstMatrixView y, Threads& threads) {
  constexpr std::int64_t rows_per_part = 4096;
  const std::int64_t parts = (y.rows + rows_per_part - 1) / rows_per_part;
  const auto size = static_cast<std::size_t>(y.columns * y.columns);
  std::vector<std::vector<double>> sums(static_cast<std::size_t>(parts), std::vector<double>(size, 0.0));
  threads.for_ranges(y.rows, rows_per_part, [&](std::int64_t begin, std::int64_t end, int) {
    double* sum = sums[static_cast<std::size_t>(begin / rows_per_part)].data();
    for (std::int64_t r = begin; r < end; ++r) {
      const float* row = y.row(r);
      for (std::int64_t a = 0; a < y.columns; ++a) {
        for (std::int64_t b = 0; b < y.columns; ++b) {
          sum[a * y.columns + b] += static_cast<double>(row[a]) * static_cast<double>(row[b]);
        }
      }
    }
  });
  std::vector<double> total(size, 0.0);
  for (const auto& sum : sums) {
    for (std::size_t e = 0; e < size; ++e) total[e] += sum[e];
  }
  return total;
}

double trace(const std::vector<double>& matrix, std::int64_t n) {
  double sum = 0;
  for (std::int64_t d = 0; d < n; ++d) sum += matrix[static_cast<std::size_t>(d * n + d)];
  return sum;
}

}  // namespace

double implicit_loss(CsrView ratings, ConstMatrixView users, ConstMatrixView items, double scale, double c,
                     double regularization, Threads& threads) {
  const std::vector<double> p = gram(users, threads), q = gram(items, threads);
  const double square = scale * scale;
  double all = 0;  // Σ_all (p·q)² = Σ (P'P)(Q'Q), element by element
  for (std::size_t e = 0; e < p.size(); ++e) all += square * square * p[e] * q[e];
  std::vector<double> rated(static_cast<std::size_t>(ratings.rows));
  threads.for_ranges(ratings.rows, 256, [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t u = begin; u < end; ++u) {
      double sum = 0;
      for (const std::int32_t i : ratings.row_indices(u)) {
        double x = 0;
        for (std::int64_t k = 0; k < users.columns; ++k) {
          x += static_cast<double>(users(u, k)) * static_cast<double>(items(i, k));
        }
        x *= square;
        sum += c * (1 - x) * (1 - x) - x * x;
      }
      rated[static_cast<std::size_t>(u)] = sum;
    }
  });
  double loss = all + regularization * square * (trace(p, users.columns) + trace(q, items.columns));
  for (const double sum : rated) loss += sum;
  return loss / static_cast<double>(ratings.entries());
}

}  // namespace embrace::peers
