// What half-sweeps of ials read and write on a CUDA device.
#pragma once
#include "bench/cases/device.hpp"
#include "cuda/math/normal_equations.hpp"
#include "cuda/math/product.hpp"
#include "cuda/math/ridges.hpp"
#include "host/sparse.hpp"

namespace embrace::cases {

struct ImplicitState {
  gpu::DeviceCsr rows;
  gpu::RowPlan plan;
  gpu::DeviceMatrix fixed, gram, solved;
  gpu::DeviceBuffer<float> ridge;
  gpu::DeviceBuffer<double> loss;
  float alpha;

  gpu::ImplicitSystems systems() {
    return {.fixed = std::as_const(fixed).view(),
            .gram = std::as_const(gram).view(),
            .ridge = std::as_const(ridge).span(),
            .alpha = alpha,
            .solved = solved.view(),
            .loss = loss.span()};
  }
};

inline ImplicitState implicit_state(gpu::Device& device, const Inputs& in) {
  const Csr ratings =
      csr_from_triples(in.shape.users, in.shape.items, in.ratings.users, in.ratings.items, in.ratings.values);
  const std::int64_t width = gpu::padded_factors(in.shape.factors);
  const double alpha = in.hyper["alpha"];
  return {{device, ratings.view()},
          {device, ratings.view()},
          uploaded(device, in.b),
          {device, width, width},
          {device, in.shape.users, in.shape.factors},
          gpu::ridges(device, ratings.view(), in.hyper["regularization"], alpha * static_cast<double>(in.shape.items),
                      in.hyper["nu"]),
          {device, in.shape.users},
          static_cast<float>(alpha)};
}

/// `solve(device, state)` follows the Gram matrix of the items; it begins with users that are zero.
template <typename Solve>
TimedRun implicit_half_sweep(gpu::DevicePtr device, const Inputs& in, Solve solve) {
  ImplicitState state = implicit_state(*device, in);
  return timed_on_device(
      std::move(device), std::move(state),
      [](gpu::Device& on, ImplicitState& s) { s.solved = gpu::DeviceMatrix(on, s.solved.rows(), s.solved.columns()); },
      [solve](gpu::Device& on, ImplicitState& s) {
        gpu::form_gram(on, std::as_const(s.fixed).view(), s.gram.view());
        solve(on, s);
      },
      [](gpu::Device& on, const ImplicitState& s) { return doubles(download(on, s.solved)); });
}

}  // namespace embrace::cases
