#include "host/methods/lightgcn_model.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include "host/learning/first_vectors.hpp"
#include "host/math/directions.hpp"
#include "host/math/product.hpp"
#include "host/math/sparse_product.hpp"
#include "host/math/vector_math.hpp"
#include "host/permutation.hpp"

namespace embrace {
namespace {

constexpr std::int64_t rows_a_task = 256;

MatrixView top(Matrix& m, std::int64_t rows) { return {m.data(), rows, m.columns(), m.columns()}; }

Array<std::int32_t> rows_with_entries(CsrView rows) {
  Array<std::int32_t> found;
  for (std::int64_t r = 0; r < rows.rows; ++r) {
    if (rows.row_size(r) > 0) found.push_back(static_cast<std::int32_t>(r));
  }
  return found;
}

}  // namespace

LightGcnModel::LightGcnModel(const Problem& problem)
    : ratings_(problem.ratings),
      threads_(problem.threads),
      loss_(problem.hyper),
      users_(problem.users()),
      factors_(problem.hyper.integer("factors")),
      layers_(problem.hyper.integer("layers")),
      negatives_(loss_.of_directions() ? problem.hyper.integer("negatives") : 0),
      regularization_(problem.hyper["regularization"]),
      sampling_(problem.seed, Stream::sampling),
      trained_(rows_with_entries(problem.by_item)),
      propagation_(problem.ratings, problem.by_item),
      table_(users_ + problem.items(), factors_),
      vectors_(table_.rows(), factors_),
      vector_gradient_(table_.rows(), factors_),
      gradient_(table_.rows(), factors_),
      scratch_(threads_.count()) {
  negatives_ = std::min(negatives_, trained_.size());
  const double deviation = initial_deviation(problem.hyper);
  draw_vectors(problem.seed, 0, problem.ratings, deviation, top(table_, users_));
  draw_vectors(problem.seed, users_, problem.by_item, deviation,
               {table_.row(users_), problem.items(), factors_, factors_});
  for (Scratch& scratch : scratch_) {
    scratch.slopes.resize(group_samples);
    if (!loss_.of_directions()) continue;
    scratch.users = Matrix(group_samples, factors_);
    scratch.items = Matrix(group_samples, factors_);
    scratch.user_lengths.resize(group_samples);
    scratch.item_lengths.resize(group_samples);
    scratch.drawn = Matrix(negatives_, factors_);
    scratch.drawn_lengths.resize(negatives_);
    scratch.scores = Matrix(group_samples, negatives_);
    scratch.numbers.resize(negatives_);
    scratch.place.assign(problem.items(), -1);
  }
}

Samples LightGcnModel::samples(const Problem& problem) {
  return Contrast(problem.hyper).of_directions() ? Samples(problem, Samples::Negatives::pointwise, 0)
                                                 : Samples(problem, Samples::Negatives::pairwise, 1);
}

void LightGcnModel::draw(std::int64_t number, Span<std::int32_t> items) const {
  const Permutation order(std::max<std::int64_t>(1, trained_.size()), sampling_, static_cast<std::uint32_t>(number));
  for (std::int64_t j = 0; j < items.size(); ++j) items[j] = trained_[order(j)];
}

MatrixView LightGcnModel::part_rows(std::int64_t begin, std::int64_t rows) {
  return {parts_.row(begin), rows, factors_, factors_};
}

double LightGcnModel::differentiate(const Batch& batch, std::int64_t first_group) {
  propagation_.mean_of_layers(layers_, table_.view(), vectors_.view(), threads_);
  const std::int64_t n = batch.size(), groups = (n + group_samples - 1) / group_samples;
  const std::int64_t parts = loss_.of_directions() ? 2 * n + groups * negatives_ : 3 * n;
  if (parts_.rows() < parts) parts_ = Matrix(parts, factors_);
  part_nodes_.resize(parts);
  losses_.assign(groups, 0.0);
  threads_.for_each(groups, [&](std::int64_t g, int worker) {
    const Group here{batch, g * group_samples, std::min(n, (g + 1) * group_samples), first_group + g,
                     2 * n + g * negatives_};
    losses_[g] = loss_.of_directions() ? contrast_group(here, scratch_[worker]) : pair_group(here, scratch_[worker]);
  });
  const Csr sums = sums_of_parts(nodes(), part_nodes_, threads_);
  multiply_sparse(sums.view(), part_rows(0, parts), vector_gradient_.view(), threads_);
  propagation_.mean_of_layers(layers_, vector_gradient_.view(), gradient_.view(), threads_);
  if (regularization_ > 0) add_penalty(sums.view(), n);
  return std::accumulate(losses_.begin(), losses_.end(), 0.0) / static_cast<double>(std::max<std::int64_t>(1, n));
}

/// Of half the squared length of a node's row, each time that the batch names it.
void LightGcnModel::add_penalty(CsrView parts, std::int64_t samples) {
  const double each = regularization_ / static_cast<double>(samples);
  threads_.for_ranges(nodes(), rows_a_task, [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t r = begin; r < end; ++r) {
      if (parts.row_size(r) == 0) continue;
      add_scaled(static_cast<float>(each * static_cast<double>(parts.row_size(r))), table_.row(r), gradient_.row(r),
                 factors_);
    }
  });
}

