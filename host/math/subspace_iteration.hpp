// The steps of a randomized SVD (host/math/randomized_svd.hpp), wherever its matrices lie. A subspace is the best
// directions in the span of an orthonormal basis of the right side, and has
//   multiply()     basis ← an orthonormal basis of mᵀ m basis
//   sort()         turns the basis to singular vectors, as far as it has them, and returns their values, descending
//   filter(cut)    basis ← an orthonormal basis of p(mᵀ m) basis, p being Chebyshev's polynomial of degree 3 on
//                  [0, cut²]: singular values up to the cut stay small, and no polynomial of that degree lets those
//                  above it grow faster
#pragma once
#include <algorithm>
#include <cstdint>

#include "host/array.hpp"
#include "host/math/orthogonal.hpp"
#include "host/math/randomized_svd.hpp"
#include "host/matrix.hpp"

namespace embrace {

/// Directions that are followed: of the rank, and beside them.
inline std::int64_t svd_width(const SvdSettings& settings, std::int64_t rows, std::int64_t columns) {
  constexpr std::int64_t least_oversampling = 10;
  const std::int64_t more = settings.oversampling.value_or(std::max(least_oversampling, settings.rank));
  return std::min({settings.rank + more, rows, columns});
}

/// Whether a singular value can be told from rounding.
inline bool is_there(double value, double largest) { return value > 1e-6 * largest; }

template <typename Subspace>
void iterate_subspace(Subspace& subspace, std::int64_t width, const SvdSettings& settings) {
  constexpr double widest = 30;  // from the largest to the smallest: beyond, a filter leaves the small no digits
  subspace.multiply();
  for (std::int64_t iteration = 0; iteration < settings.power_iterations && width > 0; ++iteration) {
    const Array<double> values = subspace.sort();
    if (!is_there(values[width - 1], values[0])) break;  // the subspace holds all that the matrix has
    if (values[0] < widest * values[width - 1]) {
      subspace.filter(values[width - 1]);
    } else {
      subspace.multiply();
    }
  }
}

/// The `rank` largest singular values; 0 those that are not there.
inline Array<float> values_of(const Rotation& rotation, std::int64_t rank) {
  Array<float> values(rank);
  for (std::int64_t k = 0; k < std::min(rank, rotation.values.size()); ++k) {
    if (is_there(rotation.values[k], rotation.values[0])) values[k] = static_cast<float>(rotation.values[k]);
  }
  return values;
}

/// What turns the basis to the right singular vectors of those values.
inline Matrix turn_to_right(const Rotation& rotation, std::int64_t rank) {
  return turn_of(rotation, rank, [&](double value) { return is_there(value, rotation.values[0]) ? 1.0 : 0.0; });
}

}  // namespace embrace
