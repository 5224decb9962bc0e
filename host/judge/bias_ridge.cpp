#include "host/judge/bias_ridge.hpp"

#include <algorithm>
#include <cmath>

#include "host/math/product.hpp"

namespace embrace::judge {
namespace {

constexpr std::int64_t block = 256;      // pairs filled at a time
constexpr std::int64_t most_parts = 16;  // partial Gram matrices, whatever the number of threads
constexpr std::int64_t grain = 256;      // users or items a task
constexpr int most_iterations = 2000;
constexpr double tolerance = 1e-9;

/// Rows of a sparse matrix cut into tasks of about as many entries.
Array<std::int64_t> cut_rows(CsrView rows) {
  Array<std::int64_t> cuts{0};
  for (std::int64_t part = 1; part < most_parts; ++part) {
    const std::int64_t entry = rows.entries() * part / most_parts;
    const std::int64_t row = std::lower_bound(rows.offsets, rows.offsets + rows.rows, entry) - rows.offsets;
    cuts.push_back(std::max(cuts.back(), row));
  }
  cuts.push_back(rows.rows);
  return cuts;
}

/// Factor and solution of a small symmetric positive definite system.
class Cholesky {
 public:
  Cholesky(Array<double> a, std::int64_t n) : l_(std::move(a)), n_(n) {
    for (std::int64_t r = 0; r < n; ++r) {
      for (std::int64_t c = 0; c <= r; ++c) {
        double sum = l_[r * n + c];
        for (std::int64_t k = 0; k < c; ++k) sum -= l_[r * n + k] * l_[c * n + k];
        l_[r * n + c] = r == c ? std::sqrt(std::max(sum, 1e-300)) : sum / l_[c * n + c];
      }
    }
  }
  void solve(double* b) const {
    for (std::int64_t r = 0; r < n_; ++r) {
      for (std::int64_t k = 0; k < r; ++k) b[r] -= l_[r * n_ + k] * b[k];
      b[r] /= l_[r * n_ + r];
    }
    for (std::int64_t r = n_ - 1; r >= 0; --r) {
      for (std::int64_t k = r + 1; k < n_; ++k) b[r] -= l_[k * n_ + r] * b[k];
      b[r] /= l_[r * n_ + r];
    }
  }

 private:
  Array<double> l_;
  std::int64_t n_;
};

/// Takes the mean over the ratings from the biases of all rows that have any, and returns it.
double centre(Array<double>& biases, CsrView rows) {
  double sum = 0;
  for (std::int64_t r = 0; r < rows.rows; ++r) sum += biases[r] * static_cast<double>(rows.row_size(r));
  const double mean = sum / static_cast<double>(std::max<std::int64_t>(1, rows.entries()));
  for (std::int64_t r = 0; r < rows.rows; ++r) {
    if (rows.row_size(r) > 0) biases[r] -= mean;
  }
  return mean;
}

double dot(const Array<double>& a, const Array<double>& b) {
  double sum = 0;
  for (std::int64_t k = 0; k < a.size(); ++k) sum += a[k] * b[k];
  return sum;
}

void add_scaled(double a, const Array<double>& x, Array<double>& y) {
  for (std::int64_t k = 0; k < x.size(); ++k) y[k] += a * x[k];
}

}  // namespace

struct BiasRidge::Vector {
  Array<double> weights, users, items;

  double times(const Vector& o) const { return dot(weights, o.weights) + dot(users, o.users) + dot(items, o.items); }
  void add(double a, const Vector& x) {
    add_scaled(a, x.weights, weights);
    add_scaled(a, x.users, users);
    add_scaled(a, x.items, items);
  }
};

/// The blocks on the diagonal: the columns whole, each bias by itself.
struct BiasRidge::Preconditioner {
  Cholesky columns;
  Array<double> users, items;  // diagonals