double LightGcnModel::pair_group(const Group& group, Scratch& scratch) {
  const std::int64_t n = group.batch.size();
  Array<float>& slopes = scratch.slopes;  // before, how far rated items are ahead
  for (std::int64_t s = group.begin; s < group.end; ++s) {
    const std::int32_t user = group.batch.users[s];
    const std::int64_t item = users_ + group.batch.items[s], other = users_ + group.batch.items[n + s];
    part_nodes_[s] = user;
    part_nodes_[n + s] = static_cast<std::int32_t>(item);
    part_nodes_[2 * n + s] = static_cast<std::int32_t>(other);
    slopes[s - group.begin] =
        dot(vectors_.row(user), vectors_.row(item), factors_) - dot(vectors_.row(user), vectors_.row(other), factors_);
  }
  const double loss = pair_losses({slopes.data(), group.size()});
  for (std::int64_t s = group.begin; s < group.end; ++s) {
    const float* user = vectors_.row(part_nodes_[s]);
    const float *item = vectors_.row(part_nodes_[n + s]), *other = vectors_.row(part_nodes_[2 * n + s]);
    const float slope = slopes[s - group.begin] / static_cast<float>(n);
    for (std::int64_t k = 0; k < factors_; ++k) {
      parts_(s, k) = slope * (item[k] - other[k]);
      parts_(n + s, k) = slope * user[k];
      parts_(2 * n + s, k) = -slope * user[k];
    }
  }
  return loss;
}

void LightGcnModel::draw_for(const Group& group, Scratch& scratch) {
  draw(group.number, scratch.numbers);
  for (std::int64_t j = 0; j < negatives_; ++j) {
    const std::int32_t item = scratch.numbers[j];
    scratch.place[item] = static_cast<std::int32_t>(j);
    part_nodes_[group.drawn + j] = static_cast<std::int32_t>(users_ + item);
    scratch.drawn_lengths[j] = direction(vectors_.row(users_ + item), scratch.drawn.row(j), factors_);
  }
}

/// Takes what the user has out of the scores of the drawn items, and out of the numbers of drawn items and of all.
void LightGcnModel::leave_out(std::int32_t user, Scratch& scratch, float* scores, std::int64_t& drawn,
                              std::int64_t& items) const {
  std::int32_t before = -1;
  for (const std::int32_t item : ratings_.row_indices(user)) {
    if (item == before) continue;  // named twice
    before = item;
    --items;
    const std::int32_t place = scratch.place[item];
    if (place < 0) continue;
    --drawn;
    scores[place] = -std::numeric_limits<float>::infinity();
  }
}

void LightGcnModel::take_in(const Group& group, Scratch& scratch) {
  const std::int64_t n = group.batch.size();
  for (std::int64_t r = 0; r < group.size(); ++r) {
    const std::int64_t s = group.begin + r;
    part_nodes_[s] = group.batch.users[s];
    part_nodes_[n + s] = static_cast<std::int32_t>(users_ + group.batch.items[s]);
    scratch.user_lengths[r] = direction(vectors_.row(part_nodes_[s]), scratch.users.row(r), factors_);
    scratch.item_lengths[r] = direction(vectors_.row(part_nodes_[n + s]), scratch.items.row(r), factors_);
  }
}

double LightGcnModel::contrast_group(const Group& group, Scratch& scratch) {
  draw_for(group, scratch);
  take_in(group, scratch);
  const MatrixView users = top(scratch.users, group.size()), scores = top(scratch.scores, group.size());
  multiply_transposed(users, scratch.drawn.view(), 0, scores);
  const float each = 1 / static_cast<float>(group.batch.size());
  double loss = 0;
  for (std::int64_t r = 0; r < group.size(); ++r) {
    std::int64_t drawn = negatives_, items = trained_.size();
    leave_out(part_nodes_[group.begin + r], scratch, scores.row(r), drawn, items);
    const float positive = dot(scratch.users.row(r), scratch.items.row(r), factors_);
    const ContrastTerm term = contrast_losses(loss_, positive, drawn, items, {scores.row(r), negatives_});
    scratch.slopes[r] = each * term.positive;
    loss += term.loss;
  }
  for (const std::int32_t item : scratch.numbers) scratch.place[item] = -1;
  multiply(scores, scratch.drawn.view(), 0, part_rows(group.begin, group.size()));
  multiply_by_transposed(scores, users, part_rows(group.drawn, negatives_));
  finish_parts(group, each, scratch);
  return loss;
}

/// The sums over drawn items become gradients by vectors.
void LightGcnModel::finish_parts(const Group& group, float each, const Scratch& scratch) {
  const std::int64_t first_item = group.batch.size() + group.begin;
  for (std::int64_t r = 0; r < group.size(); ++r) {
    const float *user = scratch.users.row(r), *item = scratch.items.row(r);
    float *by_user = parts_.row(group.begin + r), *by_item = parts_.row(first_item + r);
    for (std::int64_t k = 0; k < factors_; ++k) {
      by_user[k] = each * by_user[k] + scratch.slopes[r] * item[k];
      by_item[k] = scratch.slopes[r] * user[k];
    }
    turn_aside(user, scratch.user_lengths[r], by_user, factors_);
    turn_aside(item, scratch.item_lengths[r], by_item, factors_);
  }
  for (std::int64_t j = 0; j < negatives_; ++j) {
    float* by_drawn = parts_.row(group.drawn + j);
    for (std::int64_t k = 0; k < factors_; ++k) by_drawn[k] *= each;
    turn_aside(scratch.drawn.row(j), scratch.drawn_lengths[j], by_drawn, factors_);
  }
}

void LightGcnModel::represent(MatrixView vectors) {
  propagation_.mean_of_layers(layers_, table_.view(), vectors_.view(), threads_);
  threads_.for_ranges(nodes(), rows_a_task, [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t r = begin; r < end; ++r) {
      if (loss_.of_directions()) {
        direction(vectors_.row(r), vectors.row(r), factors_);
      } else {
        std::copy_n(vectors_.row(r), factors_, vectors.row(r));
      }
    }
  });
}

}  // namespace embrace
