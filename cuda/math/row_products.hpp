// Rows and elements of the product of two sparse matrices on the device. A matrix without values is one of ones.
#pragma once
#include "cuda/device/device.hpp"

namespace embrace::gpu {

/// The product left · right. No row of `right` names a column twice.
struct SparseFactors {
  DeviceCsrView left, right;
};

/// Ones where the matrix has entries.
inline DeviceCsrView without_values(DeviceCsrView matrix) {
  matrix.values = {};
  return matrix;
}

/// out(r, c) = Σ left(chosen[r], j) · right(j, c) over the entries j of the row, in their order, each product rounded
/// before it is added: the bits of a plain loop.
void multiply_rows(Device& device, const SparseFactors& factors, DeviceSpan<const std::int32_t> chosen,
                   DeviceMatrixView<float> out);

/// out[p]: element (chosen[p], columns[p]) alone, added in another order.
void multiply_elements(Device& device, const SparseFactors& factors, DeviceSpan<const std::int32_t> chosen,
                       DeviceSpan<const std::int32_t> columns, DeviceSpan<float> out);

/// The rows that have entries, longest first: for blocks that take one after the other, so that no long one is last.
DeviceBuffer<std::int32_t> longest_first(Device& device, CsrView rows);

}  // namespace embrace::gpu
