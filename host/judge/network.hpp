// The network of a judge: what its vectors say beyond the linear part that it starts from.
//   f(x, s) = <a, s> + w3' h2      h1 = relu(W1' z + c1)      h2 = relu(W2' h1 + c2)      z = x, or one cross layer:
//   z = x ⊙ (Wx' x + cx) + x       (DCNv2: Wang et al. 2021, equation 1, under the layers: its "stacked" form)
// s are dot products, which such a network learns badly from so few ratings, and habits of users (Rendle et al. 2020,
// "Neural collaborative filtering vs. matrix factorization revisited"); w3 starts at 0 and a where the caller puts it,
// so that before its first step the network is the linear part.
#pragma once
#include <cstdint>
#include <optional>

#include "host/array.hpp"
#include "host/matrix.hpp"
#include "host/random.hpp"
#include "host/span.hpp"

namespace embrace::judge {

/// Where the weights stand in one array. Matrices are row-major, a row an input, and decay; what follows does not.
struct NetworkLayout {
  static constexpr std::int64_t hidden1 = 64, hidden2 = 32;

  std::int64_t inputs, linear;
  bool crossed;
  std::int64_t first = 0, second = inputs * hidden1, third = second + hidden1 * hidden2;
  std::int64_t cross = third + hidden2;  // inputs × inputs, or nothing
  std::int64_t decaying = cross + (crossed ? inputs * inputs : 0);
  std::int64_t first_bias = decaying, second_bias = first_bias + hidden1, cross_bias = second_bias + hidden2;
  std::int64_t of_linear = cross_bias + (crossed ? inputs : 0);
  std::int64_t size = of_linear + linear;
};

class Network {
 public:
  static constexpr std::int64_t hidden1 = NetworkLayout::hidden1, hidden2 = NetworkLayout::hidden2;

  /// Samples are rows of `inputs` numbers x and then `linear` numbers s.
  Network(std::int64_t inputs, std::int64_t linear, bool cross, std::uint64_t seed);

  const NetworkLayout& layout() const { return layout_; }
  std::int64_t parameters() const { return weights_.size(); }
  Array<float>& weights() { return weights_; }
  Span<float> linear_weights() { return {weights_.data() + layout_.of_linear, layout_.linear}; }

  /// Which units of a batch are dropped: those of row r by the counter first + r of `random`.
  struct Dropout {
    double share = 0;
    Random random{0, Stream::dropout};
    std::uint64_t first = 0;
  };
  void predict(ConstMatrixView samples, Span<float> out);
  /// Half the mean squared error over the samples, and its gradient by all weights; and by the samples, as wide as
  /// these, where that is wanted.
  double gradient(ConstMatrixView samples, Span<const float> targets, const Dropout& dropout, Span<float> gradient,
                  std::optional<MatrixView> by_samples = std::nullopt);

 private:
  MatrixView view(std::int64_t at, std::int64_t rows, std::int64_t columns) {
    return {weights_.data() + at, rows, columns, columns};
  }
  void resize(std::int64_t n);
  void forward(ConstMatrixView samples, const Dropout* dropout, Span<float> out);
  void pass_to_samples(ConstMatrixView samples, ConstMatrixView by_hidden, MatrixView by_samples);
  static void activate(MatrixView h, const float* constants, const Dropout* dropout, std::uint32_t layer);

  NetworkLayout layout_;
  Array<float> weights_;
  Matrix crossed_, gate_, h1_, h2_, g1_, g2_, gz_;  // of the batch at hand
  Array<float> scores_, coefficients_;
};

}  // namespace embrace::judge
