// The probe of what is encoded (host/judge/probes.hpp): ridges of targets on vectors, cross-validated over items.
#include <algorithm>
#include <cmath>
#include <limits>

#include "host/judge/probes.hpp"
#include "host/math/normal_equations.hpp"
#include "host/math/vector_math.hpp"

namespace embrace::judge {
namespace {

constexpr std::int64_t parts = 5, fewest_items = 20;
constexpr FixedArray<float, 6> penalties{{1e-4F, 1e-3F, 1e-2F, 1e-1F, 1, 10}};  // times the number of items

constexpr double not_there = std::numeric_limits<double>::quiet_NaN();

/// Ridges of the columns of `targets`, one row an item, on the vectors of these items.
class CrossValidated {
 public:
  CrossValidated(const EntityVectors& items, const Array<std::int64_t>& chosen, Matrix targets)
      : width_(items.rows.columns()), vectors_(chosen.size(), padded_width(width_)), targets_(std::move(targets)) {
    for (std::int64_t r = 0; r < chosen.size(); ++r) {
      std::copy_n(items.rows.row(chosen[r]), width_, vectors_.row(r));
    }
  }

  /// Each row by the ridge of the rows of other parts; `means`: what these would say without vectors.
  Matrix predictions(Matrix& means) const {
    Matrix out(targets_.rows(), targets_.columns());
    means = out;
    for (std::int64_t part = 0; part < parts; ++part) {
      const std::int64_t inner = (part + 1) % parts;
      const Fit without = fitted(part, inner), with = fitted(part, part);
      std::int64_t best = 0;
      double least = std::numeric_limits<double>::infinity();
      for (std::int64_t p = 0; p < penalties.size(); ++p) {
        const double loss = squares(without, solved(without, penalties[p]), inner);
        if (loss >= least) continue;
        least = loss;
        best = p;
      }
      const Matrix weights = solved(with, penalties[best]);
      for (std::int64_t r = part; r < out.rows(); r += parts) {
        for (std::int64_t t = 0; t < out.columns(); ++t) {
          means(r, t) = static_cast<float>(with.mean[t]);
          out(r, t) = predicted(with, weights, r, t);
        }
      }
    }
    return out;
  }

 private:
  /// Sums over the rows that are in neither part; rows are dealt out to the parts in turn.
  struct Fit {
    NormalEquations sums;
    Array<double> mean;    // of each target
    Array<double> center;  // of the vectors
    Matrix products;       // Σ x (y - mean), a row a target
    float rows = 0;
  };

  Fit fitted(std::int64_t part, std::int64_t other) const {
    Fit fit{NormalEquations(width_), Array<double>(targets_.columns(), 0.0), Array<double>(width_, 0.0),
            Matrix(targets_.columns(), vectors_.columns())};
    Array<std::int32_t> rows;
    for (std::int64_t r = 0; r < targets_.rows(); ++r) {
      if (r % parts != part && r % parts != other) rows.push_back(static_cast<std::int32_t>(r));
    }
    fit.rows = static_cast<float>(rows.size());
    const auto n = static_cast<double>(rows.size());
    for (const std::int32_t r : rows) {
      for (std::int64_t t = 0; t < targets_.columns(); ++t) fit.mean[t] += static_cast<double>(targets_(r, t)) / n;
      for (std::int64_t k = 0; k < width_; ++k) fit.center[k] += static_cast<double>(vectors_(r, k)) / n;
    }
    Matrix centred(vectors_.rows(), vectors_.columns());
    for (const std::int32_t r : rows) {
      for (std::int64_t k = 0; k < width_; ++k) centred(r, k) = vectors_(r, k) - static_cast<float>(fit.center[k]);
      for (std::int64_t t = 0; t < targets_.columns(); ++t) {
        add_scaled(targets_(r, t) - static_cast<float>(fit.mean[t]), centred.row(r), fit.products.row(t), width_);
      }
    }
    fit.sums.clear(width_);
    fit.sums.add(centred.view(), rows, nullptr);
    return fit;
  }

  Matrix solved(const Fit& fit, float penalty) const {
    NormalEquations system(width_);
    system.start_from(fit.sums, 1);
    system.add_diagonal(penalty * fit.rows);
    system.factorize();
    Matrix weights(targets_.columns(), vectors_.columns());
    for (std::int64_t t = 0; t < targets_.columns(); ++t) system.solve(fit.products.row(t), weights.row(t));
    return weights;
  }

  float predicted(const Fit& fit, const Matrix& weights, std::int64_t row, std::int64_t target) const {
    double sum = fit.mean[target];
    for (std::int64_t k = 0; k < width_; ++k) {
      sum += static_cast<double>(weights(target, k)) * (static_cast<double>(vectors_(row, k)) - fit.center[k]);
    }
    return static_cast<float>(sum);
  }

  double squares(const Fit& fit, const Matrix& weights, std::int64_t part) const {
    double sum = 0;
    for (std::int64_t r = part; r < targets_.rows(); r += parts) {
      for (std::int64_t t = 0; t < targets_.columns(); ++t) {
        sum += std::pow(static_cast<double>(targets_(r, t) - predicted(fit, weights, r, t)), 2);
      }
    }
    return sum;
  }

  std::int64_t width_;
  Matrix vectors_, targets_;
};

}  // namespace

double encoded_number(const EntityVectors& items, Span<const double> target) {
  Array<std::int64_t> chosen;
  for (std::int64_t i = 0; i < target.size(); ++i) {
    if (items.known[i] != 0 && !std::isnan(target[i])) chosen.push_back(i);
  }
  if (chosen.size() < fewest_items) return not_there;
  Matrix targets(chosen.size(), 1), means;
  for (std::int64_t r = 0; r < chosen.size(); ++r) targets(r, 0) = static_cast<float>(target[chosen[r]]);
  const Matrix predicted = CrossValidated(items, chosen, targets).predictions(means);
  double left = 0, all = 0;
  for (std::int64_t r = 0; r < targets.rows(); ++r) {
    left += std::pow(static_cast<double>(targets(r, 0) - predicted(r, 0)), 2);
    all += std::pow(static_cast<double>(targets(r, 0) - means(r, 0)), 2);
  }
  return all > 0 ? 1 - left / all : not_there;
}

double encoded_label(const EntityVectors& items, const std::vector<std::vector<std::int32_t>>& labels,
                     std::int64_t count) {
  Array<std::int64_t> chosen;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (items.known[i] != 0 && !labels[i].empty()) chosen.push_back(static_cast<std::int64_t>(i));
  }
  if (chosen.size() < fewest_items) return not_there;
  Matrix targets(chosen.size(), count), means;
  for (std::int64_t r = 0; r < chosen.size(); ++r) {
    for (const std::int32_t label : labels[static_cast<std::size_t>(chosen[r])]) targets(r, label) = 1;
  }
  const Matrix predicted = CrossValidated(items, chosen, targets).predictions(means);
  double hits = 0;
  for (std::int64_t r = 0; r < targets.rows(); ++r) {
    const float* row = predicted.row(r);
    hits += static_cast<double>(targets(r, std::max_element(row, row + count) - row));
  }
  return hits / static_cast<double>(targets.rows());
}

}  // namespace embrace::judge
