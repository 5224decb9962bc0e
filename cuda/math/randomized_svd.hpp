// host/math/randomized_svd.hpp on the device: the same steps from the same start. What is small, width × width, is
// solved on the host, in double: rotations of pairs of columns until all are orthogonal.
#pragma once
#include "cuda/math/rows.hpp"
#include "host/array.hpp"
#include "host/math/randomized_svd.hpp"
#include "host/threads.hpp"

namespace embrace::gpu {

/// A sparse matrix with the plan for its rows.
struct PlannedMatrix {
  DeviceCsrView matrix;
  RowPlanView plan;
};

/// The right vectors and values of embrace::Svd.
struct RightSvd {
  DeviceMatrix right;
  Array<float> values;
};
RightSvd randomized_svd(Device& device, const PlannedMatrix& matrix, const PlannedMatrix& by_column,
                        const SvdSettings& settings, Threads& threads);

/// Bytes that it allocates, with its result, at most; `matrix` and `by_column` are the same on the host.
std::int64_t randomized_svd_bytes(CsrView matrix, CsrView by_column, const SvdSettings& settings);

}  // namespace embrace::gpu
