#include "host/math/sparse_product.hpp"

#include <numeric>

#include "host/array.hpp"
#include "host/math/row_schedule.hpp"
#include "host/math/vector_math.hpp"

namespace embrace {

void multiply_sparse(CsrView matrix, ConstMatrixView x, MatrixView out, Threads& threads) {
  const RowSchedule schedule(matrix);
  Array<RowSums> sums(threads.count(), RowSums(x.columns));
  threads.for_each(schedule.tasks(), [&](std::int64_t task, int worker) {
    RowSums& sum = sums[worker];
    for (const std::int32_t row : schedule.rows(task)) {
      for (std::int64_t e = matrix.offsets[row]; e < matrix.offsets[row + 1]; ++e) {
        sum.add(x.row(matrix.indices[e]), matrix.values[e]);
      }
      sum.store_at(out.row(row));
    }
    sum.run();
  });
}

Csr sums_of_parts(std::int64_t rows, Span<const std::int32_t> row_of, Threads& threads) {
  Array<std::int32_t> parts(row_of.size());
  std::iota(parts.begin(), parts.end(), 0);
  return csr_from_triples(rows, row_of.size(), row_of, parts, Array<float>(row_of.size(), 1.0F), threads);
}

}  // namespace embrace
