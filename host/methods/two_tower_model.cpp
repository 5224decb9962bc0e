#include "host/methods/two_tower_model.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "host/learning/history.hpp"
#include "host/math/directions.hpp"
#include "host/math/product.hpp"
#include "host/math/score_losses.hpp"
#include "host/math/sparse_product.hpp"
#include "host/math/vector_math.hpp"

namespace embrace {
namespace {

constexpr std::int64_t rows_a_task = 256;

/// Of the first vectors, times sqrt(factors). Users speak by what they have at first.
constexpr double item_spread = 1, user_spread = 0.1;

/// A side each of whose entities has a row of `ratings`.
TowerStart side_of(const Problem& problem, CsrView ratings, bool identity, const Features* features, double spread,
                   std::uint32_t stream) {
  const std::int64_t factors = problem.hyper.integer("factors");
  return {EmbeddingTable(ratings.rows, identity, features, row_sizes(ratings), EmbeddingTable::Slices::one, factors,
                         spread / std::sqrt(static_cast<double>(factors)), problem.seed, stream),
          problem.threads};
}

/// Room for at least `rows` rows; what was there is lost when they are too few.
void make_room(Matrix& m, std::int64_t rows, std::int64_t columns) {
  if (m.rows() < rows) m = Matrix(rows, columns);
}

}  // namespace

TwoTowerStart::TwoTowerStart(const Problem& problem)
    : histories(distinct_entries(problem.ratings)),
      owners(transposed(histories.view(), problem.threads)),
      log_share(problem.items()),
      users(side_of(problem, problem.ratings, problem.hyper.integer("user_id") != 0, problem.user_features, user_spread,
                    0)),
      items(side_of(problem, problem.by_item, true, problem.item_features, item_spread, 1)) {
  const auto pairs = static_cast<double>(problem.ratings.entries());
  for (std::int64_t i = 0; i < problem.items(); ++i) {
    const auto here = static_cast<double>(std::max<std::int64_t>(1, problem.by_item.row_size(i)));
    log_share[i] = static_cast<float>(std::log(here / std::max(1.0, pairs)));
  }
}

TwoTowerModel::TwoTowerModel(const Problem& problem) : TwoTowerModel(problem, TwoTowerStart(problem)) {}

TwoTowerModel::TwoTowerModel(const Problem& problem, TwoTowerStart start)
    : threads_(problem.threads),
      factors_(problem.hyper.integer("factors")),
      most_(problem.hyper.integer("negatives") + 1),
      temperature_(static_cast<float>(problem.hyper["temperature"])),
      histories_(std::move(start.histories)),
      owners_(std::move(start.owners)),
      log_share_(std::move(start.log_share)),
      users_(std::move(start.users)),
      items_(std::move(start.items)),
      sums_(problem.users(), factors_),
      sum_gradient_(problem.users(), factors_),
      of_own_items_(problem.items(), factors_),
      scratch_(threads_.count()) {
  for (Scratch& scratch : scratch_) scratch.first.assign(problem.items(), -1);
}

double TwoTowerModel::differentiate(const Batch& batch) {
  users_.represent(threads_);
  items_.represent(threads_);
  multiply_sparse(histories_.view(), items_.vectors(), sums_.view(), threads_);
  const std::int64_t n = batch.size(), count = groups(n);
  make_room(user_parts_, n, factors_);
  make_room(item_parts_, n, factors_);
  losses_.assign(count, 0.0);
  threads_.for_each(count, [&](std::int64_t g, int worker) {
    losses_[g] = learn({batch, n * g / count, n * (g + 1) / count}, scratch_[worker]);
  });
  sum_parts(batch);
  users_.pass_back(threads_);
  items_.pass_back(threads_);
  return std::accumulate(losses_.begin(), losses_.end(), 0.0) / static_cast<double>(std::max<std::int64_t>(1, n));
}

/// p of a pair.
void TwoTowerModel::pool_others(std::int32_t user, std::int32_t item, float* out) const {
  std::copy_n(users_.vectors().row(user), factors_, out);
  if (others(user) == 0) return;
  const float each = 1 / static_cast<float>(others(user));
  add_scaled(each, sums_.row(user), out, factors_);
  add_scaled(-each, items_.vectors().row(item), out, factors_);
}

void TwoTowerModel::take_in(const Group& group, Scratch& scratch) const {
  const std::int64_t n = group.size();
  make_room(scratch.users, n, factors_);
  make_room(scratch.items, n, factors_);
  make_room(scratch.scores, n, n);
  scratch.user_lengths.resize(n);
  scratch.item_lengths.resize(n);
  scratch.corrections.resize(n);
  scratch.next.resize(n);
  const auto log_others = static_cast<float>(std::log(static_cast<double>(std::max<std::int64_t>(1, n - 1))));
  for (std::int64_t r = 0; r < n; ++r) {
    const std::int32_t user = group.batch.users[group.begin + r], item = group.batch.items[group.begin + r];
    float* pooled = scratch.users.row(r);
    pool_others(user, item, pooled);
    scratch.user_lengths[r] = direction(pooled, pooled, factors_);
    scratch.item_lengths[r] = direction(items_.vectors().row(item), scratch.items.row(r), factors_);
    scratch.corrections[r] = temperature_ * (log_others + log_share_[item]);
    scratch.next[r] = std::exchange(scratch.first[item], static_cast<std::int32_t>(r));
  }
}

/// Takes what the user has, this pair's item as well, out of a row of scores.
void TwoTowerModel::leave_out(std::int32_t user, const Scratch& scratch, float* scores) const {
  for (const std::int32_t item : histories_.view().row_indices(user)) {
    for (std::int32_t pair = scratch.first[item]; pair >= 0; pair = scratch.next[pair]) {
      scores[pair] = -std::numeric_limits<float>::infinity();
    }
  }
}

double TwoTowerModel::learn(const Group& group, Scratch& scratch) {
  take_in(group, scratch);
  const std::int64_t n = group.size();
  const MatrixView users = scratch.users.rows(0, n), items = scratch.items.rows(0, n);
  const MatrixView scores{scratch.scores.data(), n, n, n};
  multiply_transposed(users, items, 0, scores);
  double loss = 0;
  for (std::int64_t r = 0; r < n; ++r) {
    float* row = scores.row(r);
    const float own = row[r];
    add_scaled(-1, scratch.corrections.data(), row, n);
    leave_out(group.batch.users[group.begin + r], scratch, row);
    const SoftmaxTerm term = sampled_softmax(1 / temperature_, own, 1, row, n);
    row[r] = term.positive;
    loss += term.loss;
  }
  for (std::int64_t s = group.begin; s < group.end; ++s) scratch.first[group.batch.items[s]] = -1;
  multiply(scores, items, 0, user_parts_.rows(group.begin, group.end));
  multiply_by_transposed(scores, users, item_parts_.rows(group.begin, group.end));
  finish_parts(group, scratch);
  return loss;
}

/// Gradients by directions become those of the mean loss by p and by the vector of the pair's item, on which p depends,
/// too, being without it.
void TwoTowerModel::finish_parts(const Group& group, const Scratch& scratch) {
  const float each = 1 / static_cast<float>(group.batch.size());
  for (std::int64_t r = 0; r < group.size(); ++r) {
    const std::int64_t s = group.begin + r, rest = others(group.batch.users[s]);
    float *by_user = user_parts_.row(s), *by_item = item_parts_.row(s);
    scale_row(each, by_user, factors_);
    scale_row(each, by_item, factors_);
    turn_aside(scratch.users.row(r), scratch.user_lengths[r], by_user, factors_);
    turn_aside(scratch.items.row(r), scratch.item_lengths[r], by_item, factors_);
    if (rest > 0) add_scaled(-1 / static_cast<float>(rest), by_user, by_item, factors_);
  }
}

/// Of all pairs of a user, then of all users who have an item, and of the item's own pairs.
void TwoTowerModel::sum_parts(const Batch& batch) {
  const std::int64_t n = batch.size();
  const MatrixView by_user = users_.vector_gradient(), by_item = items_.vector_gradient();
  multiply_sparse(sums_of_parts(by_user.rows, batch.users, threads_).view(), user_parts_.rows(0, n), by_user, threads_);
  threads_.for_ranges(by_user.rows, rows_a_task, [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t u = begin; u < end; ++u) {
      std::copy_n(by_user.row(u), factors_, sum_gradient_.row(u));
      scale_row(others(u) > 0 ? 1 / static_cast<float>(others(u)) : 0, sum_gradient_.row(u), factors_);
    }
  });
  multiply_sparse(owners_.view(), sum_gradient_.view(), by_item, threads_);
  multiply_sparse(sums_of_parts(by_item.rows, batch.items, threads_).view(), item_parts_.rows(0, n),
                  of_own_items_.view(), threads_);
  threads_.for_ranges(by_item.rows, rows_a_task, [&](std::int64_t begin, std::int64_t end, int) {
    add_scaled(1, of_own_items_.row(begin), by_item.row(begin), (end - begin) * factors_);
  });
}

