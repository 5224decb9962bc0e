#include "host/math/orthogonal.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "host/math/product.hpp"

namespace embrace {
namespace {

constexpr std::int64_t rows_at_once = 256;  // their doubles stay in the second-level cache up to some 256 columns
constexpr std::int64_t most_parts = 16;     // of a Gram matrix: each is a matrix of its own until they are added
constexpr double least_share = 1e-10;       // of a column's square that may be called a direction: floats have 1e-12
constexpr double orthogonal_enough = 1e-12;
constexpr int most_sweeps = 60;
constexpr std::int64_t elements_a_task = 32768;  // of a column of each pair

void widen(ConstMatrixView x, std::int64_t begin, std::int64_t end, double* out) {
  for (std::int64_t r = begin; r < end; ++r) {
    for (std::int64_t c = 0; c < x.columns; ++c) *out++ = static_cast<double>(x(r, c));
  }
}

/// xᵀx, on and above the diagonal. Parts are cut by rows alone and added in their order.
Array<double> gram_of(ConstMatrixView x, Threads& threads) {
  const std::int64_t n = x.columns;
  const std::int64_t part_rows = std::max(rows_at_once, (x.rows + most_parts - 1) / most_parts);
  Array<Array<double>> parts((x.rows + part_rows - 1) / part_rows);
  threads.for_each(parts.size(), [&](std::int64_t part, int) {
    parts[part].resize(n * n);
    Array<double> wide(rows_at_once * n);
    const std::int64_t last = std::min(x.rows, (part + 1) * part_rows);
    for (std::int64_t begin = part * part_rows; begin < last; begin += rows_at_once) {
      const std::int64_t end = std::min(last, begin + rows_at_once);
      widen(x, begin, end, wide.data());
      add_gram(wide.data(), end - begin, n, parts[part].data());
    }
  });
  Array<double> gram(n * n);
  for (const Array<double>& part : parts) {
    for (std::int64_t e = 0; e < n * n; ++e) gram[e] += part[e];
  }
  return gram;
}

}  // namespace

Array<double> triangle_of(ConstMatrixView x, Threads& threads) {
  return triangle_of_gram(gram_of(x, threads), x.columns);
}

Array<double> triangle_of_gram(Array<double> r, std::int64_t n) {
  for (std::int64_t k = 0; k < n; ++k) {
    double* row = r.data() + k * n;
    std::fill(row, row + k, 0.0);
    const double square = row[k];
    for (std::int64_t above = 0; above < k; ++above) {
      const double* other = r.data() + above * n;
      const double factor = other[k];
      for (std::int64_t c = k; c < n && factor != 0; ++c) row[c] -= factor * other[c];
    }
    if (!(row[k] > least_share * square)) {
      std::fill(row + k, row + n, 0.0);
      continue;
    }
    const double pivot = std::sqrt(row[k]);
    for (std::int64_t c = k; c < n; ++c) row[c] /= pivot;
  }
  return r;
}

void orthonormalize(MatrixView x, const Array<double>& r, Threads& threads) {
  const std::int64_t n = x.columns;
  Array<double> regular = r;
  Array<std::int64_t> without_direction;
  for (std::int64_t k = 0; k < n; ++k) {
    if (r[k * n + k] > 0) continue;
    without_direction.push_back(k);
    regular[k * n + k] = 1;
  }
  threads.for_ranges(x.rows, rows_at_once, [&](std::int64_t begin, std::int64_t end, int) {
    Array<double> wide((end - begin) * n);
    widen(x, begin, end, wide.data());
    divide_by_triangle(wide.data(), end - begin, n, regular.data());
    for (std::int64_t row = begin; row < end; ++row) {
      for (std::int64_t c = 0; c < n; ++c) x(row, c) = static_cast<float>(wide[(row - begin) * n + c]);
      for (const std::int64_t c : without_direction) x(row, c) = 0;
    }
  });
}

namespace {

struct Products {
  double aa, ab, bb;
};

/// Four sums side by side each, for the sake of vectors.
Products products_of(const double* a, const double* b, std::int64_t n) {
  constexpr int lanes = 4;
  double aa[lanes] = {}, ab[lanes] = {}, bb[lanes] = {};
  std::int64_t k = 0;
  for (; k + lanes <= n; k += lanes) {
    for (int l = 0; l < lanes; ++l) {
      aa[l] += a[k + l] * a[k + l];
      ab[l] += a[k + l] * b[k + l];
      bb[l] += b[k + l] * b[k + l];
    }
  }
  for (; k < n; ++k) {
    aa[0] += a[k] * a[k];
    ab[0] += a[k] * b[k];
    bb[0] += b[k] * b[k];
  }
  const auto sum = [](const double* x) { return (x[0] + x[1]) + (x[2] + x[3]); };
  return {sum(aa), sum(ab), sum(bb)};
}

void turn(double cosine, double sine, double* a, double* b, std::int64_t n) {
  for (std::int64_t k = 0; k < n; ++k) {
    const double x = a[k], y = b[k];
    a[k] = cosine * x - sine * y;
    b[k] = sine * x + cosine * y;
  }
}

/// Makes two columns orthogonal; false when they are.
bool make_orthogonal(double* a, double* b, double* vector_a, double* vector_b, std::int64_t n) {
  const auto [aa, ab, bb] = products_of(a, b, n);
  if (!(std::fabs(ab) > orthogonal_enough * std::sqrt(aa * bb))) return false;
  const double zeta = (bb - aa) / (2 * ab);
  const double tangent = (zeta < 0 ? -1 : 1) / (std::fabs(zeta) + std::sqrt(1 + zeta * zeta));
  const double cosine = 1 / std::sqrt(1 + tangent * tangent);
  turn(cosine, cosine * tangent, a, b, n);
  turn(cosine, cosine * tangent, vector_a, vector_b, n);
  return true;
}

}  // namespace

Rotation rotate_columns(const Array<double>& r, std::int64_t n, Threads& threads) {
  Array<double> columns(n * n), vectors(n * n);
  for (std::int64_t k = 0; k < n; ++k) {
    for (std::int64_t row = 0; row < n; ++row) columns[k * n + row] = r[row * n + k];
    vectors[k * n + k] = 1;
  }
  const std::int64_t seats = n + n % 2;  // a tournament in which each column meets each other once; one may pause
  Array<std::int64_t> order(seats);
  std::iota(order.begin(), order.end(), std::int64_t{0});
  Array<std::int32_t> turned(seats / 2);  // in this sweep
  for (int sweep = 0; sweep < most_sweeps; ++sweep) {
    std::fill(turned.begin(), turned.end(), 0);
    for (std::int64_t round = 1; round < seats; ++round) {
      threads.for_ranges(
          seats / 2, std::max<std::int64_t>(1, elements_a_task / n), [&](std::int64_t begin, std::int64_t end, int) {
            for (std::int64_t p = begin; p < end; ++p) {
              const auto [a, b] = std::minmax(order[p], order[seats - 1 - p]);
              if (b == n) continue;
              turned[p] += make_orthogonal(&columns[a * n], &columns[b * n], &vectors[a * n], &vectors[b * n], n);
            }
          });
      std::rotate(order.begin() + 1, order.end() - 1, order.end());
    }
    if (std::all_of(turned.begin(), turned.end(), [](std::int32_t count) { return count == 0; })) break;
  }
  Array<double> lengths;
  for (std::int64_t k = 0; k < n; ++k) {
    lengths.push_back(std::sqrt(products_of(&columns[k * n], &columns[k * n], n).aa));
  }
  Array<std::int64_t> descending(n);
  std::iota(descending.begin(), descending.end(), std::int64_t{0});
  std::stable_sort(descending.begin(), descending.end(),
                   [&](std::int64_t a, std::int64_t b) { return lengths[a] > lengths[b]; });
  Rotation rotation;
  for (const std::int64_t k : descending) {
    rotation.values.push_back(lengths[k]);
    rotation.vectors.insert(rotation.vectors.end(), vectors.begin() + k * n, vectors.begin() + (k + 1) * n);
  }
  return rotation;
}

}  // namespace embrace
