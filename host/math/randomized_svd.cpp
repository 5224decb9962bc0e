#include "host/math/randomized_svd.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "host/math/orthogonal.hpp"
#include "host/math/product.hpp"
#include "host/math/sparse_product.hpp"
#include "host/math/subspace_iteration.hpp"
#include "host/random.hpp"
#include "host/sparse.hpp"

namespace embrace {
namespace {

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

/// As host/math/subspace_iteration.hpp wants it, with the images of the basis.
class Subspace {
 public:
  Subspace(CsrView matrix, CsrView by_column, std::int64_t width, std::uint64_t seed, Threads& threads)
      : matrix_(matrix),
        by_column_(by_column),
        threads_(threads),
        basis_(matrix.columns, width),
        before_(matrix.columns, width),
        image_(matrix.rows, width) {
    draw_signs(seed, basis_.view(), threads_);
    orthonormal(basis_);
  }

  void multiply() {
    multiply_sparse(matrix_, basis_.view(), image_.view(), threads_);
    orthonormal(image_);
    multiply_sparse(by_column_, image_.view(), basis_.view(), threads_);
    orthonormal(basis_);
  }

  Array<double> sort() {
    multiply_sparse(matrix_, basis_.view(), image_.view(), threads_);
    const Rotation rotation = rotate_columns(triangle_of(image_.view(), threads_), basis_.columns(), threads_);
    const Matrix turn = turn_of(rotation, basis_.columns(), [](double) { return 1.0; });
    multiply_rows(basis_.view(), turn.view(), before_.view(), threads_);
    std::swap(basis_, before_);
    return rotation.values;
  }

  void filter(double cut) {
    const auto scale = static_cast<float>(2 / (cut * cut));
    Matrix next(basis_.rows(), basis_.columns());
    for (int degree = 1; degree <= 3; ++degree) {  // p_d = 2 (scale mᵀm - 1) p_(d-1) - p_(d-2)
      multiply_sparse(matrix_, basis_.view(), image_.view(), threads_);
      multiply_sparse(by_column_, image_.view(), next.view(), threads_);
      const float factor = degree == 1 ? 1.0F : 2.0F;
      threads_.for_ranges(next.rows(), rows_a_task, [&](std::int64_t begin, std::int64_t end, int) {
        for (std::int64_t e = begin * next.columns(); e < end * next.columns(); ++e) {
          const float older = degree == 1 ? 0.0F : before_.data()[e];
          next.data()[e] = factor * (scale * next.data()[e] - basis_.data()[e]) - older;
        }
      });
      std::swap(before_, basis_);
      std::swap(basis_, next);
    }
    orthonormal(basis_);
  }

  Svd svd(std::int64_t rank) {
    multiply_sparse(matrix_, basis_.view(), image_.view(), threads_);
    const Rotation rotation = rotate_columns(triangle_of(image_.view(), threads_), basis_.columns(), threads_);
    Svd svd{Matrix(image_.rows(), rank), values_of(rotation, rank), Matrix(basis_.rows(), rank)};
    const Matrix right = turn_to_right(rotation, rank);
    const Matrix left =
        turn_of(rotation, rank, [&](double value) { return is_there(value, rotation.values[0]) ? 1 / value : 0.0; });
    multiply_rows(basis_.view(), right.view(), svd.right.view(), threads_);
    multiply_rows(image_.view(), left.view(), svd.left.view(), threads_);
    choose_signs(svd);
    return svd;
  }

 private:
  void orthonormal(Matrix& x) { orthonormalize(x.view(), triangle_of(x.view(), threads_), threads_); }

  CsrView matrix_, by_column_;
  Threads& threads_;
  Matrix basis_, before_;  // columns of the matrix × width
  Matrix image_;           // rows × width
};

}  // namespace

Svd randomized_svd(CsrView matrix, CsrView by_column, const SvdSettings& settings, Threads& threads) {
  const std::int64_t width = svd_width(settings, matrix.rows, matrix.columns);
  Subspace subspace(matrix, by_column, width, settings.seed, threads);
  iterate_subspace(subspace, width, settings);
  return subspace.svd(settings.rank);
}

Svd randomized_svd(CsrView matrix, const SvdSettings& settings, Threads& threads) {
  const Csr by_column = transposed(matrix, threads);
  return randomized_svd(matrix, by_column.view(), settings, threads);
}

}  // namespace embrace