void TwoTowerModel::step(double rate) {
  users_.step(rate, threads_);
  items_.step(rate, threads_);
}

void TwoTowerModel::represent_user(Span<const std::int32_t> history, std::int64_t user, float* out) const {
  std::copy_n(users_.vectors().row(user), factors_, out);
  const float each = 1 / static_cast<float>(std::max<std::int64_t>(1, history.size()));
  for (const std::int32_t item : history) add_scaled(each, items_.vectors().row(item), out, factors_);
  direction(out, out, factors_);
}

void TwoTowerModel::represent(MatrixView users, MatrixView items) {
  users_.represent(threads_);
  items_.represent(threads_);
  threads_.for_ranges(users.rows, rows_a_task, [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t u = begin; u < end; ++u) represent_user(histories_.view().row_indices(u), u, users.row(u));
  });
  threads_.for_ranges(items.rows, rows_a_task, [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t i = begin; i < end; ++i) direction(items_.vectors().row(i), items.row(i), factors_);
  });
}

void TwoTowerModel::represent_users(CsrView histories, MatrixView users) {
  threads_.for_ranges(users.rows, rows_a_task, [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t u = begin; u < end; ++u) {
      if (histories.row_size(u) > 0) represent_user(histories.row_indices(u), u, users.row(u));
    }
  });
}

}  // namespace embrace
