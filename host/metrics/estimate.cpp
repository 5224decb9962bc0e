#include "host/metrics/estimate.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace embrace {
namespace {

/// Student's t as a standard normal deviation and back, each way one formula (Wallace 1959, Annals of Mathematical
/// Statistics 30, eq. 3): off by 1 % at 3 degrees of freedom, and on the safe side below.
constexpr double usual_z = 1.959963984540054;  // of the level 0.95
double shrink(double freedom) { return (8 * freedom + 1) / (8 * freedom + 3); }
double normal_of_student(double t, double freedom) {
  if (std::isinf(freedom)) return t;
  return std::copysign(shrink(freedom) * std::sqrt(freedom * std::log1p(t * t / freedom)), t);
}
double student_of_normal(double z, double freedom) {
  if (std::isinf(freedom)) return z;
  const double x = z / shrink(freedom);
  return std::copysign(std::sqrt(freedom * std::expm1(x * x / freedom)), z);
}

double upper_tail(double z) { return std::erfc(z / std::sqrt(2.0)) / 2; }

/// The standard normal quantile of 1 - tail, 0 < tail <= 0.5, by bisection.
double normal_quantile(double tail) {
  double low = 0, high = 40;
  for (int step = 0; step < 100; ++step) {
    const double middle = (low + high) / 2;
    (upper_tail(middle) > tail ? low : high) = middle;
  }
  return low;
}

struct Moments {
  double variance = 0, third = 0;
};
Moments moments(const std::vector<double>& draws) {
  const auto count = static_cast<double>(draws.size());
  double mean = 0;
  for (const double draw : draws) mean += draw / count;
  Moments of;
  for (const double draw : draws) {
    const double d = draw - mean;
    of.variance += d * d / count;
    of.third += d * d * d / count;
  }
  return of;
}

std::vector<double> mean_of_draws(Span<const Replicate> replicates) {
  std::vector<double> mean(replicates[0].draws.size());
  for (const Replicate& replicate : replicates) {
    for (std::size_t b = 0; b < mean.size(); ++b) mean[b] += replicate.draws[b];
  }
  for (double& draw : mean) draw /= static_cast<double>(replicates.size());
  return mean;
}

/// What users alone make of the variance between replicates, as a part of the variance of their mean: each user's
/// deviation of one replicate from the others (the interaction of users and replicates).
double interaction(Span<const Replicate> replicates, const std::vector<double>& mean) {
  double sum = 0;
  std::vector<double> deviation(mean.size());
  for (const Replicate& replicate : replicates) {
    for (std::size_t b = 0; b < mean.size(); ++b) deviation[b] = replicate.draws[b] - mean[b];
    sum += moments(deviation).variance;
  }
  const auto count = static_cast<double>(replicates.size());
  return sum / count / (count - 1);
}

bool have_draws(Span<const Replicate> replicates) {
  const std::size_t draws = replicates[0].draws.size();
  return draws > 0 && std::all_of(replicates.begin(), replicates.end(),
                                  [&](const Replicate& replicate) { return replicate.draws.size() == draws; });
}

void add_repeats(Span<const Replicate> replicates, const std::vector<double>& mean, Estimate& result) {
  const auto count = static_cast<double>(replicates.size());
  double between = 0;  // as a variance of the mean
  for (const Replicate& r : replicates) between += (r.value - result.value) * (r.value - result.value);
  between /= count * (count - 1);
  result.interaction = interaction(replicates, mean);
  if (between <= result.interaction) return;
  result.repeat_variance = between - result.interaction;
  const double users = result.user_variance, all = users + result.repeat_variance;
  result.freedom =
      all * all / (users * users / result.user_freedom + between * between / (count - 1));  // Satterthwaite
}

}  // namespace

double Estimate::error() const { return std::sqrt(user_variance + repeat_variance); }

Interval Estimate::interval(double level) const {
  if (!(level > 0 && level < 1)) throw std::invalid_argument("interval: needs a level between 0 and 1");
  const double t = student_of_normal(normal_quantile((1 - level) / 2), freedom);
  const double a = acceleration;
  const auto bound = [&](double z) { return value + error() * (a == 0 ? z : std::expm1(4 * a * z) / (4 * a) + a); };
  return {std::min(value, bound(-t)), std::max(value, bound(t))};
}

double Estimate::score() const {
  constexpr double beyond = 1e9;  // of an error of zero, and of a value that the curve of bounds never reaches
  if (value == 0) return 0;
  if (!(error() > 0)) return std::copysign(beyond, value);
  const double a = acceleration, distance = value / error();
  if (a == 0) return normal_of_student(distance, freedom);
  const double inside = 1 - 4 * a * (distance + a);
  return inside > 0 ? normal_of_student(-std::log(inside) / (4 * a), freedom) : std::copysign(beyond, value);
}

double Estimate::p_value() const { return 2 * upper_tail(std::abs(score())); }

Estimate estimate(Span<const Replicate> replicates, double users) {
  if (replicates.empty()) throw std::invalid_argument("estimate: no replicates");
  const auto count = static_cast<double>(replicates.size());
  Estimate result;
  for (const Replicate& replicate : replicates) result.value += replicate.value / count;
  if (!have_draws(replicates)) return result;
  const std::vector<double> mean = mean_of_draws(replicates);
  const Moments of_users = moments(mean);
  if (users > 1) result.user_freedom = std::max(1.0, users - 1);
  // The Bayesian bootstrap's variance is that of n (n + 1) in the denominator, its skewness twice that of the mean.
  const double n = std::max(2.0, users);
  result.user_variance = users > 1 ? of_users.variance * (n + 1) / (n - 1) : of_users.variance;
  result.freedom = result.user_freedom;
  if (replicates.size() > 1) add_repeats(replicates, mean, result);
  const double error = result.error();
  if (!(error > 0)) return result;
  const double most = 0.5 / student_of_normal(usual_z, result.freedom);  // few users say little of their skewness
  result.acceleration = std::clamp(of_users.third / (12 * error * error * error), -most, most);
  return result;
}

std::vector<Replicate> difference(Span<const Replicate> a, Span<const Replicate> b) {
  if (a.size() != b.size()) throw std::invalid_argument("difference: unlike numbers of replicates");
  std::vector<Replicate> result(a.begin(), a.end());
  for (std::int64_t r = 0; r < a.size(); ++r) {
    result[static_cast<std::size_t>(r)].value -= b[r].value;
    std::vector<double>& draws = result[static_cast<std::size_t>(r)].draws;
    if (draws.size() != b[r].draws.size()) {
      draws.clear();
      continue;
    }
    for (std::size_t d = 0; d < draws.size(); ++d) draws[d] -= b[r].draws[d];
  }
  return result;
}

}  // namespace embrace
