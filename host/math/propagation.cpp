#include "host/math/propagation.hpp"

#include <algorithm>
#include <cmath>

#include "host/array.hpp"
#include "host/math/vector_math.hpp"

namespace embrace {
namespace {

/// Appends the rows of one side; its neighbours are `others`, whose nodes count from `first`.
void append_rows(CsrView rows, CsrView others, std::int64_t first, Csr& out) {
  for (std::int64_t r = 0; r < rows.rows; ++r) {
    for (const std::int32_t other : rows.row_indices(r)) {
      const auto degrees = static_cast<double>(rows.row_size(r)) * static_cast<double>(others.row_size(other));
      out.indices.push_back(static_cast<std::int32_t>(first + other));
      out.values.push_back(static_cast<float>(1 / std::sqrt(degrees)));
    }
    out.offsets.push_back(out.indices.size());
  }
}

Csr adjacency_of(CsrView ratings, CsrView by_item) {
  Csr out;
  out.columns = ratings.rows + by_item.rows;
  out.indices.reserve(2 * ratings.entries());
  out.values.reserve(2 * ratings.entries());
  append_rows(ratings, by_item, ratings.rows, out);
  append_rows(by_item, ratings, 0, out);
  return out;
}

}  // namespace

Propagation::Propagation(CsrView ratings, CsrView by_item)
    : adjacency_(adjacency_of(ratings, by_item)), schedule_(adjacency_.view()) {}

void Propagation::mean_of_layers(std::int64_t layers, ConstMatrixView x, MatrixView out, Threads& threads) {
  if (layers == 0) {
    threads.for_ranges(x.rows, 1024, [&](std::int64_t begin, std::int64_t end, int) {
      for (std::int64_t r = begin; r < end; ++r) std::copy_n(x.row(r), x.columns, out.row(r));
    });
    return;
  }
  if (layers > 1 && between_.columns() != x.columns) between_ = Matrix(x.rows, x.columns);
  ConstMatrixView below = x;
  for (std::int64_t layer = 1; layer <= layers; ++layer) {
    const bool last = layer == layers;
    const MatrixView here = (layers - layer) % 2 == 0 ? out : between_.view();  // so that the last one is `out`
    add_neighbors(x, below, last ? 1.0F / static_cast<float>(layers + 1) : 1.0F, here, threads);
    below = here;
  }
}

/// out = scale (x + A below)
void Propagation::add_neighbors(ConstMatrixView x, ConstMatrixView below, float scale, MatrixView out,
                                Threads& threads) const {
  const CsrView a = adjacency_.view();
  Array<RowSums> sums(threads.count(), RowSums(x.columns));
  threads.for_each(schedule_.tasks(), [&](std::int64_t task, int worker) {
    RowSums& sum = sums[worker];
    for (const std::int32_t row : schedule_.rows(task)) {
      sum.add(x.row(row), scale);
      for (std::int64_t e = a.offsets[row]; e < a.offsets[row + 1]; ++e) {
        sum.add(below.row(a.indices[e]), scale * a.values[e]);
      }
      sum.store_at(out.row(row));
    }
    sum.run();
  });
}

}  // namespace embrace
