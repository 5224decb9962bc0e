#include <algorithm>

#include "bench/cases/device.hpp"
#include "cuda/math/normal_equations.hpp"
#include "cuda/math/ridges.hpp"
#include "host/sparse.hpp"

namespace embrace::cases {
namespace {

struct State {
  gpu::DeviceCsr rows;
  gpu::RowPlan plan;
  gpu::DeviceMatrix fixed, solved;
  gpu::DeviceBuffer<float> fixed_bias, ridge, bias;
  gpu::DeviceBuffer<double> loss;
};

double mean_of(const std::vector<float>& values) {
  double sum = 0;
  for (const float value : values) sum += static_cast<double>(value);
  return sum / std::max(1.0, static_cast<double>(values.size()));
}

}  // namespace

TimedRun half_sweep_explicit_on_device(gpu::DevicePtr device, const Inputs& in) {
  const Csr ratings =
      csr_from_triples(in.shape.users, in.shape.items, in.ratings.users, in.ratings.items, in.ratings.values);
  State state{
      {*device, ratings.view()}, {*device, ratings.view()},
      uploaded(*device, in.b),   {*device, in.shape.users, in.shape.factors},
      {*device, in.shape.items}, gpu::ridges(*device, ratings.view(), in.hyper["regularization"], 0, in.hyper["nu"]),
      {*device, in.shape.users}, {*device, in.shape.users}};
  state.fixed_bias.clear();
  const auto work = [mean = mean_of(in.ratings.values), bias_ridge = in.hyper["bias_regularization"],
                     solver = gpu::usual_solver(in.shape.factors)](gpu::Device& on, State& s) {
    gpu::solve_rows(on, s.rows.view(), s.plan.view(),
                    gpu::ExplicitSystems{.fixed = std::as_const(s.fixed).view(),
                                         .fixed_bias = s.fixed_bias.span(),
                                         .ridge = s.ridge.span(),
                                         .mean = mean,
                                         .bias_ridge = bias_ridge,
                                         .solved = s.solved.view(),
                                         .bias = s.bias.span(),
                                         .loss = s.loss.span()},
                    solver);
  };
  return timed_on_device(std::move(device), std::move(state), work, [](gpu::Device& on, const State& s) {
    std::vector<double> all = doubles(download(on, s.solved));
    const std::vector<double> bias = doubles(s.bias.download());
    all.insert(all.end(), bias.begin(), bias.end());
    return all;
  });
}

}  // namespace embrace::cases
