// The network of a judge on a device; the twin of host/judge/network.hpp, with its formulas, layout and dropout.
#pragma once
#include <cstdint>
#include <optional>

#include "cuda/device/device.hpp"
#include "host/array.hpp"
#include "host/judge/network.hpp"
#include "host/math/adam.hpp"

namespace embrace::gpu {

/// What a training moves; copied when an epoch was the best so far.
class JudgeWeights {
 public:
  JudgeWeights(DevicePtr device, const judge::NetworkLayout& layout, Span<const float> values);
  JudgeWeights(const JudgeWeights& other);
  JudgeWeights& operator=(const JudgeWeights& other);
  JudgeWeights(JudgeWeights&&) = default;
  JudgeWeights& operator=(JudgeWeights&&) = default;
  ~JudgeWeights() = default;

  const judge::NetworkLayout& layout() const { return layout_; }
  DeviceSpan<float> span() { return values_.span(); }
  DeviceSpan<const float> span() const { return values_.span(); }

 private:
  DevicePtr device_;
  judge::NetworkLayout layout_;
  DeviceBuffer<float> values_;
};

/// Which units are dropped: as judge::Network::Dropout's.
struct JudgeDropout {
  double share = 0;
  std::uint64_t seed = 0, first = 0;
};

/// Rows of samples, and what follows from them in a pass: room for `most` of them.
class JudgePass {
 public:
  JudgePass(DevicePtr device, const judge::NetworkLayout& layout, std::int64_t most);
  static std::int64_t bytes(const judge::NetworkLayout& layout, std::int64_t most);

  /// out[r] = f of row r; rows.rows <= most.
  void predict(const JudgeWeights& weights, DeviceMatrixView<const float> rows, DeviceSpan<float> out);

  /// The gradient of half the mean squared error over the rows order[p], by all weights.
  void gradient(const JudgeWeights& weights, DeviceMatrixView<const float> rows, DeviceSpan<const float> targets,
                DeviceSpan<const std::int32_t> order, const JudgeDropout& dropout, DeviceSpan<float> gradient);

 private:
  static DeviceMatrixView<float> part(DeviceMatrix& whole, std::int64_t rows);
  DeviceMatrixView<const float> hidden_of(const JudgeWeights& weights, DeviceMatrixView<const float> samples,
                                          const JudgeDropout& dropout);

  DevicePtr device_;
  judge::NetworkLayout layout_;
  DeviceMatrix samples_, gate_, crossed_, h1_, h2_, g1_, g2_, gz_;
  DeviceBuffer<float> targets_, coefficients_, ones_;
};

/// One step of Adam on all weights, of which the first `decaying` decay.
class JudgeDescent {
 public:
  JudgeDescent(DevicePtr device, const judge::NetworkLayout& layout);
  DeviceSpan<float> gradient() { return gradient_.span(); }
  void step(double rate, double decay, JudgeWeights& weights);

 private:
  DevicePtr device_;
  DeviceBuffer<float> gradient_, m_, v_;
  std::int64_t steps_ = 0;
};

}  // namespace embrace::gpu
