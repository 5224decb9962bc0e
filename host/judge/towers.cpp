#include "host/judge/towers.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "host/math/product.hpp"
#include "host/math/score_losses.hpp"
#include "host/math/vector_math.hpp"

namespace embrace::judge {
namespace {

/// Columns [first, …) of a matrix.
MatrixView right(MatrixView m, std::int64_t first) { return {m.data + first, m.rows, m.columns - first, m.stride}; }

/// Rows become softmax probabilities less 1 on the diagonal, over the number of rows; returns the mean loss.
double softmax_gradient(MatrixView logits) {
  double loss = 0;
  for (std::int64_t r = 0; r < logits.rows; ++r) {
    float* row = logits.row(r);
    const float own = std::exchange(row[r], -std::numeric_limits<float>::infinity());
    const SoftmaxTerm term = sampled_softmax(1, own, 1, row, logits.columns);
    row[r] = term.positive;
    scale_row(1 / static_cast<float>(logits.rows), row, logits.columns);
    loss += term.loss;
  }
  return loss / static_cast<double>(logits.rows);
}

}  // namespace

std::int64_t Towers::place(std::int64_t count) {
  const std::int64_t at = weights_.size();
  weights_.resize(at + count, 0.0F);
  return at;
}

Towers::Towers(std::int64_t width, std::int64_t views, std::int64_t numbers, std::uint64_t seed)
    : width_(width), views_(views), numbers_(numbers) {
  user_.inputs = width * views;
  item_.inputs = width;
  const Random random(seed, Stream::initial);
  for (Tower* tower : {&user_, &item_}) {
    tower->at1 = place(tower->inputs * hidden);
    tower->at2 = place(hidden * output);
    const auto draw = [&](std::int64_t at, std::int64_t count, double deviation) {
      for (std::int64_t k = at; k < at + count; ++k) {
        weights_[k] = static_cast<float>(deviation * random.normal(static_cast<std::uint64_t>(k), 402));
      }
    };
    draw(tower->at1, tower->inputs * hidden, std::sqrt(2.0 / static_cast<double>(tower->inputs)));
    if (tower == &user_) draw(tower->at2, hidden * output, std::sqrt(1.0 / static_cast<double>(hidden)));
  }
  decaying_ = weights_.size();
  for (Tower* tower : {&user_, &item_}) {
    tower->at_bias1 = place(hidden);
    tower->at_bias2 = place(output);
  }
  at_views_ = place(views);
  at_numbers_ = place(numbers);
}

void Towers::forward(Tower& tower, ConstMatrixView x, MatrixView out) {
  if (tower.h.rows() < x.rows) {
    tower.h = Matrix(x.rows, hidden);
    tower.h_gradient = Matrix(x.rows, hidden);
  }
  const MatrixView h{tower.h.data(), x.rows, hidden, hidden};
  multiply(x, {weights_.data() + tower.at1, tower.inputs, hidden, hidden}, 0.0F, h);
  for (std::int64_t r = 0; r < x.rows; ++r) {
    for (std::int64_t k = 0; k < hidden; ++k) h(r, k) = std::max(h(r, k) + weights_[tower.at_bias1 + k], 0.0F);
    std::copy(weights_.data() + tower.at_bias2, weights_.data() + tower.at_bias2 + output, out.row(r));
  }
  multiply(h, {weights_.data() + tower.at2, hidden, output, output}, 1.0F, out);
}

void Towers::backward(Tower& tower, ConstMatrixView x, ConstMatrixView out_gradient, Span<float> gradient) {
  const MatrixView h{tower.h.data(), x.rows, hidden, hidden}, g{tower.h_gradient.data(), x.rows, hidden, hidden};
  multiply_by_transposed(h, out_gradient, {gradient.data() + tower.at2, hidden, output, output});
  multiply_transposed(out_gradient, {weights_.data() + tower.at2, hidden, output, output}, 0.0F, g);
  for (std::int64_t r = 0; r < x.rows; ++r) {
    pass_where_positive(h.row(r), 1.0F, g.row(r), g.row(r), hidden);
    add_scaled(1.0F, g.row(r), gradient.data() + tower.at_bias1, hidden);
    add_scaled(1.0F, out_gradient.row(r), gradient.data() + tower.at_bias2, output);
  }
  multiply_by_transposed(x, g, {gradient.data() + tower.at1, tower.inputs, hidden, hidden});
}

void Towers::user_vectors(ConstMatrixView users, MatrixView out) {
  forward(user_, users, right(out, width_));
  for (std::int64_t r = 0; r < users.rows; ++r) {
    std::fill(out.row(r), out.row(r) + width_, 0.0F);
    for (std::int64_t v = 0; v < views_; ++v) {
      add_scaled(weights_[at_views_ + v], users.row(r) + v * width_, out.row(r), width_);
    }
  }
}

void Towers::item_vectors(ConstMatrixView items, MatrixView out) {
  forward(item_, items, right(out, width_));
  for (std::int64_t r = 0; r < items.rows; ++r) std::copy(items.row(r), items.row(r) + width_, out.row(r));
}

double Towers::gradient(const Batch& batch, Span<float> gradient) {
  const std::int64_t n = batch.users.rows, columns = this->columns();
  if (users_.rows() < n) {
    for (Matrix* m : {&users_, &items_, &user_gradient_, &item_gradient_}) *m = Matrix(n, columns);
    logits_ = Matrix(n, n);
  }
  const MatrixView users{users_.data(), n, columns, columns}, items{items_.data(), n, columns, columns};
  const MatrixView logits{logits_.data(), n, n, n};
  user_vectors(batch.users, users);
  item_vectors(batch.items, items);
  multiply_transposed(users, items, 0.0F, logits);
  Array<float> shift(n);
  for (std::int64_t c = 0; c < n; ++c) {
    shift[c] = dot(&weights_[at_numbers_], batch.numbers.row(c), numbers_) - batch.log_share[c];
  }
  for (std::int64_t r = 0; r < n; ++r) {
    for (std::int64_t c = 0; c < n; ++c) {
      const bool twice = c != r && batch.ids[c] == batch.ids[r];
      logits(r, c) = twice ? -std::numeric_limits<float>::infinity() : logits(r, c) + shift[c];
    }
  }
  const double loss = softmax_gradient(logits);
  std::fill(gradient.begin(), gradient.end(), 0.0F);
  const MatrixView user_gradient{user_gradient_.data(), n, columns, columns};
  const MatrixView item_gradient{item_gradient_.data(), n, columns, columns};
  multiply(logits, items, 0.0F, user_gradient);
  multiply_by_transposed(logits, users, item_gradient);
  for (std::int64_t r = 0; r < n; ++r) {
    for (std::int64_t v = 0; v < views_; ++v) {
      gradient[at_views_ + v] += dot(user_gradient.row(r), batch.users.row(r) + v * width_, width_);
    }
    for (std::int64_t c = 0; c < n; ++c)
      add_scaled(logits(r, c), batch.numbers.row(c), &gradient[at_numbers_], numbers_);
  }
  backward(user_, batch.users, right(user_gradient, width_), gradient);
  backward(item_, batch.items, right(item_gradient, width_), gradient);
  return loss;
}

}  // namespace embrace::judge
