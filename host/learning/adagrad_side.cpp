#include "host/learning/adagrad_side.hpp"

#include <algorithm>
#include <utility>

namespace embrace {

AdagradSide::AdagradSide(ModelSide start, double learning_rate)
    : table(std::move(start.table)), sums(table.rows(), table.factors() + 1) {
  std::fill(sums.data(), sums.data() + sums.size(), 1.0F);
  for (const float penalty : start.penalties) {
    rates.push_back({penalty, static_cast<float>(learning_rate) * table.rate(rates.size())});
  }
}

AdagradRow AdagradSide::step(std::int64_t row, const float* vector, EmbeddingTable::RowGradient from) {
  float* weights = table.weights().row(row);
  float* sum = sums.row(row);
  prefetch(weights, table.factors() + 1);
  prefetch(sum, table.factors() + 1);
  return {vector, from.bias, rates[row].penalty * from.squares, rates[row].step, sum, weights};
}

void AdagradSide::update_rows(std::int64_t begin, std::int64_t end, RowSums& vectors, Array<AdagradRow>& steps) {
  steps.clear();
  Matrix gradient(end - begin, table.factors());
  for (std::int64_t t = begin; t < end; ++t) {
    const auto from = table.row_gradient(*slots, gradients, t, vectors);
    vectors.store_at(gradient.row(t - begin));
    steps.push_back(step(slots->rows[t], gradient.row(t - begin), from));
  }
  vectors.run();
  adagrad(steps, table.factors());
}

void AdagradSide::update_frozen(std::int64_t begin, std::int64_t end, Array<AdagradRow>& steps) {
  steps.clear();
  Matrix gradient(end - begin, table.factors());
  const auto from = table.frozen_gradients(*slots, gradients, begin, end, gradient.view());
  for (std::int64_t c = begin; c < end; ++c) {
    steps.push_back(step(table.first_frozen() + c, gradient.row(c - begin), from[c - begin]));
  }
  adagrad(steps, table.factors());
}

}  // namespace embrace
