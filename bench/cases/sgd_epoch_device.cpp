#include <algorithm>

#include "bench/cases/device.hpp"
#include "bench/cases/training_data.hpp"
#include "cuda/methods/sgd_epoch.hpp"

namespace embrace::cases {
namespace {

/// Users or items, with the factors that an epoch begins with.
struct Side {
  Side(gpu::Device& device, CsrView rows, const Matrix& begin, const Hyper& hyper)
      : first(begin),
        factors(device, begin.rows(), begin.columns()),
        bias(device, begin.rows()),
        decay(device, begin.rows()) {
    const gpu::DeviceBuffer<std::int64_t> offsets(device, Span<const std::int64_t>(rows.offsets, rows.rows + 1));
    gpu::set_sgd_decay(device, offsets.span(), hyper["regularization"], hyper["nu"], hyper["bias_regularization"],
                       decay.span());
  }
  void reset(gpu::Device& device) {
    factors.upload(device, first.view());
    bias.clear();
  }
  gpu::SgdSide view() { return {factors.view(), bias.span(), std::as_const(decay).span()}; }

  Matrix first;
  gpu::DeviceMatrix factors;
  gpu::DeviceBuffer<float> bias;
  gpu::DeviceBuffer<gpu::SgdDecay> decay;
};

struct State {
  gpu::DeviceSgd sgd;
  Side users, items;
};

double mean_of(const std::vector<float>& values) {
  double sum = 0;
  for (const float value : values) sum += static_cast<double>(value);
  return sum / std::max(1.0, static_cast<double>(values.size()));
}

}  // namespace

TimedRun sgd_epoch_on_device(gpu::DevicePtr device, const Inputs& in) {
  constexpr std::uint64_t seed = 1;
  const TrainingData data(in);
  const CsrView ratings = data.ratings.view(), by_item = data.by_item.view();
  const gpu::SgdSchedule schedule =
      gpu::make_sgd_schedule(ratings, by_item, mean_of(in.ratings.values), Random(seed, Stream::sampling),
                             gpu::sgd_groups(ratings.rows, by_item.rows, ratings.entries()));
  State state{{*device, schedule}, {*device, ratings, in.a, in.hyper}, {*device, by_item, in.b, in.hyper}};
  return timed_on_device(
      std::move(device), std::move(state),
      [](gpu::Device& on, State& s) {
        s.users.reset(on);
        s.items.reset(on);
      },
      [rate = static_cast<float>(in.hyper["learning_rate"])](gpu::Device& on, State& s) {
        gpu::descend(on, s.sgd, s.users.view(), s.items.view(), {seed, 0, rate});
      },
      [](gpu::Device& on, const State& s) {
        std::vector<double> all;
        for (const Side* side : {&s.users, &s.items}) {
          const std::vector<double> factors = doubles(download(on, side->factors));
          all.insert(all.end(), factors.begin(), factors.end());
        }
        for (const Side* side : {&s.users, &s.items}) {
          const std::vector<double> bias = doubles(side->bias.download());
          all.insert(all.end(), bias.begin(), bias.end());
        }
        return all;
      });
}

}  // namespace embrace::cases
