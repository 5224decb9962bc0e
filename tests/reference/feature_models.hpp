// The models of `hybrid` and `deep` in plain double loops, one sample and one feature at a time: the truth that the
// fast code is compared with. Nobody may make it clever.
#pragma once
#include <cstdint>
#include <functional>
#include <vector>

#include "host/learning/embedding_table.hpp"
#include "host/method.hpp"

namespace embrace::reference {

using Vector = std::vector<double>;

/// Users, movies or contexts: features of each entity and the rows of the embedding table.
struct Side {
  struct Feature {
    std::size_t row;
    double value;
  };
  std::vector<std::vector<Feature>> entities;
  std::vector<std::size_t> slice;  // of each row; all zero for hybrid
  std::size_t slices = 1;
  std::size_t factors = 0;
  std::vector<Vector> rows;   // [vector | bias]
  std::vector<double> share;  // n in the penalty of each row: an entity's samples, for a feature their mean

  /// Rows of identity first, for entities with training ratings; then those of the features.
  Side(std::int64_t count, bool identity, const Features* features, const std::vector<std::int64_t>& samples,
       bool by_field, const EmbeddingTable& initial);
  /// [slice 0 | … | bias] of an entity; nothing for a negative one.
  Vector represent(std::int64_t entity) const;
  /// Adds the gradient of a representation to those of the rows.
  void backward(std::int64_t entity, const Vector& gradient, std::vector<Vector>& rows_gradient) const;
};

/// One sample: a pair with its target, or a triple with a movie that should score less (and then, for warp, a weight).
struct Sample {
  std::int64_t user, item, other = -1, context = -1;
  double target = 0;
  double weight = 0;
};

/// Central differences of `loss` by every parameter in turn.
std::vector<Vector> central_differences(std::vector<Vector>& parameters, const std::function<double()>& loss);

struct Hybrid {
  enum class Loss { squared, logistic, bpr, warp };
  std::vector<Side> sides;  // users, movies, contexts when there are
  double offset = 0, regularization = 0, nu = 1;
  Loss kind = Loss::squared;

  double score(std::int64_t user, std::int64_t item, std::int64_t context) const;
  double loss(const std::vector<Sample>& batch) const;
  /// Gives a warp sample, with its candidates in the order in which they were drawn, its other movie and weight.
  void search(Sample& sample, const std::vector<std::int64_t>& candidates, std::int64_t movies) const;
  /// By side, by row.
  std::vector<std::vector<Vector>> gradient(const std::vector<Sample>& batch) const;
};

struct Deep {
  enum class Head { fm, cross, dlrm, none };
  Head head = Head::fm;
  std::vector<Side> sides;
  std::vector<std::vector<Vector>> first;  // by side: inputs × (hidden, and for cross two of factors that stay linear)
  std::vector<Vector> pairs;               // for dlrm: pair of fields × hidden
  std::vector<Vector> second;              // hidden × hidden2
  Vector first_bias, second_bias, output;
  double offset = 0, regularization = 0, nu = 1;
  bool ranking = false;

  struct Gradient {
    std::vector<std::vector<Vector>> rows, first;
    std::vector<Vector> pairs, second;
    Vector first_bias, second_bias, output;
  };
  Gradient zeros() const;
  double score(const Sample& sample) const;
  double loss(const std::vector<Sample>& batch) const;
  /// Without `taught`, rows get nothing of what the network does with them.
  Gradient gradient(const std::vector<Sample>& batch, bool taught) const;

 private:
  struct Pass {
    std::vector<Vector> x;       // representation by side
    std::vector<Vector> fields;  // of all sides
    Vector h1, h2;
    double score = 0;
  };
  Pass forward(const Sample& sample) const;
  void backward(const Sample& sample, bool taught, Gradient& out) const;
  double interaction(const Pass& pass) const;
  void interaction_gradient(const Pass& pass, double c, Vector& g1, std::vector<Vector>& to_fields) const;
  std::int64_t entity(const Sample& sample, std::size_t side) const;
};

}  // namespace embrace::reference
