#include "host/methods/feature_ials_regression.hpp"

#include <utility>

#include "host/math/sparse_product.hpp"

namespace embrace::cpu {
namespace {

constexpr std::int64_t rows_a_task = 256;

bool all_small(const Array<double>& squares, const Array<double>& first) {
  for (std::int64_t k = 0; k < squares.size(); ++k) {
    if (!(squares[k] <= smallest_feature_share * first[k])) return false;
  }
  return true;
}

float ratio(double a, double b) { return b > 0 ? static_cast<float>(a / b) : 0.0F; }

}  // namespace

FeatureRegression::FeatureRegression(FeatureSystem system, std::int64_t width)
    : system_(std::move(system)),
      unknowns_(system_.features(), width),
      residual_(system_.features(), width),
      direction_(system_.features(), width),
      product_(system_.features(), width),
      fitted_(system_.forward.rows(), width),
      difference_(system_.forward.rows(), width) {}

/// What `add_row` adds for each feature to the sums of its factors; by tasks of fixed size, in their order.
template <typename AddRow>
Array<double> FeatureRegression::sums_by_factor(Threads& threads, const AddRow& add_row) const {
  const std::int64_t rows = unknowns_.rows(), width = unknowns_.columns();
  const std::int64_t tasks = (rows + rows_a_task - 1) / rows_a_task;
  Array<double> parts(tasks * width, 0.0), sums(width, 0.0);
  threads.for_ranges(rows, rows_a_task, [&](std::int64_t begin, std::int64_t end, int) {
    double* part = parts.data() + begin / rows_a_task * width;
    for (std::int64_t f = begin; f < end; ++f) add_row(f, part);
  });
  for (std::int64_t task = 0; task < tasks; ++task) {
    for (std::int64_t k = 0; k < width; ++k) sums[k] += parts[task * width + k];
  }
  return sums;
}

/// The residual at W, which is the first direction; its squares by factor.
Array<double> FeatureRegression::start(const Matrix& vectors, Threads& threads) {
  const std::int64_t width = fitted_.columns();
  threads.for_ranges(fitted_.rows(), rows_a_task, [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t n = begin * width; n < end * width; ++n) {
      difference_.data()[n] = vectors.data()[n] - fitted_.data()[n];
    }
  });
  multiply_sparse(system_.backward.view(), difference_.view(), residual_.view(), threads);
  return sums_by_factor(threads, [&](std::int64_t f, double* squares) {
    for (std::int64_t k = 0; k < width; ++k) {
      const float r = residual_(f, k) - system_.ridges[f] * unknowns_(f, k);
      residual_(f, k) = direction_(f, k) = r;
      squares[k] += static_cast<double>(r) * static_cast<double>(r);
    }
  });
}

/// From the squares of the residual to those after the step.
Array<double> FeatureRegression::step(const Array<double>& squares, Threads& threads) {
  const std::int64_t width = fitted_.columns();
  multiply_sparse(system_.forward.view(), direction_.view(), difference_.view(), threads);
  multiply_sparse(system_.backward.view(), difference_.view(), product_.view(), threads);
  const Array<double> curvature = sums_by_factor(threads, [&](std::int64_t f, double* sums) {
    for (std::int64_t k = 0; k < width; ++k) {
      product_(f, k) += system_.ridges[f] * direction_(f, k);
      sums[k] += static_cast<double>(direction_(f, k)) * static_cast<double>(product_(f, k));
    }
  });
  Array<float> length(width), turn(width);
  for (std::int64_t k = 0; k < width; ++k) length[k] = ratio(squares[k], curvature[k]);
  Array<double> after = sums_by_factor(threads, [&](std::int64_t f, double* sums) {
    for (std::int64_t k = 0; k < width; ++k) {
      unknowns_(f, k) += length[k] * direction_(f, k);
      residual_(f, k) -= length[k] * product_(f, k);
      sums[k] += static_cast<double>(residual_(f, k)) * static_cast<double>(residual_(f, k));
    }
  });
  for (std::int64_t k = 0; k < width; ++k) turn[k] = ratio(after[k], squares[k]);
  threads.for_ranges(direction_.rows(), rows_a_task, [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t f = begin; f < end; ++f) {
      for (std::int64_t k = 0; k < width; ++k) direction_(f, k) = residual_(f, k) + turn[k] * direction_(f, k);
    }
  });
  return after;
}

void FeatureRegression::fit(const Matrix& vectors, Threads& threads) {
  const Array<double> first = start(vectors, threads);
  Array<double> squares = first;
  for (int n = 0; n < most_feature_steps && !all_small(squares, first); ++n) squares = step(squares, threads);
  multiply_sparse(system_.forward.view(), unknowns_.view(), fitted_.view(), threads);
}

double FeatureRegression::penalty() const {
  double sum = 0;
  for (std::int64_t f = 0; f < unknowns_.rows(); ++f) {
    double squares = 0;
    for (std::int64_t k = 0; k < unknowns_.columns(); ++k) {
      squares += static_cast<double>(unknowns_(f, k)) * static_cast<double>(unknowns_(f, k));
    }
    sum += static_cast<double>(system_.ridges[f]) * squares;
  }
  return sum;
}

}  // namespace embrace::cpu
