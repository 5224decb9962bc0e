#include "host/methods/item2vec_model.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "host/learning/first_vectors.hpp"
#include "host/math/product.hpp"
#include "host/math/score_losses.hpp"
#include "host/math/sparse_product.hpp"
#include "host/sparse.hpp"

namespace embrace {
namespace {

/// Room for at least `rows` rows; what was there is lost when they are too few.
void make_room(Matrix& m, std::int64_t rows) {
  if (m.rows() < rows) m = Matrix(rows, m.columns());
}

}  // namespace

Item2VecModel::Item2VecModel(const Problem& problem)
    : threads_(problem.threads),
      items_(problem.items()),
      factors_(problem.hyper.integer("factors")),
      negatives_(problem.hyper["negatives"]),
      drawing_(problem),
      table_(2 * items_, factors_),
      gradient_(2 * items_, factors_),
      parts_(0, factors_),
      scratch_(threads_.count()) {
  draw_vectors(problem.seed, 0, problem.by_item, first_deviation(factors_), table_.rows(0, items_));
  for (Scratch& scratch : scratch_) {
    scratch.vectors = Matrix(group_items, factors_);
    scratch.contexts = Matrix(group_items, factors_);
    scratch.drawn = Matrix(drawn_items, factors_);
    scratch.numbers.resize(drawn_items);
  }
}

double Item2VecModel::first_deviation(std::int64_t factors) { return 0.1 / std::sqrt(static_cast<double>(factors)); }

MatrixView Item2VecModel::part_rows(std::int64_t begin, std::int64_t rows) { return parts_.rows(begin, begin + rows); }

double Item2VecModel::differentiate(const Baskets& baskets, std::int64_t first, std::int64_t last) {
  const Array<std::int64_t> cuts = baskets.runs(first, last, group_items);
  const std::int64_t groups = cuts.size() - 1, begin = baskets.begins[first], n = baskets.begins[last] - begin;
  const std::int64_t rows = 2 * n + groups * drawn_items;
  make_room(parts_, rows);
  table_rows_.resize(rows);
  losses_.assign(groups, 0.0);
  threads_.for_each(groups, [&](std::int64_t g, int worker) {
    const std::int64_t row = baskets.begins[cuts[g]] - begin;
    const Group group{baskets, cuts[g], cuts[g + 1], row, n + row, 2 * n + g * drawn_items, groups_ + g};
    Scratch& scratch = scratch_[worker];
    take_in(group, scratch);
    losses_[g] = push_away(group, scratch);
    losses_[g] += pull_together(group, scratch);
  });
  groups_ += groups;
  sum_parts(rows);
  return std::accumulate(losses_.begin(), losses_.end(), 0.0);
}

void Item2VecModel::take_in(const Group& group, Scratch& scratch) {
  make_room(scratch.vectors, group.size());
  make_room(scratch.contexts, group.size());
  const std::int32_t* items = group.baskets.items.data() + group.baskets.begins[group.first];
  for (std::int64_t r = 0; r < group.size(); ++r) {
    table_rows_[group.vectors + r] = items[r];
    table_rows_[group.contexts + r] = static_cast<std::int32_t>(items_ + items[r]);
    std::copy_n(vector(items[r]), factors_, scratch.vectors.row(r));
    std::copy_n(context(items[r]), factors_, scratch.contexts.row(r));
  }
  drawing_.draw(group.number, scratch.numbers);
  for (std::int64_t j = 0; j < drawn_items; ++j) {
    table_rows_[group.drawn + j] = static_cast<std::int32_t>(items_ + scratch.numbers[j]);
    std::copy_n(context(scratch.numbers[j]), factors_, scratch.drawn.row(j));
  }
}

/// The drawn contexts of all items of the group: an item has `negatives` of them for each of its own.
double Item2VecModel::push_away(const Group& group, Scratch& scratch) {
  scratch.scores.resize(std::max(scratch.scores.size(), group.size() * drawn_items));
  const MatrixView scores{scratch.scores.data(), group.size(), drawn_items, drawn_items};
  const MatrixView vectors = scratch.vectors.rows(0, group.size());
  multiply_transposed(vectors, scratch.drawn.view(), 0, scores);
  double loss = 0;
  for (std::int64_t b = group.first; b < group.last; ++b) {
    const auto contexts = static_cast<double>(group.begin(b + 1) - group.begin(b) - 1);
    const double each = negatives_ * contexts / static_cast<double>(drawn_items);
    for (std::int64_t r = group.begin(b); r < group.begin(b + 1); ++r) {
      loss += each * static_cast<double>(logistic_losses(1, static_cast<float>(each), scores.row(r), drawn_items));
    }
  }
  multiply(scores, scratch.drawn.view(), 0, part_rows(group.vectors, group.size()));
  multiply_by_transposed(scores, vectors, part_rows(group.drawn, drawn_items));
  return loss;
}

/// The contexts that are there; adds to what push_away() says of vectors.
double Item2VecModel::pull_together(const Group& group, Scratch& scratch) {
  double loss = 0;
  for (std::int64_t b = group.first; b < group.last; ++b) {
    const std::int64_t row = group.begin(b), n = group.begin(b + 1) - row;
    scratch.scores.resize(std::max(scratch.scores.size(), n * n));
    const MatrixView scores{scratch.scores.data(), n, n, n};
    const MatrixView vectors = scratch.vectors.rows(row, row + n), contexts = scratch.contexts.rows(row, row + n);
    multiply_transposed(vectors, contexts, 0, scores);
    for (std::int64_t r = 0; r < n; ++r) {
      scores(r, r) = std::numeric_limits<float>::infinity();  // an item is no context of itself
      loss += static_cast<double>(logistic_losses(-1, 1, scores.row(r), n));
    }
    multiply(scores, contexts, 1, part_rows(group.vectors + row, n));
    multiply_by_transposed(scores, vectors, part_rows(group.contexts + row, n));
  }
  return loss;
}

void Item2VecModel::sum_parts(std::int64_t rows) {
  const Csr sums = sums_of_parts(2 * items_, table_rows_, threads_);
  multiply_sparse(sums.view(), part_rows(0, rows), gradient_.view(), threads_);
}

}  // namespace embrace
