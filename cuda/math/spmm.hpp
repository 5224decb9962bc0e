// The product of a sparse and a dense matrix on the device: host/math/sparse_product.hpp's, with what methods add to
// it.
#pragma once
#include "cuda/math/rows.hpp"

namespace embrace::gpu {

/// scale · (addend + matrix · x). Rows of x and of the addend as in DeviceMatrix: they begin on 16 bytes, with zeros up
/// to the stride.
struct SparseProduct {
  DeviceCsrView matrix;
  RowPlanView plan;                        // of the matrix
  DeviceMatrixView<const float> x;         // a row for each column of the matrix
  DeviceMatrixView<const float> addend{};  // a row for each row of the matrix; absent: zeros
  float scale = 1;
};

/// out = the product, a row for each row of the matrix, as wide as x; it overlaps neither x nor the addend. The order
/// of a sum depends on the plan and on the number of columns alone: the same bits in every run.
void multiply_sparse(Device& device, const SparseProduct& product, DeviceMatrixView<float> out);

/// Bytes that it allocates while it runs, at most.
std::int64_t multiply_sparse_bytes(CsrView matrix, std::int64_t columns);

}  // namespace embrace::gpu
