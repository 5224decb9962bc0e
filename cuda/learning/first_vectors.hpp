// First vectors of a factorization and first weights of a layer, drawn on the device.
#pragma once
#include "cuda/device/device.hpp"

namespace embrace::gpu {

/// factors(r, k) = deviation · normal(first_row + r, k) of Random(seed, Stream::initial), as the CPU draws them: equal
/// up to the last bit, which log and cos may round otherwise. Rows without ratings, offsets[r + 1] = offsets[r], keep
/// what they have; of no offsets, all rows are drawn.
void draw_factors(Device& device, std::uint64_t seed, std::int64_t first_row, DeviceSpan<const std::int64_t> offsets,
                  double deviation, DeviceMatrixView<float> factors);

/// weights(r, c) = deviation · normal(r · columns + c, part) of the same.
void draw_layer(Device& device, std::uint64_t seed, std::uint32_t part, double deviation,
                DeviceMatrixView<float> weights);

}  // namespace embrace::gpu
