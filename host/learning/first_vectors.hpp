// First vectors of a factorization.
#pragma once
#include <cstdint>

#include "host/views.hpp"

namespace embrace {

/// vectors(r, k) = deviation · normal(first_row + r, k) of Random(seed, Stream::initial). Rows without ratings keep
/// what they have: zeros, so that such a row is predicted by the rest of the model.
void draw_vectors(std::uint64_t seed, std::int64_t first_row, CsrView ratings, double deviation, MatrixView vectors);

}  // namespace embrace
