// Sums of rows of a dense matrix, chosen by rows of a sparse one: X W for rows of ones and zeros X.
#pragma once
#include "cuda/device/device.hpp"

namespace embrace::gpu {

/// out(r, c) = Σ of weights(j, c) over the entries j of row chosen[r] of `rows`, whose values are not read.
void sum_rows(Device& device, DeviceCsrView rows, DeviceMatrixView<const float> weights,
              DeviceSpan<const std::int32_t> chosen, DeviceMatrixView<float> out);

/// out[p]: the same for row chosen[p] and column columns[p] alone, added in another order.
void sum_elements(Device& device, DeviceCsrView rows, DeviceMatrixView<const float> weights,
                  DeviceSpan<const std::int32_t> chosen, DeviceSpan<const std::int32_t> columns, DeviceSpan<float> out);

}  // namespace embrace::gpu
