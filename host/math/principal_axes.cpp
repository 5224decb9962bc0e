#include "host/math/principal_axes.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "host/random.hpp"

namespace embrace {
namespace {

constexpr std::int64_t most_by_rotations = 192;
constexpr int most_sweeps = 60;
constexpr int most_iterations = 300;

/// Rotates rows p and q of a row-major matrix with n columns.
void rotate(double* p, double* q, double c, double s, std::int64_t n) {
  for (std::int64_t k = 0; k < n; ++k) {
    const double x = p[k], y = q[k];
    p[k] = c * x - s * y;
    q[k] = s * x + c * y;
  }
}

double off_diagonal(const Array<double>& a, std::int64_t n) {
  double sum = 0;
  for (std::int64_t r = 0; r < n; ++r) {
    for (std::int64_t c = 0; c < r; ++c) sum += a[r * n + c] * a[r * n + c];
  }
  return sum;
}

/// All eigenvectors by cyclic rotations: `a` becomes diagonal, the rows of the result are the axes.
Array<double> diagonalize(Array<double>& a, std::int64_t n) {
  Array<double> axes(n * n, 0.0);
  for (std::int64_t k = 0; k < n; ++k) axes[k * n + k] = 1;
  double total = 0;
  for (const double x : a) total += x * x;
  for (int sweep = 0; sweep < most_sweeps && off_diagonal(a, n) > 1e-30 * total; ++sweep) {
    for (std::int64_t p = 0; p < n; ++p) {
      for (std::int64_t q = p + 1; q < n; ++q) {
        const double apq = a[p * n + q];
        if (apq == 0) continue;
        const double theta = (a[q * n + q] - a[p * n + p]) / (2 * apq);
        const double t = (theta >= 0 ? 1 : -1) / (std::abs(theta) + std::sqrt(theta * theta + 1));
        const double c = 1 / std::sqrt(t * t + 1), s = t * c;
        rotate(&a[p * n], &a[q * n], c, s, n);
        for (std::int64_t k = 0; k < n; ++k) rotate(&a[k * n + p], &a[k * n + q], c, s, 1);
        rotate(&axes[p * n], &axes[q * n], c, s, n);
      }
    }
  }
  return axes;
}

/// The largest first.
PrincipalAxes sorted(const Array<double>& diagonal, const Array<double>& axes, std::int64_t n, std::int64_t count) {
  Array<std::int64_t> order(diagonal.size());
  std::iota(order.begin(), order.end(), std::int64_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::int64_t a, std::int64_t b) { return diagonal[a] > diagonal[b]; });
  PrincipalAxes result;
  for (std::int64_t k = 0; k < count; ++k) {
    result.values.push_back(diagonal[order[k]]);
    result.axes.insert(result.axes.end(), axes.begin() + order[k] * n, axes.begin() + (order[k] + 1) * n);
  }
  return result;
}

PrincipalAxes by_rotations(Array<double> a, std::int64_t n, std::int64_t count) {
  const Array<double> axes = diagonalize(a, n);
  Array<double> diagonal(n);
  for (std::int64_t k = 0; k < n; ++k) diagonal[k] = a[k * n + k];
  return sorted(diagonal, axes, n, count);
}

double product(const double* a, const double* b, std::int64_t n) {
  double sum = 0;
  for (std::int64_t k = 0; k < n; ++k) sum += a[k] * b[k];
  return sum;
}

/// Gram and Schmidt, each row twice, so that rounding leaves nothing of the others; a row that vanishes is 0.
void orthonormalize(Array<double>& rows, std::int64_t count, std::int64_t n) {
  for (std::int64_t r = 0; r < count; ++r) {
    double* row = &rows[r * n];
    const double before = std::sqrt(product(row, row, n));
    for (int pass = 0; pass < 2; ++pass) {
      for (std::int64_t o = 0; o < r; ++o) {
        const double share = product(row, &rows[o * n], n);
        for (std::int64_t k = 0; k < n; ++k) row[k] -= share * rows[o * n + k];
      }
    }
    const double length = std::sqrt(product(row, row, n));
    const double factor = length > 1e-12 * before && length > 0 ? 1 / length : 0;
    for (std::int64_t k = 0; k < n; ++k) row[k] *= factor;
  }
}

/// out = rows · symmetric
Array<double> times(const Array<double>& rows, std::int64_t count, Span<const double> symmetric, std::int64_t n) {
  Array<double> out(count * n, 0.0);
  for (std::int64_t r = 0; r < count; ++r) {
    for (std::int64_t k = 0; k < n; ++k) {
      const double x = rows[r * n + k];
      const double* from = &symmetric[k * n];
      double* to = &out[r * n];
      for (std::int64_t c = 0; c < n; ++c) to[c] += x * from[c];
    }
  }
  return out;
}

/// The subspace's own axes: rows become combinations of themselves (Rayleigh and Ritz). Returns the values.
Array<double> turn_to_axes(Array<double>& rows, std::int64_t count, Span<const double> symmetric, std::int64_t n) {
  const Array<double> moved = times(rows, count, symmetric, n);
  Array<double> small(count * count);
  for (std::int64_t r = 0; r < count; ++r) {
    for (std::int64_t c = 0; c < count; ++c) small[r * count + c] = product(&moved[r * n], &rows[c * n], n);
  }
  const PrincipalAxes own = by_rotations(std::move(small), count, count);
  Array<double> turned(count * n, 0.0);
  for (std::int64_t r = 0; r < count; ++r) {
    for (std::int64_t o = 0; o < count; ++o) {
      for (std::int64_t k = 0; k < n; ++k) turned[r * n + k] += own.axes[r * count + o] * rows[o * n + k];
    }
  }
  rows = std::move(turned);
  return own.values;
}

PrincipalAxes by_iteration(Span<const double> symmetric, std::int64_t n, std::int64_t count) {
  const std::int64_t block = std::min(n, count + 16);
  const Random random(1, Stream::initial);
  Array<double> rows(block * n);
  for (std::int64_t k = 0; k < rows.size(); ++k) rows[k] = random.normal(static_cast<std::uint64_t>(k), 200);
  orthonormalize(rows, block, n);
  Array<double> values(block, 0.0);
  for (int iteration = 0; iteration < most_iterations; ++iteration) {
    rows = times(rows, block, symmetric, n);
    orthonormalize(rows, block, n);
    if (iteration % 5 != 4) continue;  // turning costs more than a step
    const Array<double> before = values;
    values = turn_to_axes(rows, block, symmetric, n);
    double moved = 0;
    for (std::int64_t k = 0; k < count; ++k) moved = std::max(moved, std::abs(values[k] - before[k]));
    if (moved <= 1e-6 * values[0]) break;
  }
  rows.resize(count * n);
  values.resize(count);
  return {std::move(values), std::move(rows)};
}

}  // namespace

PrincipalAxes principal_axes(Span<const double> symmetric, std::int64_t n, std::int64_t count) {
  count = std::min(count, n);
  if (n > most_by_rotations) return by_iteration(symmetric, n, count);
  return by_rotations(Array<double>(symmetric.begin(), symmetric.end()), n, count);
}

}  // namespace embrace
