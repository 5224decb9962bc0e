// What feature-ials does with rows of vectors between its half-sweeps and its regressions.
#pragma once
#include "cuda/device/device.hpp"

namespace embrace::gpu {

/// Users or movies.
struct RegressedRows {
  DeviceSpan<const std::int64_t> offsets;  // of their ratings
  DeviceSpan<const float> ridge;           // Λ
  DeviceMatrixView<float> vectors;         // q
  DeviceMatrixView<const float> said;      // f, what features say; without rows: zero
};

/// out = q of the rows with ratings; zero for the others.
void copy_rated_rows(Device& device, const RegressedRows& rows, DeviceMatrixView<float> out);

/// What solve_rows has left as the loss of rows, less the penalty Λ |q - f|².
void take_penalties_out(Device& device, const RegressedRows& rows, DeviceSpan<double> loss);

/// penalty = Λ |q - f|²; rows without ratings, which pay none, get q = f where there are features.
void settle_rows(Device& device, const RegressedRows& rows, DeviceSpan<double> penalty);

}  // namespace embrace::gpu
