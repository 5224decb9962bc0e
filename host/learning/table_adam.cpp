#include "host/learning/table_adam.hpp"

#include "host/math/adam.hpp"

namespace embrace {
namespace {

constexpr std::int64_t rows_a_task = 256;

}  // namespace

void TableAdam::step(double rate, const Matrix& gradient, Matrix& table, Threads& threads) {
  const AdamStep step(rate, 0, ++steps_);
  threads.for_ranges(table.rows(), rows_a_task, [&](std::int64_t begin, std::int64_t end, int) {
    adam(step, gradient.row(begin), table.row(begin), first_moment_.row(begin), second_moment_.row(begin),
         (end - begin) * table.columns());
  });
}

void TableAdam::step(double rate, Span<const float> shares, const Matrix& gradient, Matrix& table, Threads& threads) {
  const AdamStep step(rate, 0, ++steps_);
  threads.for_ranges(table.rows(), rows_a_task, [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t r = begin; r < end; ++r) {
      AdamStep here = step;
      here.rate *= shares[r];
      adam(here, gradient.row(r), table.row(r), first_moment_.row(r), second_moment_.row(r), table.columns());
    }
  });
}

}  // namespace embrace
