// Short loops over rows of floats, vectorized for the CPU at hand, each in a fixed order of additions.
#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "host/array.hpp"
#include "host/span.hpp"

namespace embrace {

/// y += a x
void add_scaled(float a, const float* x, float* y, std::int64_t n);

/// <a, b>
float dot(const float* a, const float* b, std::int64_t n);

/// Weighted sums of rows: many in one call, each held in registers while its rows go by in the order of their addition.
/// Keeps its memory; one a worker.
class alignas(64) RowSums {
 public:
  explicit RowSums(std::int64_t columns) : columns_(columns) {}
  /// Of the sum that is listed at the moment.
  void add(const float* row, float factor) { rows_.push_back({row, factor}); }
  /// Ends its list: out[k] = Σ factor · row[k] over the columns.
  void store_at(float* out) { sums_.push_back({rows_.size(), out}); }
  /// Computes all sums and forgets them.
  void run();

  struct Row {
    const float* row;
    float factor;
  };
  struct Sum {
    std::int64_t end;  // of its rows
    float* out;
  };

 private:
  std::int64_t columns_;
  Array<Row> rows_;
  Array<Sum> sums_;
};

/// Rows of `length` floats to be multiplied; out[p] = <a, b>.
struct VectorPair {
  const float *a, *b;
};
void dots(Span<const VectorPair> pairs, std::int64_t length, float* out);

/// A row [vector | bias] of weights with its sums of squares and its gradient.
struct AdagradRow {
  const float* gradient;  // of the vector
  float bias_gradient;
  float penalty, rate;
  float *sums, *weights;
};
/// One step of Adagrad (Duchi et al. 2011) for each row, whose vector has `length` floats, with g = gradient + penalty
/// w:
///   sums += g²;  w -= rate g / sqrt(sums)
void adagrad(Span<const AdagradRow> rows, std::int64_t length);

/// softplus = log(1 + exp(x)) without overflow, sigmoid = 1 / (1 + exp(-x)), its derivative; to a few ulp.
void logistic(const float* x, std::int64_t n, float* softplus, float* sigmoid);

/// out = factor x where h is positive, 0 elsewhere; out may be x.
void pass_where_positive(const float* h, float factor, const float* x, float* out, std::int64_t n);

/// x is multiplied by 0 where its random bits are below `below`, elsewhere by `scale`.
void drop_units(const std::uint32_t* bits, std::uint32_t below, float scale, float* x, std::int64_t n);

/// Asks for a row that will be read soon.
inline void prefetch(const float* x, std::int64_t n) {
  constexpr std::int64_t line = 16;
  for (std::int64_t k = 0; k < n; k += line) __builtin_prefetch(x + k);
}

inline bool all_finite(const float* x, std::int64_t n) {
  bool finite = true;
  for (std::int64_t k = 0; k < n; ++k) finite = finite && std::isfinite(x[k]);
  return finite;
}

}  // namespace embrace
