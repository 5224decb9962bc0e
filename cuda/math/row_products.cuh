// A row of the product of two sparse matrices, added up by a block where it lies:
//   out[c] += Σ left(r, j) · right(j, c)    over the entries j of row r of `left`, in their order
// Mapping: the block goes through row j of `right` together, a thread an entry, so that no two threads add to one sum;
//   a barrier is before the next j. Where the next rows of `right` lie is looked up for many of them at a time.
// Cost: 8 bytes an entry of `right`, coalesced (4 where it has no values), and a sum read and written at random, from
//   the level 2 cache where `out` is not larger; a barrier each entry of `left`. Rows of `right` should be long: a
//   block is busy with at least one entry a thread.
#pragma once
#include "cuda/math/reduce.cuh"
#include "cuda/math/row_products.hpp"

namespace embrace::gpu {

inline __device__ float value_of(const DeviceCsrView& matrix, std::int64_t e) {
  return matrix.values.empty() ? 1.0F : matrix.values[e];
}

/// Entries of a row of the left matrix that come next.
template <int threads>
struct StagedEntries {
  float value[threads];
  std::int64_t begin[threads], end[threads];  // of the rows of the right matrix that they ask for
};

/// By all threads of a block. Each may have written out[c] before for c = its number, its number + threads and so on;
/// these are read back in the same way after it.
template <int threads>
__device__ void add_row_product(const SparseFactors& factors, std::int64_t row, float* out,
                                StagedEntries<threads>& staged) {
  constexpr int together = 4;  // sums of a thread on their way at a time; all of them differ
  const DeviceCsrView &left = factors.left, &right = factors.right;
  const int thread = static_cast<int>(threadIdx.x);
  const std::int64_t end = left.end(row);
  for (std::int64_t first = left.begin(row); first < end; first += threads) {
    const int count = end - first < threads ? static_cast<int>(end - first) : threads;
    if (thread < count) {
      const std::int32_t j = left.indices[first + thread];
      staged.value[thread] = value_of(left, first + thread);
      staged.begin[thread] = right.begin(j);
      staged.end[thread] = right.end(j);
    }
    __syncthreads();  // the entries are there, and so is what `out` was before
    for (int k = 0; k < count; ++k) {
      const float value = staged.value[k];
      const std::int64_t last = staged.end[k];
      for (std::int64_t f = staged.begin[k] + thread; f < last; f += together * threads) {
        std::int32_t columns[together];
        float sums[together];
#pragma unroll
        for (int t = 0; t < together; ++t) {
          const std::int64_t g = f + t * threads;
          if (g >= last) continue;
          columns[t] = right.indices[g];
          sums[t] = __fadd_rn(out[columns[t]], __fmul_rn(value, value_of(right, g)));
        }
#pragma unroll
        for (int t = 0; t < together; ++t) {
          if (f + t * threads < last) out[columns[t]] = sums[t];
        }
      }
      __syncthreads();  // the next entry adds to the same sums; at last, what was staged has been read
    }
  }
}

}  // namespace embrace::gpu
