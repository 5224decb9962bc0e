#include "host/judge/network.hpp"

#include <algorithm>
#include <cmath>

#include "host/math/product.hpp"
#include "host/math/random_bits.hpp"
#include "host/math/vector_math.hpp"

namespace embrace::judge {
namespace {

/// Column sums of a matrix.
void sum_rows(ConstMatrixView from, float* out) {
  std::fill(out, out + from.columns, 0.0F);
  for (std::int64_t r = 0; r < from.rows; ++r) add_scaled(1.0F, from.row(r), out, from.columns);
}

}  // namespace

Network::Network(std::int64_t inputs, std::int64_t linear, bool cross, std::uint64_t seed)
    : layout_{.inputs = inputs, .linear = linear, .crossed = cross}, weights_(layout_.size, 0.0F) {
  const Random random(seed, Stream::initial);
  const auto draw = [&](std::int64_t at, std::int64_t count, double deviation) {
    for (std::int64_t k = 0; k < count; ++k) {
      weights_[at + k] = static_cast<float>(deviation * random.normal(static_cast<std::uint64_t>(at + k), 401));
    }
  };
  draw(layout_.first, inputs * hidden1, std::sqrt(2.0 / static_cast<double>(inputs)));  // He et al. 2015, equation 10
  draw(layout_.second, hidden1 * hidden2, std::sqrt(2.0 / static_cast<double>(hidden1)));
  if (cross) draw(layout_.cross, inputs * inputs, 0.1 / std::sqrt(static_cast<double>(inputs)));
}

void Network::resize(std::int64_t n) {
  if (h1_.rows() >= n) return;
  h1_ = Matrix(n, hidden1);
  h2_ = Matrix(n, hidden2);
  g1_ = Matrix(n, hidden1);
  g2_ = Matrix(n, hidden2);
  if (layout_.crossed) {
    crossed_ = Matrix(n, layout_.inputs);
    gate_ = Matrix(n, layout_.inputs);
    gz_ = Matrix(n, layout_.inputs);
  }
  scores_.resize(n);
  coefficients_.resize(n);
}

/// relu(h + constants), units dropped and the others scaled up.
void Network::activate(MatrixView h, const float* constants, const Dropout* dropout, std::uint32_t layer) {
  FixedArray<std::uint32_t, hidden1> bits{};
  for (std::int64_t r = 0; r < h.rows; ++r) {
    float* row = h.row(r);
    for (std::int64_t k = 0; k < h.columns; ++k) row[k] = std::max(row[k] + constants[k], 0.0F);
    if (dropout == nullptr || dropout->share <= 0) continue;
    random_bits(dropout->random, dropout->first + static_cast<std::uint64_t>(r), layer << 16U, h.columns / 4,
                bits.data());
    drop_units(bits.data(), static_cast<std::uint32_t>(dropout->share * 0x1p32),
               static_cast<float>(1 / (1 - dropout->share)), row, h.columns);
  }
}

void Network::forward(ConstMatrixView samples, const Dropout* dropout, Span<float> out) {
  const std::int64_t n = samples.rows;
  resize(n);
  ConstMatrixView z{samples.data, n, layout_.inputs, samples.stride};
  if (layout_.crossed) {
    const MatrixView gate{gate_.data(), n, layout_.inputs, layout_.inputs};
    multiply(z, view(layout_.cross, layout_.inputs, layout_.inputs), 0.0F, gate);
    for (std::int64_t r = 0; r < n; ++r) {
      for (std::int64_t k = 0; k < layout_.inputs; ++k) {
        gate_(r, k) += weights_[layout_.cross_bias + k];
        crossed_(r, k) = z(r, k) * (gate_(r, k) + 1.0F);
      }
    }
    z = {crossed_.data(), n, layout_.inputs, layout_.inputs};
  }
  const MatrixView h1{h1_.data(), n, hidden1, hidden1}, h2{h2_.data(), n, hidden2, hidden2};
  multiply(z, view(layout_.first, layout_.inputs, hidden1), 0.0F, h1);
  activate(h1, &weights_[layout_.first_bias], dropout, 0);
  multiply(h1, view(layout_.second, hidden1, hidden2), 0.0F, h2);
  activate(h2, &weights_[layout_.second_bias], dropout, 1);
  for (std::int64_t r = 0; r < n; ++r) {
    out[r] = dot(&weights_[layout_.third], h2.row(r), hidden2);
    for (std::int64_t k = 0; k < layout_.linear; ++k)
      out[r] += weights_[layout_.of_linear + k] * samples(r, layout_.inputs + k);
  }
}

void Network::predict(ConstMatrixView samples, Span<float> out) { forward(samples, nullptr, out); }

/// From the gradient by the first layer's units, before them; gate_ is that of the samples.
void Network::pass_to_samples(ConstMatrixView samples, ConstMatrixView by_hidden, MatrixView by_samples) {
  const std::int64_t n = samples.rows;
  const MatrixView by_inputs{by_samples.data, n, layout_.inputs, by_samples.stride};
  multiply_transposed(by_hidden, view(layout_.first, layout_.inputs, hidden1), 0.0F, by_inputs);
  if (!layout_.crossed) return;
  const MatrixView gz{gz_.data(), n, layout_.inputs, layout_.inputs};
  for (std::int64_t r = 0; r < n; ++r) {
    for (std::int64_t k = 0; k < layout_.inputs; ++k) {
      gz(r, k) = by_inputs(r, k) * samples(r, k);
      by_inputs(r, k) *= gate_(r, k) + 1.0F;
    }
  }
  multiply_transposed(gz, view(layout_.cross, layout_.inputs, layout_.inputs), 1.0F, by_inputs);
}

double Network::gradient(ConstMatrixView samples, Span<const float> targets, const Dropout& dropout,
                         Span<float> gradient, std::optional<MatrixView> by_samples) {
  const std::int64_t n = samples.rows;
  resize(n);
  forward(samples, &dropout, scores_);
  double loss = 0;
  float* linear = gradient.data() + layout_.of_linear;
  float* last = gradient.data() + layout_.third;
  std::fill(linear, linear + layout_.linear, 0.0F);
  std::fill(last, last + hidden2, 0.0F);
  const auto scale = static_cast<float>(1 / (1 - dropout.share));
  for (std::int64_t r = 0; r < n; ++r) {
    const float error = scores_[r] - targets[r];
    const float coefficient = error / static_cast<float>(n);
    loss += static_cast<double>(error) * static_cast<double>(error);
    for (std::int64_t k = 0; k < layout_.linear; ++k) {
      linear[k] += coefficient * samples(r, layout_.inputs + k);
      if (by_samples) (*by_samples)(r, layout_.inputs + k) = coefficient * weights_[layout_.of_linear + k];
    }
    add_scaled(coefficient, h2_.row(r), last, hidden2);
    // An activation is positive exactly where both relu and dropout let it pass.
    pass_where_positive(h2_.row(r), coefficient * scale, &weights_[layout_.third], g2_.row(r), hidden2);
  }
  const MatrixView h1{h1_.data(), n, hidden1, hidden1}, g1{g1_.data(), n, hidden1, hidden1},
      g2{g2_.data(), n, hidden2, hidden2};
  multiply_by_transposed(h1, g2, {gradient.data() + layout_.second, hidden1, hidden2, hidden2});
  sum_rows(g2, gradient.data() + layout_.second_bias);
  multiply_transposed(g2, view(layout_.second, hidden1, hidden2), 0.0F, g1);
  for (std::int64_t r = 0; r < n; ++r) pass_where_positive(h1.row(r), scale, g1.row(r), g1.row(r), hidden1);
  const ConstMatrixView x{samples.data, n, layout_.inputs, samples.stride};
  const ConstMatrixView z = layout_.crossed ? ConstMatrixView{crossed_.data(), n, layout_.inputs, layout_.inputs} : x;
  multiply_by_transposed(z, g1, {gradient.data() + layout_.first, layout_.inputs, hidden1, hidden1});
  sum_rows(g1, gradient.data() + layout_.first_bias);
  if (layout_.crossed) {
    const MatrixView gz{gz_.data(), n, layout_.inputs, layout_.inputs};
    multiply_transposed(g1, view(layout_.first, layout_.inputs, hidden1), 0.0F, gz);
    for (std::int64_t r = 0; r < n; ++r) {
      for (std::int64_t k = 0; k < layout_.inputs; ++k) gz(r, k) *= x(r, k);
    }
    multiply_by_transposed(x, gz, {gradient.data() + layout_.cross, layout_.inputs, layout_.inputs, layout_.inputs});
    sum_rows(gz, gradient.data() + layout_.cross_bias);
  }
  if (by_samples) pass_to_samples(samples, g1, *by_samples);
  return loss / (2 * static_cast<double>(n));
}

}  // namespace embrace::judge
