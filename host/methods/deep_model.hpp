// The network of `deep`: its parameters, and the forward pass that training and prediction share.
//
//   x = [embedding of each field of the user | of the movie | of the context]
//   h1 = relu(W_uᵀ x_u + W_iᵀ x_i + W_cᵀ x_c + c1)      h2 = relu(W2ᵀ h1 + c2)
//   score = offset + b_u + b_i + b_c + interaction + w3ᵀ h2
// b is the sum of the biases of a side's features. What stands beside the network, and shares its embeddings:
//   fm     <s_u, s_i> + <s_c, s_u + s_i>, s being the sum of a side's field embeddings: a factorization machine (Guo et
//          al. 2017, "DeepFM", equations 1 to 4, identity and fields in place of their one-hot fields)
//   cross  <Aᵀ x + a, Bᵀ x + b>: a cross layer of low rank and its output weights in one (Wang et al. 2021, "DCN V2",
//          equations 1 and 3 for one layer, parallel structure), A and B inputs × factors
//   dlrm   nothing, but h1 = relu(… + Pᵀ z), z the dot products of all pairs of fields (Naumov et al. 2019, "Deep
//          learning recommendation model", section 2.1)
//   none   nothing
// The first layer is split by side, since a batch has fewer users and movies than samples, and a ranking needs each
// movie's part once; A and B are columns of it that stay linear. w3 is zero at first: training starts as the
// interaction alone, which the network then corrects. A network does not learn a dot product from so few data (Rendle
// et al. 2020, "Neural collaborative filtering vs. matrix factorization revisited"), and what it sends back to the
// embeddings keeps them from learning one: under `fm` they learn from the interaction and the biases alone, and the
// network only reads them. Under the other heads nothing else would teach them, and its gradient goes through.
#pragma once
#include <cstdint>
#include <vector>

#include "host/array.hpp"
#include "host/enum_text.hpp"
#include "host/learning/adagrad_side.hpp"
#include "host/math/adam.hpp"
#include "host/matrix.hpp"
#include "host/random.hpp"

namespace embrace {

/// The choices of the hyper-parameter `head`.
enum class Interaction { fm, cross, dlrm, none };
template <>
inline constexpr std::array enum_texts<Interaction> = {"fm", "cross", "dlrm", "none"};

/// Sizes of a network.
struct DeepShape {
  Interaction interaction = Interaction::fm;
  std::int64_t factors = 0;
  std::int64_t hidden = 0;  // units of the first layer
  std::int64_t fields = 0;  // of all sides
  std::int64_t hidden2() const { return hidden > 1 ? hidden / 2 : 1; }
  /// Columns of the first layer: its units, then A, then B.
  std::int64_t width() const { return hidden + (interaction == Interaction::cross ? 2 * factors : 0); }
  /// Whether embeddings learn from what the network does with them.
  bool teaches() const { return interaction != Interaction::fm; }
  /// Dot products that the first layer reads.
  std::int64_t pairs() const { return interaction == Interaction::dlrm ? fields * (fields - 1) / 2 : 0; }
};
DeepShape deep_shape(const Hyper& hyper, Span<const ModelSide> sides);

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
  void resize(std::int64_t rows, const DeepShape& shape);
  Matrix hidden;  // rows × width
  Matrix sum;     // rows × factors
};

/// Sampled movies for each rating (He et al. 2017, "Neural collaborative filtering", section 4.1).
inline constexpr std::int64_t deep_negatives = 4;
/// Score of a model that knows nothing: the mean rating, or the log odds of a rating among the samples.
float deep_offset(const Problem& problem);

/// A side's part of the first layer, inputs × width, as it is at first; `side` is its number.
DenseParameter first_layer(const EmbeddingTable& table, std::int64_t width, std::uint64_t seed, std::int64_t side);

/// One side: embeddings of its features and its part of the first layer.
struct DeepSide : AdagradSide {
  DeepSide(ModelSide start, double learning_rate, DenseParameter first_layer);
  std::int64_t inputs() const { return table.slices() * table.factors(); }
  /// Activations of rows [begin, end) from their representations.
  void activate(const Matrix& represented, std::int64_t begin, std::int64_t end, SideActivations& out) const;

  DenseParameter weights;  // inputs × width
  SideActivations active;  // by slot
  Matrix hidden_gradient;  // by slot
};

/// Where a sample finds its parts; null when it has no context.
struct SampleParts {
  const float *user_hidden, *item_hidden, *context_hidden;
  const float *user_sum, *item_sum, *context_sum;
  float bias;  // offset and all biases
};

/// What is behind the first layer, for blocks of samples.
class DeepHead {
 public:
  DeepHead(const DeepShape& shape, double dropout, const Random& initial);
  const DeepShape& shape() const { return shape_; }

  /// Scores of n samples; h1 (n × width) and h2 (n × hidden2) get the activations. `dots` is z, n × pairs. With `mask`
  /// set, units are dropped: those of the sample in row r by the counter first + r.
  void forward(const SampleParts* parts, std::int64_t n, ConstMatrixView dots, const Random* mask, std::uint64_t first,
               MatrixView h1, MatrixView h2, float* scores) const;
  /// Derivatives by the pre-activations of both layers from those by the scores.
  void backward(const float* coefficients, ConstMatrixView h1, ConstMatrixView h2, MatrixView g1, MatrixView g2) const;
  /// Share of units kept is 1 - dropout; the kept ones are scaled up by its inverse.
  float mask_scale() const { return scale_; }

  DenseParameter first_bias;   // 1 × width
  DenseParameter pairs;        // P, pairs × hidden
  DenseParameter second;       // hidden × hidden2
  DenseParameter second_bias;  // 1 × hidden2
  DenseParameter output;       // 1 × hidden2

 private:
  void drop(const Random& mask, std::uint64_t sample, std::uint32_t layer, float* h, std::int64_t n) const;

  float interaction(const SampleParts& part, const float* h1) const;

  DeepShape shape_;
  float scale_;
  std::uint32_t dropped_below_;  // a unit is dropped when its 32 random bits are below
};

}  // namespace embrace
