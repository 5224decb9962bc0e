// Steps of conjugate gradients on all but the longest rows, whose vectors are gathered once: improve_rows() of
// normal_equations.hpp for up to 128 factors.
#pragma once
#include "cuda/math/normal_equations.hpp"

namespace embrace::gpu {

inline constexpr std::int64_t most_kept_factors = 128;

/// As improve_rows(), but for the plan's long rows, which are left as they are.
void improve_kept_rows(Device& device, DeviceCsrView rows, const RowPlanView& plan, const ImplicitSystems& systems,
                       int steps);

/// Bytes of dynamic shared memory of a block.
std::int64_t improve_rows_shared_bytes(std::int64_t factors);

}  // namespace embrace::gpu
