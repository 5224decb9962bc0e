// The half-sweep of an alternating method on the device: each row r of a sparse matrix of ratings solves its own
// k × k system, whose matrix is a sum over the vectors y_c of the columns that r has rated.
//   explicit   minimises Σ_c (value - mean - bias_c - b_r - x_r · y_c)² + ridge_r |x_r|² + bias_ridge b_r²
//   implicit   minimises Σ_c (1 - x_r · y_c)² + α x_r' G x_r + ridge_r |x_r - f_r|²,  G = Σ over all columns y y'
// where f, the prior, may be zero. host/methods/als.cpp, ials.cpp and feature_ials.cpp say where these come from.
//
// Two solvers. Cholesky is exact, with the matrix on chip: up to 160 factors. Conjugate gradients never form the
// matrix, start from the row's last vector and stop at a relative residual of 1e-7: up to 1024 factors.
#pragma once
#include "cuda/device/device.hpp"
#include "cuda/math/rows.hpp"

namespace embrace::gpu {

struct ExplicitSystems {
  DeviceMatrixView<const float> fixed;  // y; rows as in DeviceMatrix: 16-byte aligned, zeros up to the stride
  DeviceSpan<const float> fixed_bias;
  DeviceSpan<const float> ridge;  // by row
  double mean = 0;
  double bias_ridge = 0;
  bool clear_empty = true;  // a row without ratings gets the bias 0; else it keeps its own
  DeviceMatrixView<float> solved;
  DeviceSpan<float> bias;
  DeviceSpan<double> loss;  // by row: the minimum; 0 for a row without ratings
};

struct ImplicitSystems {
  DeviceMatrixView<const float> fixed;
  DeviceMatrixView<const float> gram;  // G, symmetric; zeros from k up to padded_factors(k)
  DeviceSpan<const float> ridge;
  float alpha = 0;
  DeviceMatrixView<const float> prior{};  // f, a row for each of `solved`; without rows: zero
  DeviceMatrixView<float> solved;
  DeviceSpan<double> loss;  // by row: the minimum, less ridge_r |f_r|²; 0 for a row without ratings
};

/// One block of factors of an implicit problem while the others rest: the move d of each row that minimises
///   Σ_c (value - d · y_c)² + α (d' G d + 2 d · product_r) + ridge_r |x_r + d|²
/// where a rating's value is what x leaves of 1. Matrices hold the block's columns alone.
struct BlockSystems {
  DeviceMatrixView<const float> fixed;    // rows 16-byte aligned, zeros beyond the last column that there is
  DeviceMatrixView<const float> gram;     // its rows, too, are the block's
  DeviceMatrixView<const float> product;  // G x
  DeviceSpan<const float> ridge;
  float alpha = 0;
  DeviceMatrixView<float> solved;  // x, is moved
  DeviceMatrixView<float> moves;   // d
};

enum class Solver { cholesky, conjugate_gradients };

inline constexpr std::int64_t most_cholesky_factors = 160;
inline constexpr std::int64_t most_factors = 1024;
constexpr Solver usual_solver(std::int64_t factors) {
  return factors <= most_cholesky_factors ? Solver::cholesky : Solver::conjugate_gradients;
}
/// Rows and columns of G: factors as the kernels see them.
std::int64_t padded_factors(std::int64_t factors);

/// Solves all rows that have ratings; the others keep their vectors. Deterministic. Throws Unsupported for more factors
/// than the solver takes.
void solve_rows(Device& device, DeviceCsrView rows, const RowPlanView& plan, const ExplicitSystems& systems,
                Solver solver);
void solve_rows(Device& device, DeviceCsrView rows, const RowPlanView& plan, const ImplicitSystems& systems,
                Solver solver);
/// Moves all rows that have ratings. Throws Unsupported beyond most_cholesky_factors columns.
void solve_rows(Device& device, DeviceCsrView rows, const RowPlanView& plan, const BlockSystems& systems);

/// In place of the solutions: at most `steps` steps of conjugate gradients from the rows' last vectors, without
/// preconditioner, as host/math/conjugate_gradients.hpp makes them. `loss` is that of the vectors that are reached.
void improve_rows(Device& device, DeviceCsrView rows, const RowPlanView& plan, const ImplicitSystems& systems,
                  int steps);

/// Bytes that solve_rows, or by conjugate gradients improve_rows, allocates for the pieces of long rows while it runs,
/// at most.
std::int64_t solver_bytes(CsrView rows, std::int64_t factors, Solver solver);

/// Bytes of dynamic shared memory of a block that solves a row.
std::int64_t solver_shared_bytes(std::int64_t factors, Solver solver);

}  // namespace embrace::gpu
