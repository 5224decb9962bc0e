#include "host/methods/deep_model.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "host/array.hpp"
#include "host/math/aggregate.hpp"
#include "host/math/product.hpp"
#include "host/math/random_bits.hpp"
#include "host/math/vector_math.hpp"

namespace embrace {

void DenseParameter::randomize(double spread, const Random& random, std::uint32_t stream) {
  for (std::int64_t k = 0; k < value.size(); ++k) {
    value.data()[k] = static_cast<float>(spread * random.normal(static_cast<std::uint64_t>(k), stream));
  }
}

void DenseParameter::update(std::int64_t r, const float* g, const AdamStep& step) {
  adam(step, g, value.row(r), m.row(r), v.row(r), value.columns());
}

void SideActivations::resize(std::int64_t rows, std::int64_t factors, std::int64_t width) {
  if (hidden.rows() < rows || hidden.columns() != width) hidden = Matrix(rows, width);
  if (sum.rows() < rows || sum.columns() != factors) sum = Matrix(rows, factors);
}

float deep_offset(const Problem& problem) {
  return problem.task == Task::rating ? static_cast<float>(aggregate_ratings(problem.ratings, problem.threads).mean)
                                      : -std::log(static_cast<float>(deep_negatives));
}

DenseParameter first_layer(const EmbeddingTable& table, std::int64_t hidden, std::uint64_t seed, std::int64_t side) {
  const std::int64_t inputs = table.slices() * table.factors();
  DenseParameter layer(inputs, hidden);
  // He et al. 2015, equation 10, for the inputs of one side.
  layer.randomize(std::sqrt(2.0 / static_cast<double>(std::max<std::int64_t>(1, inputs))),
                  Random(seed, Stream::initial), 8 + static_cast<std::uint32_t>(side));
  return layer;
}

DeepSide::DeepSide(ModelSide start, DenseParameter first_layer)
    : table(std::move(start.table)),
      decays(std::move(start.penalties)),
      m(table.rows(), table.factors() + 1),
      v(table.rows(), table.factors() + 1),
      steps(table.rows(), 0),
      weights(std::move(first_layer)) {}

void DeepSide::activate(const Matrix& represented, std::int64_t begin, std::int64_t end, SideActivations& out) const {
  const std::int64_t rows = end - begin, hidden = weights.value.columns(), factors = table.factors();
  multiply({represented.row(begin), rows, inputs(), represented.columns()}, weights.value.view(), 0.0F,
           {out.hidden.row(begin), rows, hidden, hidden});
  for (std::int64_t r = begin; r < end; ++r) {
    std::fill(out.sum.row(r), out.sum.row(r) + factors, 0.0F);
    for (std::int64_t s = 0; s < table.slices(); ++s) {
      add_scaled(1.0F, represented.row(r) + s * factors, out.sum.row(r), factors);
    }
  }
}

void DeepSide::update_rows(std::int64_t begin, std::int64_t end, double learning_rate, RowSums& sums) {
  const std::int64_t factors = table.factors();
  Matrix gradient(end - begin, factors + 1);
  for (std::int64_t t = begin; t < end; ++t) {
    gradient(t - begin, factors) = table.row_gradient(*slots, gradients, t, sums).bias;
    sums.store_at(gradient.row(t - begin));
  }
  sums.run();
  for (std::int64_t t = begin; t < end; ++t) update_row(slots->rows[t], gradient.row(t - begin), learning_rate);
}

void DeepSide::update_frozen(std::int64_t begin, std::int64_t end, double learning_rate) {
  const std::int64_t factors = table.factors();
  Matrix gradient(end - begin, factors + 1);
  const auto from = table.frozen_gradients(*slots, gradients, begin, end, gradient.left(factors));
  for (std::int64_t c = begin; c < end; ++c) {
    gradient(c - begin, factors) = from[c - begin].bias;
    update_row(table.first_frozen() + c, gradient.row(c - begin), learning_rate);
  }
}

void DeepSide::update_row(std::int64_t row, const float* gradient, double learning_rate) {
  const AdamStep step(learning_rate, static_cast<double>(decays[row]), ++steps[row]);
  adam(step, gradient, table.weights().row(row), m.row(row), v.row(row), table.factors() + 1);
}

DeepHead::DeepHead(std::int64_t factors, std::int64_t hidden, double dropout, const Random& initial)
    : first_bias(1, hidden),
      second(hidden, std::max<std::int64_t>(1, hidden / 2)),
      second_bias(1, second.value.columns()),
      output(1, second.value.columns()),
      factors_(factors),
      scale_(static_cast<float>(1.0 / (1.0 - dropout))),
      dropped_below_(static_cast<std::uint32_t>(dropout * 0x1p32)) {
  second.randomize(std::sqrt(2.0 / static_cast<double>(hidden)), initial, 16);
  output.randomize(std::sqrt(1.0 / static_cast<double>(output.value.columns())), initial, 17);
}

/// Four units a counter. The high bit keeps these counters apart from those of identity dropout.
void DeepHead::drop(const Random& mask, std::uint64_t sample, std::uint32_t layer, float* h, std::int64_t n) const {
  constexpr std::int64_t most = 128;  // units at a time
  FixedArray<std::uint32_t, most> bits;
  for (std::int64_t first = 0; first < n; first += most) {
    const std::int64_t units = std::min(most, n - first);
    random_bits(mask, sample, 0x80000000U | (layer << 16U) | static_cast<std::uint32_t>(first / 4), (units + 3) / 4,
                bits.data());
    drop_units(bits.data(), dropped_below_, scale_, h + first, units);
  }
}

void DeepHead::forward(const SampleParts* parts, std::int64_t n, const Random* mask, std::uint64_t first, MatrixView h1,
                       MatrixView h2, float* scores) const {
  const bool dropping = mask != nullptr && dropped_below_ > 0;
  const float* bias1 = first_bias.value.data();
  for (std::int64_t r = 0; r < n; ++r) {
    const SampleParts& part = parts[r];
    float* h = h1.row(r);
    for (std::int64_t k = 0; k < hidden(); ++k) h[k] = bias1[k] + part.user_hidden[k] + part.item_hidden[k];
    if (part.context_hidden != nullptr) add_scaled(1.0F, part.context_hidden, h, hidden());
    for (std::int64_t k = 0; k < hidden(); ++k) h[k] = std::max(h[k], 0.0F);
    if (dropping) drop(*mask, first + static_cast<std::uint64_t>(r), 0, h, hidden());
  }
  multiply({h1.data, n, hidden(), h1.stride}, second.value.view(), 0.0F, {h2.data, n, hidden2(), h2.stride});
  for (std::int64_t r = 0; r < n; ++r) {
    const SampleParts& part = parts[r];
    float* h = h2.row(r);
    for (std::int64_t k = 0; k < hidden2(); ++k) h[k] = std::max(h[k] + second_bias.value.data()[k], 0.0F);
    if (dropping) drop(*mask, first + static_cast<std::uint64_t>(r), 1, h, hidden2());
    float score = part.bias + dot(part.user_sum, part.item_sum, factors_) + dot(output.value.data(), h, hidden2());
    if (part.context_sum != nullptr) {
      score += dot(part.context_sum, part.user_sum, factors_) + dot(part.context_sum, part.item_sum, factors_);
    }
    scores[r] = score;
  }
}

/// An activation is positive exactly where both relu and mask let it pass, scaled by the mask.
void DeepHead::backward(const float* coefficients, ConstMatrixView h1, ConstMatrixView h2, MatrixView g1,
                        MatrixView g2) const {
  const std::int64_t n = h1.rows;
  for (std::int64_t r = 0; r < n; ++r) {
    pass_where_positive(h2.row(r), coefficients[r] * scale_, output.value.data(), g2.row(r), hidden2());
  }
  multiply_transposed(g2, second.value.view(), 0.0F, g1);
  for (std::int64_t r = 0; r < n; ++r) pass_where_positive(h1.row(r), scale_, g1.row(r), g1.row(r), hidden());
}

}  // namespace embrace
