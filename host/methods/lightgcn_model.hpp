// The model of `lightgcn`: a table of vectors, those of users, then those of items, which the graph of who rated what
// passes on, and the gradient of a batch's loss by the table.
//
// A batch is cut into groups of `group_samples` samples. Each draws items for itself, which all its samples share and
// none twice, so that scores and gradients are products of small matrices; a sample leaves out those that its user has.
// What a group says of a node is a row of its own: the sums over these rows, node by node, are a sparse product. So
// every sum has an order that does not depend on the threads.
#pragma once
#include <cstdint>

#include "host/array.hpp"
#include "host/learning/samples.hpp"
#include "host/math/propagation.hpp"
#include "host/matrix.hpp"
#include "host/method.hpp"
#include "host/methods/lightgcn_loss.hpp"
#include "host/random.hpp"
#include "host/sparse.hpp"

namespace embrace {

class LightGcnModel {
 public:
  static constexpr std::int64_t group_samples = 256;  // samples; their scores stay in the second-level cache

  explicit LightGcnModel(const Problem& problem);
  /// What batches are made of: ratings, for bpr each with an item that the user does not have.
  static Samples samples(const Problem& problem);

  /// What is learned: a row a node.
  Matrix& table() { return table_; }
  std::int64_t nodes() const { return table_.rows(); }
  std::int64_t users() const { return users_; }

  /// Items that each group of samples draws; none for bpr, whose batches come with them.
  std::int64_t negatives() const { return negatives_; }
  /// Those of group `number` since training began.
  void draw(std::int64_t number, Span<std::int32_t> items) const;

  /// Mean loss of a batch's samples, without the penalty; afterwards gradient() has the derivatives of the loss with
  /// the penalty. Its first group is group `first_group` since training began.
  double differentiate(const Batch& batch, std::int64_t first_group);
  const Matrix& gradient() const { return gradient_; }

  /// Vectors whose products are the scores: the mean of the layers, of length one where the loss is of directions.
  void represent(MatrixView vectors);

 private:
  /// What a worker needs for a group.
  struct Scratch {
    Matrix users, items, drawn, scores;
    Array<float> user_lengths, item_lengths, drawn_lengths;
    Array<float> slopes;          // of the loss by the samples' scores
    Array<std::int32_t> numbers;  // of the drawn items
    Array<std::int32_t> place;    // of each item among the drawn ones, or -1
  };
  struct Group {
    const Batch& batch;
    std::int64_t begin, end;  // its samples
    std::int64_t number;      // since training began
    std::int64_t drawn;       // row of the parts where its drawn items begin
    std::int64_t size() const { return end - begin; }
  };
  double pair_group(const Group& group, Scratch& scratch);
  double contrast_group(const Group& group, Scratch& scratch);
  void draw_for(const Group& group, Scratch& scratch);
  void take_in(const Group& group, Scratch& scratch);
  void finish_parts(const Group& group, float each, const Scratch& scratch);
  void leave_out(std::int32_t user, Scratch& scratch, float* scores, std::int64_t& drawn, std::int64_t& items) const;
  MatrixView part_rows(std::int64_t begin, std::int64_t rows);
  void add_penalty(CsrView parts, std::int64_t samples);

  CsrView ratings_;
  Threads& threads_;
  Contrast loss_;
  std::int64_t users_, factors_, layers_, negatives_;
  double regularization_;
  Random sampling_;
  Array<std::int32_t> trained_;  // items with ratings
  Propagation propagation_;
  Matrix table_;
  Matrix vectors_;          // mean of the layers
  Matrix vector_gradient_;  // of the loss by it
  Matrix gradient_;
  Matrix parts_;                    // what groups say of nodes: a row each
  Array<std::int32_t> part_nodes_;  // whom each is about
  Array<double> losses_;            // of the groups
  Array<Scratch> scratch_;
};

}  // namespace embrace
