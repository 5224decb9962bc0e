// The probe of a ridge for each user (host/judge/probes.hpp).
#include <algorithm>
#include <cmath>
#include <limits>

#include "host/judge/probes.hpp"
#include "host/math/normal_equations.hpp"
#include "host/math/vector_math.hpp"

namespace embrace::judge {
namespace {

constexpr FixedArray<double, 5> shared_penalties{{0.00005, 0.0005, 0.005, 0.05, 1}};  // times the number of ratings
constexpr FixedArray<float, 7> own_penalties{{1, 3, 10, 30, 100, 300, 3000}};
constexpr float bias_penalty = 5;
constexpr std::int64_t grain = 64;  // users

class UserRidge {
 public:
  UserRidge(const EntityVectors& items, const Csr& fit, const Scale& scale, Threads& threads)
      : fit_(fit),
        scale_(scale),
        threads_(threads),
        width_(items.rows.columns()),
        items_(items.rows.rows(), padded_width(width_ + 1)),
        by_item_(transposed(fit.view(), threads, &order_)) {
    for (std::int64_t i = 0; i < items_.rows(); ++i) {
      if (items.known[i] != 0) std::copy_n(items.rows.row(i), width_, items_.row(i));
    }
    take_user_means();
  }

  Array<float> best(const RatedPairs& validation, const RatedPairs& test) {
    double least = std::numeric_limits<double>::infinity();
    Array<float> predictions;
    for (const double penalty : shared_penalties) {
      solve_shared(static_cast<float>(penalty * static_cast<double>(fit_.entries())));
      solve_users();
      for (std::int64_t own = 0; own < own_penalties.size(); ++own) {
        const double rmse = clipped_rmse(predict(validation, own), validation.ratings, scale_);
        if (rmse >= least) continue;
        least = rmse;
        predictions = predict(test, own);
      }
    }
    for (float& p : predictions) p = std::clamp(p, scale_.lowest, scale_.highest);
    return predictions;
  }

 private:
  /// The mean over ratings, and not over items: what is rated often is rated better.
  void take_user_means() {
    const CsrView fit = fit_.view();
    double sum = 0;
    for (const float r : fit_.values) sum += static_cast<double>(r);
    const auto mean = static_cast<float>(sum / static_cast<double>(std::max<std::int64_t>(1, fit_.entries())));
    user_mean_.assign(fit.rows, mean);
    for (std::int64_t u = 0; u < fit.rows; ++u) {
      float of_user = 0;
      for (const float r : fit.row_values(u)) of_user += r - mean;
      user_mean_[u] += of_user / (static_cast<float>(fit.row_size(u)) + bias_penalty);
      for (const float r : fit.row_values(u)) left_.push_back(r - user_mean_[u]);
    }
  }

  float shared(std::int64_t user, std::int32_t item) const { return user_mean_[user] + shared_[item]; }

  /// g, and of items with ratings what it leaves. Items weigh as their ratings do: rows of the root of their number
  /// times vector and 1.
  void solve_shared(float penalty) {
    const CsrView by_item = by_item_.view();
    Matrix rows(items_.rows(), items_.columns());
    Array<float> means(by_item.rows, 0.0F), targets;
    Array<std::int32_t> rated;
    for (std::int64_t i = 0; i < by_item.rows; ++i) {
      const auto n = static_cast<float>(by_item.row_size(i));
      if (n == 0) continue;
      for (std::int64_t e = by_item.offsets[i]; e < by_item.offsets[i + 1]; ++e) means[i] += left_[order_[e]] / n;
      const float root = std::sqrt(n);
      add_scaled(root, items_.row(i), rows.row(i), width_);
      rows(i, width_) = root;
      rated.push_back(static_cast<std::int32_t>(i));
      targets.push_back(root * means[i]);
    }
    NormalEquations system(width_ + 1);
    system.clear(width_ + 1);
    system.add(rows.view(), rated, targets.data());
    system.add_diagonal(penalty);
    system.factorize();
    Matrix g(1, items_.columns());
    system.solve(system.target(), g.row(0));
    shared_.resize(by_item.rows);
    for (std::int64_t i = 0; i < by_item.rows; ++i) {
      const auto n = static_cast<float>(by_item.row_size(i));
      shared_[i] = g(0, width_) + dot(g.row(0), items_.row(i), width_);
      shared_[i] += n / (n + bias_penalty) * (means[i] - shared_[i]);
    }
  }

  /// The weights of each user for each of own_penalties.
  void solve_users() {
    const CsrView fit = fit_.view();
    own_.assign(own_penalties.size(), Matrix(fit.rows, padded_width(width_)));
    threads_.for_ranges(fit.rows, grain, [&](std::int64_t begin, std::int64_t end, int) {
      NormalEquations sums(width_), system(width_);
      Array<float> left;
      for (std::int64_t u = begin; u < end; ++u) {
        if (fit.row_size(u) == 0) continue;
        left.clear();
        for (std::int64_t e = fit.offsets[u]; e < fit.offsets[u + 1]; ++e) {
          left.push_back(fit.values[e] - shared(u, fit.indices[e]));
        }
        sums.clear(width_);
        sums.add(items_.view(), fit.row_indices(u), left.data());
        for (std::int64_t p = 0; p < own_penalties.size(); ++p) {
          system.start_from(sums, 1);
          system.add_diagonal(own_penalties[p]);
          system.factorize();
          system.solve(sums.target(), own_[p].row(u));
        }
      }
    });
  }

  Array<float> predict(const RatedPairs& pairs, std::int64_t own) const {
    Array<float> out(pairs.size());
    for (std::int64_t p = 0; p < pairs.size(); ++p) {
      out[p] = shared(pairs.users[p], pairs.items[p]) +
               dot(own_[own].row(pairs.users[p]), items_.row(pairs.items[p]), width_);
    }
    return out;
  }

  const Csr& fit_;
  Scale scale_;
  Threads& threads_;
  std::int64_t width_;
  Matrix items_;  // in whole panels
  Array<std::int64_t> order_;
  Csr by_item_;
  Array<float> user_mean_, left_;  // what these leave of the ratings, in the order of `fit`
  Array<float> shared_;            // of an item, but for the user's mean
  Array<Matrix> own_;
};

}  // namespace

Array<float> predict_by_user_ridge(const EntityVectors& items, const Csr& fit, const RatedPairs& validation,
                                   const RatedPairs& test, const Scale& scale, Threads& threads) {
  return UserRidge(items, fit, scale, threads).best(validation, test);
}

}  // namespace embrace::judge
