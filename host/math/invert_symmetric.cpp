// Gauss-Jordan elimination without pivots on the lower triangle (the sweep operator: Goodnight 1979, "A tutorial on the
// SWEEP operator", section 3), a block of rows and columns K at a time. With N = -m_KK⁻¹, for all rows i and j outside
// of K
//   W_i = m_iK N      m_ij += W_i m_jKᵀ      m_iK = -W_i      m_KK = N
// and m is minus its inverse when all blocks are through. What is left of m before that is the Schur complement that
// Cholesky's factorization has, so a matrix that is not positive definite is seen at a pivot. Three n³/3 parts of
// Cholesky and its inverse are one here, whose steps are all alike: products of tiles that depend on K alone. Tiles
// have a fixed size, so every element is the same sum whoever computes it. Inside of a tile on the diagonal the same is
// done with smaller tiles, and there in double, element by element.
#include "host/math/invert_symmetric.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>

#include "host/array.hpp"
#include "host/error.hpp"
#include "host/math/product.hpp"
#include "host/matrix.hpp"

namespace embrace {
namespace {

constexpr std::int64_t large_tile = 192;  // products at nine tenths of OpenBLAS's speed; 231 tasks at n = 4,000
constexpr std::int64_t small_tile = 32;

[[noreturn]] void not_positive_definite(std::int64_t row) {
  throw Diverged("a matrix to be inverted is not positive definite at row " + std::to_string(row));
}

/// A symmetric matrix, of whose tiles those on and below the diagonal are kept.
struct Tiles {
  MatrixView m;
  std::int64_t size;

  std::int64_t count() const { return (m.rows + size - 1) / size; }
  std::int64_t begin(std::int64_t t) const { return t * size; }
  std::int64_t length(std::int64_t t) const { return std::min(size, m.rows - begin(t)); }
  MatrixView at(std::int64_t i, std::int64_t j) const {
    return {m.row(begin(i)) + begin(j), length(i), length(j), m.stride};
  }
};

/// to = factor · from
void copy(ConstMatrixView from, float factor, MatrixView to) {
  for (std::int64_t r = 0; r < to.rows; ++r) {
    for (std::int64_t c = 0; c < to.columns; ++c) to(r, c) = factor * from(r, c);
  }
}

/// to = factor · fromᵀ, in blocks whose lines stay in the first-level cache.
void copy_transposed(ConstMatrixView from, float factor, MatrixView to) {
  constexpr std::int64_t block = 16;
  for (std::int64_t top = 0; top < to.rows; top += block) {
    for (std::int64_t left = 0; left < to.columns; left += block) {
      for (std::int64_t r = top; r < std::min(top + block, to.rows); ++r) {
        for (std::int64_t c = left; c < std::min(left + block, to.columns); ++c) to(r, c) = factor * from(c, r);
      }
    }
  }
}

/// m = factor · m, and the upper triangle from the lower one.
void fill_from_lower(MatrixView m, float factor) {
  for (std::int64_t r = 0; r < m.rows; ++r) {
    for (std::int64_t c = 0; c <= r; ++c) m(r, c) = m(c, r) = factor * m(r, c);
  }
}

/// Minus the inverse of at most small_tile rows, both triangles. `first` is the row of the whole matrix.
void sweep_elements(MatrixView m, std::int64_t first) {
  double a[small_tile][small_tile];
  const std::int64_t n = m.rows;
  for (std::int64_t r = 0; r < n; ++r) {
    for (std::int64_t c = 0; c <= r; ++c) a[r][c] = a[c][r] = static_cast<double>(m(r, c));
  }
  for (std::int64_t k = 0; k < n; ++k) {
    const double pivot = a[k][k];
    if (!(pivot > 0) || !std::isfinite(pivot)) not_positive_definite(first + k);
    for (std::int64_t c = 0; c < n; ++c) a[k][c] /= pivot;
    for (std::int64_t r = 0; r < n; ++r) {
      if (r == k) continue;
      const double factor = a[r][k];
      for (std::int64_t c = 0; c < n; ++c) a[r][c] -= factor * a[k][c];
      a[r][k] = factor / pivot;
    }
    a[k][k] = -1 / pivot;
  }
  for (std::int64_t r = 0; r < n; ++r) {
    for (std::int64_t c = 0; c < n; ++c) m(r, c) = static_cast<float>(a[r][c]);
  }
}

/// The lower triangle becomes that of minus the inverse. sweep_tile(tile, row) does the same to a tile on the diagonal,
/// both triangles; for_each(tasks, task) is Threads' or a loop.
template <typename SweepTile, typename ForEach>
void sweep(const Tiles& tiles, std::int64_t first, const SweepTile& sweep_tile, const ForEach& for_each) {
  Array<std::pair<std::int64_t, std::int64_t>> lower;
  for (std::int64_t i = 0; i < tiles.count(); ++i) {
    for (std::int64_t j = 0; j <= i; ++j) lower.emplace_back(i, j);
  }
  Matrix columns(tiles.m.rows, tiles.size), products(tiles.m.rows, tiles.size);
  for (std::int64_t k = 0; k < tiles.count(); ++k) {
    const auto part = [&](Matrix& of, std::int64_t i) {
      return MatrixView{of.row(tiles.begin(i)), tiles.length(i), tiles.length(k), tiles.size};
    };
    sweep_tile(tiles.at(k, k), first + tiles.begin(k));
    for_each(tiles.count(), [&](std::int64_t i, int) {
      if (i == k) return;
      const MatrixView column = part(columns, i), product = part(products, i);
      i > k ? copy(tiles.at(i, k), 1, column) : copy_transposed(tiles.at(k, i), 1, column);
      multiply(column, tiles.at(k, k), 0, product);
      i > k ? copy(product, -1, tiles.at(i, k)) : copy_transposed(product, -1, tiles.at(k, i));
    });
    for_each(lower.size(), [&](std::int64_t task, int) {
      const auto [i, j] = lower[task];
      if (i != k && j != k) multiply_transposed(part(products, i), part(columns, j), 1, tiles.at(i, j));
    });
  }
}

void sweep_tile(MatrixView m, std::int64_t first) {
  sweep({m, small_tile}, first, sweep_elements, [](std::int64_t tasks, const auto& task) {
    for (std::int64_t t = 0; t < tasks; ++t) task(t, 0);
  });
  fill_from_lower(m, 1);
}

}  // namespace

void invert_symmetric(MatrixView m, Threads& threads) {
  if (m.rows != m.columns) throw std::invalid_argument("the inverse of a matrix that is not square");
  const Tiles tiles{m, large_tile};
  sweep(tiles, 0, sweep_tile, [&](std::int64_t tasks, const auto& task) { threads.for_each(tasks, task); });
  threads.for_each(tiles.count(), [&](std::int64_t i, int) {
    for (std::int64_t j = 0; j < i; ++j) {
      copy(tiles.at(i, j), -1, tiles.at(i, j));
      copy_transposed(tiles.at(i, j), 1, tiles.at(j, i));
    }
    fill_from_lower(tiles.at(i, i), -1);
  });
  for (std::int64_t r = 0; r < m.rows; ++r) {  // no element of an inverse is larger than the largest on its diagonal
    if (!std::isfinite(m(r, r))) not_positive_definite(r);
  }
}

}  // namespace embrace
