// The Gram matrix of vectors: what all pairs without a rating weigh in a row of an implicit alternating method.
#pragma once
#include <cstdint>

#include "host/array.hpp"
#include "host/math/normal_equations.hpp"
#include "host/span.hpp"
#include "host/threads.hpp"
#include "host/views.hpp"

namespace embrace {

/// Rows with entries, ascending.
Array<std::int32_t> rated_rows(CsrView ratings);

class Gram {
 public:
  explicit Gram(std::int64_t factors) : factors_(factors), sum_(factors) {}

  /// Σ y_r y_r' over the rows listed; y has whole panels of columns. Cut into parts by the number of rows alone, added
  /// in their order: the same bits for any number of threads.
  void form(ConstMatrixView y, Span<const std::int32_t> rows, Threads& threads);
  const NormalEquations& sum() const { return sum_; }

 private:
  std::int64_t factors_;
  Array<NormalEquations> parts_;
  NormalEquations sum_;
};

}  // namespace embrace
