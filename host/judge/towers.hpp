// Two towers: a user's and an item's vector for rankings, learned by a softmax over the items of the batch.
//   s_ui = <a_1 p_1 + a_2 p_2 + …, q> + <f(p), g(q)> + <b, z_i>      f, g: one layer of 64 units, then 32 numbers
//   loss = mean over pairs (u, i) of -log( exp(s_ui - ln Q_i) / Σ_j exp(s_uj - ln Q_j) ),  j over the batch's items
// p: the user's views, q: the item, as wide as a view; z: numbers of an item, such as its popularity; Q_j: the item's
// share of the pairs, which corrects that frequent items are drawn often (Yi et al. 2019, "Sampling-bias-corrected
// neural modeling", equation 3). An item that is in the batch twice is no negative of itself. Before the first step f
// and g say nothing: the last layer of g starts at 0.
#pragma once
#include <cstdint>

#include "host/array.hpp"
#include "host/matrix.hpp"
#include "host/random.hpp"
#include "host/span.hpp"

namespace embrace::judge {

class Towers {
 public:
  static constexpr std::int64_t hidden = 64, output = 32;

  Towers(std::int64_t width, std::int64_t views, std::int64_t numbers, std::uint64_t seed);

  std::int64_t parameters() const { return weights_.size(); }
  std::int64_t decaying() const { return decaying_; }
  Array<float>& weights() { return weights_; }
  Span<float> view_weights() { return {weights_.data() + at_views_, views_}; }
  Span<float> number_weights() { return {weights_.data() + at_numbers_, numbers_}; }

  /// Vectors whose dot product, with the item's bias, is the score; width + output numbers each.
  std::int64_t columns() const { return width_ + output; }
  void user_vectors(ConstMatrixView users, MatrixView out);
  void item_vectors(ConstMatrixView items, MatrixView out);

  /// A pair in each row: the user's views, the item, its numbers; `log_share` is ln Q, `ids` tell items apart.
  struct Batch {
    ConstMatrixView users, items, numbers;
    Span<const float> log_share;
    Span<const std::int32_t> ids;
  };
  /// The loss, and its gradient by all weights.
  double gradient(const Batch& batch, Span<float> gradient);

 private:
  struct Tower {
    std::int64_t inputs = 0, at1 = 0, at2 = 0, at_bias1 = 0, at_bias2 = 0;
    Matrix h, h_gradient;  // of the batch at hand
  };
  std::int64_t place(std::int64_t count);
  void forward(Tower& tower, ConstMatrixView x, MatrixView out);
  void backward(Tower& tower, ConstMatrixView x, ConstMatrixView out_gradient, Span<float> gradient);

  std::int64_t width_, views_, numbers_;
  Tower user_, item_;
  std::int64_t at_views_ = 0, at_numbers_ = 0, decaying_ = 0;
  Array<float> weights_;
  Matrix users_, items_, logits_, user_gradient_, item_gradient_;
};

}  // namespace embrace::judge
