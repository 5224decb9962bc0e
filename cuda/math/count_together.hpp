// How often columns of a sparse matrix stand in one row, on the device: host/math/count_together.hpp's, to the bit.
#pragma once
#include "cuda/device/device.hpp"

namespace embrace::gpu {

/// counts(a, b), b ≤ a, becomes the number of rows that hold both columns; nothing is written above the diagonal.
/// Values are not read; columns are ascending in `rows`, and `by_column` is its transpose. Exact up to 2^24 rows.
void count_together(Device& device, DeviceCsrView rows, DeviceCsrView by_column, DeviceMatrixView<float> counts);

}  // namespace embrace::gpu
