// Adam (host/math/adam.hpp) on all rows of a table at once.
#pragma once
#include <cstdint>

#include "host/matrix.hpp"
#include "host/span.hpp"
#include "host/threads.hpp"

namespace embrace {

class TableAdam {
 public:
  TableAdam(std::int64_t rows, std::int64_t columns) : first_moment_(rows, columns), second_moment_(rows, columns) {}

  /// A step of `table`, whose rows `gradient` has.
  void step(double rate, const Matrix& gradient, Matrix& table, Threads& threads);
  /// The same; row r takes `shares[r]` of the rate.
  void step(double rate, Span<const float> shares, const Matrix& gradient, Matrix& table, Threads& threads);

 private:
  Matrix first_moment_, second_moment_;
  std::int64_t steps_ = 0;  // so far
};

}  // namespace embrace
