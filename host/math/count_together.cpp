// A task takes some columns; each row that holds a column adds one to all columns up to it, in one row of `counts` that
// stays in the first-level cache.
#include "host/math/count_together.hpp"

#include <algorithm>

#include "host/math/row_schedule.hpp"

namespace embrace {

void count_together(CsrView rows, CsrView by_column, MatrixView counts, Threads& threads) {
  const RowSchedule schedule(by_column);
  threads.for_each(schedule.tasks(), [&](std::int64_t task, int) {
    for (const std::int32_t column : schedule.rows(task)) {
      float* count = counts.row(column);
      std::fill_n(count, column + 1, 0.0F);
      for (const std::int32_t row : by_column.row_indices(column)) {
        for (const std::int32_t other : rows.row_indices(row)) {
          if (other > column) break;
          count[other] += 1.0F;
        }
      }
    }
  });
}

}  // namespace embrace
