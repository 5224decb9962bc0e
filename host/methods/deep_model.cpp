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

DeepShape deep_shape(const Hyper& hyper, Span<const ModelSide> sides) {
  DeepShape shape{.interaction = static_cast<Interaction>(hyper.integer("head")),
                  .factors = hyper.integer("factors"),
                  .hidden = hyper.integer("hidden"),
                  .fields = 0};
  for (const ModelSide& side : sides) shape.fields += side.table.slices();
  return shape;
}

void SideActivations::resize(std::int64_t rows, const DeepShape& shape) {
  if (hidden.rows() < rows || hidden.columns() != shape.width()) hidden = Matrix(rows, shape.width());
  if (sum.rows() < rows || sum.columns() != shape.factors) sum = Matrix(rows, shape.factors);
}

float deep_offset(const Problem& problem) {
  return problem.task == Task::rating ? static_cast<float>(aggregate_ratings(problem.ratings, problem.threads).mean)
                                      : -std::log(static_cast<float>(deep_negatives));
}

DenseParameter first_layer(const EmbeddingTable& table, std::int64_t width, std::uint64_t seed, std::int64_t side) {
  const std::int64_t inputs = table.slices() * table.factors();
  DenseParameter layer(inputs, width);
  // He et al. 2015, equation 10, for the inputs of one side.
  layer.randomize(std::sqrt(2.0 / static_cast<double>(std::max<std::int64_t>(1, inputs))),
                  Random(seed, Stream::initial), 8 + static_cast<std::uint32_t>(side));
  return layer;
}

DeepSide::DeepSide(ModelSide start, double learning_rate, DenseParameter first_layer)
    : AdagradSide(std::move(start), learning_rate), weights(std::move(first_layer)) {}

void DeepSide::activate(const Matrix& represented, std::int64_t begin, std::int64_t end, SideActivations& out) const {
  const std::int64_t rows = end - begin, width = weights.value.columns(), factors = table.factors();
  multiply({represented.row(begin), rows, inputs(), represented.columns()}, weights.value.view(), 0.0F,
           {out.hidden.row(begin), rows, width, width});
  for (std::int64_t r = begin; r < end; ++r) {
    std::fill(out.sum.row(r), out.sum.row(r) + factors, 0.0F);
    for (std::int64_t s = 0; s < table.slices(); ++s) {
      add_scaled(1.0F, represented.row(r) + s * factors, out.sum.row(r), factors);
    }
  }
}

DeepHead::DeepHead(const DeepShape& shape, double dropout, const Random& initial)
    : first_bias(1, shape.width()),
      pairs(shape.pairs(), shape.hidden),
      second(shape.hidden, shape.hidden2()),
      second_bias(1, shape.hidden2()),
      output(1, shape.hidden2()),
      shape_(shape),
      scale_(static_cast<float>(1.0 / (1.0 - dropout))),
      dropped_below_(static_cast<std::uint32_t>(dropout * 0x1p32)) {
  pairs.randomize(std::sqrt(2.0 / static_cast<double>(std::max<std::int64_t>(1, shape.pairs()))), initial, 15);
  second.randomize(std::sqrt(2.0 / static_cast<double>(shape.hidden)), initial, 16);
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

void DeepHead::forward(const SampleParts* parts, std::int64_t n, ConstMatrixView dots, const Random* mask,
                       std::uint64_t first, MatrixView h1, MatrixView h2, float* scores) const {
  const bool dropping = mask != nullptr && dropped_below_ > 0;
  const std::int64_t width = shape_.width(), hidden = shape_.hidden, hidden2 = shape_.hidden2();
  const float* bias1 = first_bias.value.data();
  for (std::int64_t r = 0; r < n; ++r) {
    const SampleParts& part = parts[r];
    float* h = h1.row(r);
    for (std::int64_t k = 0; k < width; ++k) h[k] = bias1[k] + part.user_hidden[k] + part.item_hidden[k];
    if (part.context_hidden != nullptr) add_scaled(1.0F, part.context_hidden, h, width);
  }
  if (dots.columns > 0) multiply(dots, pairs.value.view(), 1.0F, {h1.data, n, hidden, h1.stride});
  for (std::int64_t r = 0; r < n; ++r) {
    float* h = h1.row(r);
    for (std::int64_t k = 0; k < hidden; ++k) h[k] = std::max(h[k], 0.0F);
    if (dropping) drop(*mask, first + static_cast<std::uint64_t>(r), 0, h, hidden);
  }
  multiply({h1.data, n, hidden, h1.stride}, second.value.view(), 0.0F, {h2.data, n, hidden2, h2.stride});
  for (std::int64_t r = 0; r < n; ++r) {
    float* h = h2.row(r);
    for (std::int64_t k = 0; k < hidden2; ++k) h[k] = std::max(h[k] + second_bias.value.data()[k], 0.0F);
    if (dropping) drop(*mask, first + static_cast<std::uint64_t>(r), 1, h, hidden2);
    scores[r] = parts[r].bias + interaction(parts[r], h1.row(r)) + dot(output.value.data(), h, hidden2);
  }
}

float DeepHead::interaction(const SampleParts& part, const float* h1) const {
  const std::int64_t factors = shape_.factors;
  if (shape_.interaction == Interaction::cross) {
    return dot(h1 + shape_.hidden, h1 + shape_.hidden + factors, factors);
  }
  if (shape_.interaction != Interaction::fm) return 0.0F;
  const float score = dot(part.user_sum, part.item_sum, factors);
  if (part.context_sum == nullptr) return score;
  return score + dot(part.context_sum, part.user_sum, factors) + dot(part.context_sum, part.item_sum, factors);
}

/// An activation is positive exactly where both relu and mask let it pass, scaled by the mask.
void DeepHead::backward(const float* coefficients, ConstMatrixView h1, ConstMatrixView h2, MatrixView g1,
                        MatrixView g2) const {
  const std::int64_t n = h1.rows, hidden = shape_.hidden, factors = shape_.factors;
  for (std::int64_t r = 0; r < n; ++r) {
    pass_where_positive(h2.row(r), coefficients[r] * scale_, output.value.data(), g2.row(r), shape_.hidden2());
  }
  multiply_transposed(g2, second.value.view(), 0.0F, {g1.data, n, hidden, g1.stride});
  for (std::int64_t r = 0; r < n; ++r) {
    pass_where_positive(h1.row(r), scale_, g1.row(r), g1.row(r), hidden);
    if (shape_.interaction != Interaction::cross) continue;
    const float *a = h1.row(r) + hidden, *b = a + factors;
    float *to_a = g1.row(r) + hidden, *to_b = to_a + factors;
    for (std::int64_t k = 0; k < factors; ++k) {
      to_a[k] = coefficients[r] * b[k];
      to_b[k] = coefficients[r] * a[k];
    }
  }
}

}  // namespace embrace
