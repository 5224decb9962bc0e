// The model of `item2vec`: two vectors an item, one as itself and one as a context, and the gradient of the loss of
// some baskets by them. With x_i the vectors of items and y_i those of contexts, each pair of items i, j of a basket
// has
//   -log sigmoid(<x_i, y_j>) - negatives · E_k log sigmoid(-<x_i, y_k>)
// where k is drawn by how often items are rated, to the power `exponent` (Mikolov et al. 2013, equation 4). Of the
// expectation a group of baskets, with `group_items` items or more, has an estimate by `drawn_items` items, which all
// its pairs share: so scores and gradients are products of matrices. What a group says of a vector is a row of its own;
// the sums over these rows are a sparse product. So every sum has an order that does not depend on the threads.
#pragma once
#include <cstdint>

#include "host/array.hpp"
#include "host/matrix.hpp"
#include "host/method.hpp"
#include "host/methods/item2vec_baskets.hpp"
#include "host/methods/item2vec_negatives.hpp"
#include "host/span.hpp"
#include "host/views.hpp"

namespace embrace {

class Item2VecModel {
 public:
  static constexpr std::int64_t group_items = 256;
  static constexpr std::int64_t drawn_items = NegativeItems::a_group;

  explicit Item2VecModel(const Problem& problem);
  /// Of the first vectors of items. Those of contexts begin at zero.
  static double first_deviation(std::int64_t factors);

  std::int64_t items() const { return items_; }
  /// What is learned: the vectors of items, then those of contexts. An item without ratings has zeros.
  Matrix& table() { return table_; }
  const Matrix& table() const { return table_; }
  const float* vector(std::int64_t item) const { return table_.row(item); }
  const float* context(std::int64_t item) const { return table_.row(items_ + item); }

  /// What group `number` since training began draws: drawn_items items, some perhaps twice.
  void draw(std::int64_t number, Span<std::int32_t> items) const { drawing_.draw(number, items); }

  /// Sum of the losses of the pairs in baskets [first, last); afterwards gradient() has its derivatives by table().
  double differentiate(const Baskets& baskets, std::int64_t first, std::int64_t last);
  const Matrix& gradient() const { return gradient_; }

 private:
  /// What a worker needs for a group.
  struct Scratch {
    Matrix vectors, contexts;  // of the group's items
    Matrix drawn;
    AlignedVector<float> scores;
    Array<std::int32_t> numbers;  // of the drawn items
  };
  struct Group {
    const Baskets& baskets;
    std::int64_t first, last;               // its baskets
    std::int64_t vectors, contexts, drawn;  // rows with which its parts begin
    std::int64_t number;                    // since training began
    std::int64_t begin(std::int64_t basket) const { return baskets.begins[basket] - baskets.begins[first]; }
    std::int64_t size() const { return begin(last); }
  };
  void take_in(const Group& group, Scratch& scratch);
  double pull_together(const Group& group, Scratch& scratch);
  double push_away(const Group& group, Scratch& scratch);
  MatrixView part_rows(std::int64_t begin, std::int64_t rows);
  void sum_parts(std::int64_t rows);

  Threads& threads_;
  std::int64_t items_, factors_;
  double negatives_;
  NegativeItems drawing_;
  Matrix table_, gradient_;
  Matrix parts_;                    // what groups say of vectors: a row each
  Array<std::int32_t> table_rows_;  // of which each says it
  Array<double> losses_;            // of the groups
  Array<Scratch> scratch_;
  std::int64_t groups_ = 0;  // so far
};

}  // namespace embrace
