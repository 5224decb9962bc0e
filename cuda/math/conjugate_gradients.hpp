// The second solver of normal_equations.hpp, for any number of factors up to 1024.
#pragma once
#include "cuda/math/normal_equations.hpp"

namespace embrace::gpu {

void solve_by_conjugate_gradients(Device& device, DeviceCsrView rows, const RowPlanView& plan,
                                  const ExplicitSystems& systems);
void solve_by_conjugate_gradients(Device& device, DeviceCsrView rows, const RowPlanView& plan,
                                  const ImplicitSystems& systems);
std::int64_t conjugate_gradients_bytes(CsrView rows, std::int64_t factors);
std::int64_t conjugate_gradients_shared_bytes(std::int64_t factors);

}  // namespace embrace::gpu
