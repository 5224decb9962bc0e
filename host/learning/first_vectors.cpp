#include "host/learning/first_vectors.hpp"

#include "host/random.hpp"

namespace embrace {

void draw_vectors(std::uint64_t seed, std::int64_t first_row, CsrView ratings, double deviation, MatrixView vectors) {
  const Random random(seed, Stream::initial);
  for (std::int64_t r = 0; r < ratings.rows; ++r) {
    if (ratings.row_size(r) == 0) continue;
    const auto row = static_cast<std::uint64_t>(first_row + r);
    for (std::int64_t k = 0; k < vectors.columns; ++k) {
      vectors(r, k) = static_cast<float>(deviation * random.normal(row, static_cast<std::uint32_t>(k)));
    }
  }
}

}  // namespace embrace
