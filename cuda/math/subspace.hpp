// Half-sweeps of iALS++ on the device, as host/math/subspace.hpp makes them: every row with ratings is moved to its
// minimum in one block of factors after the other.
#pragma once
#include "cuda/math/normal_equations.hpp"

namespace embrace::gpu {

/// In place of the solutions of `systems`, which have no prior: each row moves once in each block of `block` factors;
/// the last block may be smaller. `loss` is that of the vectors that are reached. Deterministic. Throws Unsupported for
/// blocks of more than most_cholesky_factors.
void improve_blocks(Device& device, DeviceCsrView rows, const RowPlanView& plan, const ImplicitSystems& systems,
                    std::int64_t block);

/// Bytes that improve_blocks allocates while it runs, at most.
std::int64_t improve_blocks_bytes(CsrView rows, std::int64_t factors, std::int64_t block);

}  // namespace embrace::gpu
