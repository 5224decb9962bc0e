#include "host/learning/biases.hpp"

#include "host/math/aggregate.hpp"

namespace embrace {

void solve_biases(CsrView rows, double mean, double regularization, const Array<float>& other, Array<float>& bias,
                  Threads& threads) {
  threads.for_ranges(rows.rows, 256, [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t r = begin; r < end; ++r) {
      double sum = 0;
      for (std::int64_t e = rows.offsets[r]; e < rows.offsets[r + 1]; ++e) {
        sum += static_cast<double>(rows.values[e]) - mean - static_cast<double>(other[rows.indices[e]]);
      }
      const auto n = static_cast<double>(rows.row_size(r));
      bias[r] = static_cast<float>(n > 0 ? sum / (regularization + n) : 0.0);
    }
  });
}

Biases fit_biases(CsrView ratings, CsrView by_item, Threads& threads) {
  Biases biases{aggregate_ratings(ratings, threads).mean, Array<float>(ratings.rows), Array<float>(ratings.columns)};
  for (int sweep = 0; sweep < Biases::sweeps; ++sweep) {
    solve_biases(by_item, biases.mean, Biases::item_regularization, biases.users, biases.items, threads);
    solve_biases(ratings, biases.mean, Biases::user_regularization, biases.items, biases.users, threads);
  }
  return biases;
}

}  // namespace embrace