  Vector apply(Vector r) const {
    columns.solve(r.weights.data());
    for (std::int64_t u = 0; u < users.size(); ++u) r.users[u] /= users[u];
    for (std::int64_t i = 0; i < items.size(); ++i) r.items[i] /= items[i];
    return r;
  }
};

BiasRidge::BiasRidge(CsrView ratings, std::int64_t columns, std::int64_t habits, const PairColumns& fill,
                     Threads& threads)
    : by_user_(ratings),
      by_item_(transposed(ratings, threads)),
      columns_(columns + 1),
      habits_(habits),
      threads_(threads) {
  for (std::int64_t e = 0; e < ratings.entries(); ++e) mean_ += static_cast<double>(ratings.values[e]);
  mean_ /= static_cast<double>(std::max<std::int64_t>(1, ratings.entries()));
  add_users(fill);
  add_items(fill);
}

void BiasRidge::add_users(const PairColumns& fill) {
  const std::int64_t f = columns_;
  user_sums_.assign(by_user_.rows * f, 0.0);
  user_target_.assign(by_user_.rows, 0.0);
  const Array<std::int64_t> cuts = cut_rows(by_user_);
  Array<Array<double>> grams(most_parts), targets(most_parts);
  threads_.for_each(most_parts, [&](std::int64_t part, int) {
    Array<double>& gram = grams[part];
    Array<double>& target = targets[part];
    gram.assign(f * f, 0.0);
    target.assign(f, 0.0);
    Matrix x(block, f), products(f, f);
    Array<std::int32_t> users(block);
    for (std::int64_t k = 0; k < block; ++k) x(k, 0) = 1;
    std::int64_t u = cuts[part];
    const std::int64_t last = by_user_.offsets[cuts[part + 1]];
    for (std::int64_t e = by_user_.offsets[cuts[part]]; e < last; e += block) {
      const std::int64_t n = std::min(block, last - e);
      for (std::int64_t k = 0; k < n; ++k) {
        while (by_user_.offsets[u + 1] <= e + k) ++u;
        users[k] = static_cast<std::int32_t>(u);
      }
      if (f > 1) fill({users.data(), n}, {by_user_.indices + e, n}, {x.data() + 1, n, f - 1, f});
      multiply_by_transposed({x.data(), n, f, f}, {x.data(), n, f, f}, products.view());
      for (std::int64_t k = 0; k < f * f; ++k) gram[k] += static_cast<double>(products.data()[k]);
      for (std::int64_t k = 0; k < n; ++k) {
        const double y = static_cast<double>(by_user_.values[e + k]) - mean_;
        double* sums = &user_sums_[users[k] * f];
        user_target_[users[k]] += y;
        for (std::int64_t c = 0; c < f; ++c) {
          const auto value = static_cast<double>(x(k, c));
          sums[c] += value;
          target[c] += y * value;
        }
      }
    }
  });
  gram_.assign(f * f, 0.0);
  target_.assign(f, 0.0);
  for (std::int64_t part = 0; part < most_parts; ++part) {
    add_scaled(1, grams[part], gram_);
    add_scaled(1, targets[part], target_);
  }
}

void BiasRidge::add_items(const PairColumns& fill) {
  const std::int64_t f = columns_;
  const CsrView rows = by_item_.view();
  item_sums_.assign(rows.rows * f, 0.0);
  item_target_.assign(rows.rows, 0.0);
  threads_.for_ranges(rows.rows, grain, [&](std::int64_t begin, std::int64_t end, int) {
    Matrix x(block, f);
    Array<std::int32_t> items(block);
    for (std::int64_t i = begin; i < end; ++i) {
      double* sums = &item_sums_[i * f];
      for (std::int64_t e = rows.offsets[i]; e < rows.offsets[i + 1]; e += block) {
        const std::int64_t n = std::min(block, rows.offsets[i + 1] - e);
        std::fill(items.begin(), items.begin() + n, static_cast<std::int32_t>(i));
        if (f > 1) fill({rows.indices + e, n}, {items.data(), n}, {x.data() + 1, n, f - 1, f});
        for (std::int64_t k = 0; k < n; ++k) {
          item_target_[i] += static_cast<double>(rows.values[e + k]) - mean_;
          for (std::int64_t c = 1; c < f; ++c) sums[c] += static_cast<double>(x(k, c));
        }
      }
      sums[0] = static_cast<double>(rows.row_size(i));
    }
  });
}

/// The rows of users (items), and what they add to the rows of the columns.
void BiasRidge::multiply_side(bool by_user, const Vector& x, double bias_penalty, Vector& out) const {
  const CsrView rows = by_user ? by_user_ : by_item_.view();
  const Array<double>& sums = by_user ? user_sums_ : item_sums_;
  const Array<double>& own = by_user ? x.users : x.items;
  const Array<double>& others = by_user ? x.items : x.users;
  Array<double>& result = by_user ? out.users : out.items;
  result.resize(rows.rows);
  const std::int64_t f = columns_, tasks = (rows.rows + grain - 1) / grain;
  Array<double> parts(tasks * f, 0.0);
  threads_.for_ranges(rows.rows, grain, [&](std::int64_t begin, std::int64_t end, int) {
    double* part = &parts[begin / grain * f];
    for (std::int64_t r = begin; r < end; ++r) {
      const double* sum = &sums[r * f];
      double value = (static_cast<double>(rows.row_size(r)) + bias_penalty) * own[r];
      for (std::int64_t c = 0; c < f; ++c) {
        value += sum[c] * x.weights[c];
        part[c] += sum[c] * own[r];
      }
      for (const std::int32_t other : rows.row_indices(r)) value += others[other];
      result[r] = value;
    }
  });
  for (std::int64_t task = 0; task < tasks; ++task) {
    for (std::int64_t c = 0; c < f; ++c) out.weights[c] += parts[task * f + c];
  }
}

Array<double> BiasRidge::penalties_of_columns(double bias_penalty, double weight_penalty) const {
  Array<double> penalties{0};  // of the constant
  penalties.resize(columns_ - habits_, weight_penalty);
  penalties.resize(columns_, bias_penalty);
  return penalties;
}

BiasRidge::Vector BiasRidge::multiply(const Vector& x, double bias_penalty, const Array<double>& penalties) const {
  Vector out;
  out.weights.assign(columns_, 0.0);
  for (std::int64_t r = 0; r < columns_; ++r) {
    out.weights[r] = penalties[r] * x.weights[r];
    for (std::int64_t c = 0; c < columns_; ++c) out.weights[r] += gram_[r * columns_ + c] * x.weights[c];
  }
  multiply_side(true, x, bias_penalty, out);
  multiply_side(false, x, bias_penalty, out);
  return out;
}

RidgeSolution BiasRidge::solve(double bias_penalty, double weight_penalty) const {
  const Array<double> penalties = penalties_of_columns(bias_penalty, weight_penalty);
  Array<double> diagonal_block = gram_;
  for (std::int64_t c = 0; c < columns_; ++c) diagonal_block[c * columns_ + c] += penalties[c];
  Preconditioner preconditioner{Cholesky(std::move(diagonal_block), columns_), {}, {}};
  for (std::int64_t u = 0; u < by_user_.rows; ++u) {
    preconditioner.users.push_back(static_cast<double>(by_user_.row_size(u)) + bias_penalty);
  }
  for (std::int64_t i = 0; i < by_item_.rows(); ++i) {
    preconditioner.items.push_back(item_sums_[i * columns_] + bias_penalty);
  }
  Vector x{Array<double>(columns_, 0.0), Array<double>(by_user_.rows, 0.0), Array<double>(by_item_.rows(), 0.0)};
  Vector residual{target_, user_target_, item_target_};
  Vector z = preconditioner.apply(residual);
  Vector direction = z;
  double size = residual.times(z);
  const double enough = tolerance * tolerance * size;
  int iteration = 0;
  for (; iteration < most_iterations && size > enough; ++iteration) {
    const Vector product = multiply(direction, bias_penalty, penalties);
    const double step = size / direction.times(product);
    x.add(step, direction);
    residual.add(-step, product);
    z = preconditioner.apply(residual);
    const double before = size;
    size = residual.times(z);
    Vector next = z;
    next.add(size / before, direction);
    direction = std::move(next);
  }
  double intercept = mean_ + x.weights[0];
  intercept += centre(x.users, by_user_);
  intercept += centre(x.items, by_item_.view());
  RidgeSolution solution{intercept, std::move(x.users), std::move(x.items), {}, iteration};
  solution.weights.assign(x.weights.begin() + 1, x.weights.end());
  return solution;
}

}  // namespace embrace::judge
