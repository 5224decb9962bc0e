#include "host/math/randomized_svd.hpp"

#include <algorithm>
#include <cmath>

#include "host/math/orthogonal.hpp"
#include "host/math/product.hpp"
#include "host/math/sparse_product.hpp"
#include "host/random.hpp"
#include "host/sparse.hpp"

namespace embrace {
namespace {

constexpr double least_value = 1e-6;  // of the largest
constexpr std::int64_t rows_a_task = 512;

/// Signs at random: a start as good as one of normal numbers, whose draws cost more.
void draw_signs(std::uint64_t seed, MatrixView x, Threads& threads) {
  constexpr std::int64_t bits_a_draw = 128;
  const Random random(seed, Stream::initial);
  threads.for_ranges(x.rows, rows_a_task, [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t r = begin; r < end; ++r) {
      for (std::int64_t first = 0; first < x.columns; first += bits_a_draw) {
        const auto bits = random.bits(static_cast<std::uint64_t>(r), static_cast<std::uint32_t>(first / bits_a_draw));
        for (std::int64_t c = first; c < std::min(x.columns, first + bits_a_draw); ++c) {
          const auto bit = static_cast<std::size_t>(c - first);
          x(r, c) = ((bits[bit / 32] >> (bit % 32)) & 1U) != 0 ? 1.0F : -1.0F;
        }
      }
    }
  });
}

/// out = x · turn
void multiply_rows(ConstMatrixView x, ConstMatrixView turn, MatrixView out, Threads& threads) {
  threads.for_ranges(x.rows, rows_a_task, [&](std::int64_t begin, std::int64_t end, int) {
    multiply({x.row(begin), end - begin, x.columns, x.stride}, turn, 0,
             {out.row(begin), end - begin, out.columns, out.stride});
  });
}

/// Signs are not determined by a matrix: the element of largest magnitude in each right vector is made positive.
void choose_signs(Svd& svd) {
  for (std::int64_t k = 0; k < svd.values.size(); ++k) {
    float largest = 0;
    for (std::int64_t r = 0; r < svd.right.rows(); ++r) {
      if (std::fabs(svd.right(r, k)) > std::fabs(largest)) largest = svd.right(r, k);
    }
    if (largest >= 0) continue;
    for (std::int64_t r = 0; r < svd.right.rows(); ++r) svd.right(r, k) = -svd.right(r, k);
    for (std::int64_t r = 0; r < svd.left.rows(); ++r) svd.left(r, k) = -svd.left(r, k);
  }
}

/// From an orthonormal basis of the right side, and the matrix times it.
Svd svd_in(const Matrix& basis, const Matrix& image, std::int64_t rank, Threads& threads) {
  const std::int64_t width = basis.columns();
  const Rotation rotation = rotate_columns(triangle_of(image.view(), threads), width, threads);
  Svd svd{Matrix(image.rows(), rank), Array<float>(rank), Matrix(basis.rows(), rank)};
  Matrix turn_right(width, rank), turn_left(width, rank);
  for (std::int64_t k = 0; k < std::min(rank, width); ++k) {
    const double value = rotation.values[k];
    if (!(value > least_value * rotation.values[0])) break;
    svd.values[k] = static_cast<float>(value);
    for (std::int64_t r = 0; r < width; ++r) {
      turn_right(r, k) = static_cast<float>(rotation.vectors[k * width + r]);
      turn_left(r, k) = static_cast<float>(rotation.vectors[k * width + r] / value);
    }
  }
  multiply_rows(basis.view(), turn_right.view(), svd.right.view(), threads);
  multiply_rows(image.view(), turn_left.view(), svd.left.view(), threads);
  choose_signs(svd);
  return svd;
}

}  // namespace

Svd randomized_svd(CsrView matrix, CsrView by_column, const SvdSettings& settings, Threads& threads) {
  const std::int64_t width = std::min({settings.rank + settings.oversampling, matrix.rows, matrix.columns});
  Matrix basis(matrix.columns, width), image(matrix.rows, width);
  draw_signs(settings.seed, basis.view(), threads);
  const auto orthonormal = [&](Matrix& x) { orthonormalize(x.view(), triangle_of(x.view(), threads), threads); };
  orthonormal(basis);
  for (std::int64_t iteration = 0; iteration <= settings.power_iterations; ++iteration) {
    multiply_sparse(matrix, basis.view(), image.view(), threads);
    orthonormal(image);
    multiply_sparse(by_column, image.view(), basis.view(), threads);
    orthonormal(basis);
  }
  multiply_sparse(matrix, basis.view(), image.view(), threads);
  return svd_in(basis, image, settings.rank, threads);
}

Svd randomized_svd(CsrView matrix, const SvdSettings& settings, Threads& threads) {
  const Csr by_column = transposed(matrix, threads);
  return randomized_svd(matrix, by_column.view(), settings, threads);
}

}  // namespace embrace
