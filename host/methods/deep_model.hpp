// The network of `deep`: its parameters, and the forward pass that training and prediction share.
//
//   x = [embedding of each field of the user | of the movie | of the context]
//   h1 = relu(W_uᵀ x_u + W_iᵀ x_i + W_cᵀ x_c + c1)      h2 = relu(W2ᵀ h1 + c2)
//   score = offset + b_u + b_i + b_c + <s_u, s_i> + <s_c, s_u + s_i> + w3ᵀ h2
// s is the sum of a side's field embeddings, b the sum of the biases of its features: the factorization machine beside
// the network that shares its embeddings (Guo et al. 2017, "DeepFM", equations 1 to 4, identity and fields in place of
// their one-hot fields). The first layer is split by side, since a batch has fewer users and movies than samples, and a
// ranking needs each movie's part once.
#pragma once
#include <cstdint>
#include <vector>

#include "host/array.hpp"
#include "host/learning/sides.hpp"
#include "host/math/adam.hpp"
#include "host/matrix.hpp"
#include "host/random.hpp"

namespace embrace {

/// A dense parameter with its Adam moments.
struct DenseParameter {
  DenseParameter() = default;
  DenseParameter(std::int64_t rows, std::int64_t columns) : value(rows, columns), m(rows, columns), v(rows, columns) {}
  void randomize(double spread, const Random& random, std::uint32_t stream);
  /// One Adam step of row r with gradient g.
  void update(std::int64_t r, const float* g, const AdamStep& step);

  Matrix value, m, v;
};

/// What the network reads of entities: representation, first layer's part, sum of the field embeddings; a row each.
struct SideActivations {
  void resize(std::int64_t rows, std::int64_t factors, std::int64_t hidden);
  Matrix hidden;  // rows × hidden
  Matrix sum;     // rows × factors
};

/// Sampled movies for each rating (He et al. 2017, "Neural collaborative filtering", section 4.1).
inline constexpr std::int64_t deep_negatives = 4;
/// Score of a model that knows nothing: the mean rating, or the log odds of a rating among the samples.
float deep_offset(const Problem& problem);

/// A side's part of the first layer, inputs × hidden, as it is at first; `side` is its number.
DenseParameter first_layer(const EmbeddingTable& table, std::int64_t hidden, std::uint64_t seed, std::int64_t side);

/// One side: embeddings of its features and its part of the first layer.
struct DeepSide {
  DeepSide(ModelSide start, DenseParameter first_layer);
  std::int64_t inputs() const { return table.slices() * table.factors(); }
  /// Activations of rows [begin, end) from their representations.
  void activate(const Matrix& represented, std::int64_t begin, std::int64_t end, SideActivations& out) const;
  /// Adam step of touched rows [begin, end) of the batch.
  void update_rows(std::int64_t begin, std::int64_t end, double learning_rate, RowSums& sums);
  /// Of the rows of frozen columns [begin, end).
  void update_frozen(std::int64_t begin, std::int64_t end, double learning_rate);

  EmbeddingTable table;
  Array<float> decays;           // weight decay of each row
  Matrix m, v;                   // of the table
  Array<std::int32_t> steps;     // updates of each row so far
  DenseParameter weights;        // inputs × hidden
  const Slots* slots = nullptr;  // of the batch at hand
  SlotValues values, gradients;  // by slot
  SideActivations active;        // by slot
  Matrix hidden_gradient;        // by slot

 private:
  void update_row(std::int64_t row, const float* gradient, double learning_rate);
};

/// Where a sample finds its parts; null when it has no context.
struct SampleParts {
  const float *user_hidden, *item_hidden, *context_hidden;
  const float *user_sum, *item_sum, *context_sum;
  float bias;  // offset and all biases
};

/// Both layers behind the first, for blocks of samples.
class DeepHead {
 public:
  DeepHead(std::int64_t factors, std::int64_t hidden, double dropout, const Random& initial);
  std::int64_t hidden() const { return first_bias.value.columns(); }
  std::int64_t hidden2() const { return output.value.columns(); }

  /// Scores of n samples; h1 and h2 (n rows) get the activations. With `mask` set, units are dropped: those of the
  /// sample in row r by the counter first + r.
  void forward(const SampleParts* parts, std::int64_t n, const Random* mask, std::uint64_t first, MatrixView h1,
               MatrixView h2, float* scores) const;
  /// Derivatives by the pre-activations of both layers from those by the scores.
  void backward(const float* coefficients, ConstMatrixView h1, ConstMatrixView h2, MatrixView g1, MatrixView g2) const;
  /// Share of units kept is 1 - dropout; the kept ones are scaled up by its inverse.
  float mask_scale() const { return scale_; }

  DenseParameter first_bias;   // 1 × hidden
  DenseParameter second;       // hidden × hidden2
  DenseParameter second_bias;  // 1 × hidden2
  DenseParameter output;       // 1 × hidden2

 private:
  void drop(const Random& mask, std::uint64_t sample, std::uint32_t layer, float* h, std::int64_t n) const;

  std::int64_t factors_;
  float scale_;
  std::uint32_t dropped_below_;  // a unit is dropped when its 32 random bits are below
};

}  // namespace embrace
