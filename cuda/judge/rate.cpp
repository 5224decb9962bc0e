#include "cuda/judge/rate.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <utility>

#include "cuda/device/memory_plan.hpp"
#include "cuda/judge/network.hpp"
#include "host/judge/network_verdicts.hpp"
#include "host/permutation.hpp"

namespace embrace::gpu {
namespace {

using judge::NetworkLayout;
using judge::NetworkSetting;
using judge::PairInputs;
using judge::RatedPairs;
using judge::RatingCase;
using judge::Verdict;

constexpr std::int64_t most_predicted = 8192;  // at a time
constexpr std::int64_t filled = 4096;          // rows made on the host at a time

NetworkLayout layout_of(const RatingCase& work, bool cross) {
  const std::int64_t linear = judge::linear_columns(work.inputs);
  return {.inputs = work.inputs.columns() - linear, .linear = linear, .crossed = cross};
}

/// The rows of pairs as the network reads them.
DeviceMatrix rows_of(Device& device, const PairInputs& inputs, const RatedPairs& pairs) {
  DeviceMatrix rows(device, pairs.size(), inputs.columns());
  const std::int64_t stride = rows.view().stride;
  Matrix part(std::min(filled, pairs.size()), stride);  // whose last columns stay 0, as a device's matrix has them
  for (std::int64_t first = 0; first < pairs.size(); first += filled) {
    const std::int64_t n = std::min(filled, pairs.size() - first);
    inputs.fill({pairs.users.data() + first, n}, {pairs.items.data() + first, n},
                {part.data(), n, inputs.columns(), stride});
    device.upload(Span<const float>(part.data(), n * stride), DeviceSpan<float>{rows.view().row(first), n * stride});
  }
  return rows;
}

void require_memory(const Device& device, const RatingCase& work, const NetworkLayout& layout) {
  constexpr std::int64_t trainings = 16;  // all settings with their best epochs
  const std::int64_t pairs = work.fit.entries() + work.validation.size() + work.test.size();
  MemoryPlan()
      .add("pairs", DeviceMatrix::bytes(pairs, work.inputs.columns()) + 8 * pairs)
      .add("network", (4 + 2 * trainings) * 4 * layout.size)
      .add("batches", JudgePass::bytes(layout, most_predicted))
      .require(device, "sources of smaller --widths need less");
}

class Learner {
 public:
  Learner(DevicePtr device, const RatingCase& work, bool cross)
      : device_(std::move(device)),
        work_(work),
        layout_(layout_of(work, cross)),
        linear_(choose_linear_part(work)),
        pairs_(pairs_to_learn(work, linear_)),
        pass_(std::make_unique<JudgePass>(device_, layout_, most_predicted)),
        fit_(rows_of(*device_, work.inputs, pairs_)),
        validation_(rows_of(*device_, work.inputs, work.validation)),
        test_(rows_of(*device_, work.inputs, work.test)),
        targets_(*device_, Span<const float>(pairs_.ratings.data(), pairs_.size())) {}

  judge::Trained<JudgeWeights> train(const NetworkSetting& setting, std::uint64_t seed) const {
    judge::Network network(layout_.inputs, layout_.linear, layout_.crossed, seed);
    for (std::int64_t k = 0; k < layout_.linear; ++k) {
      network.linear_weights()[k] = static_cast<float>(linear_.solution.weights[k]);
    }
    JudgeDescent descent(device_, layout_);
    return judge::train_to_best(
        JudgeWeights(device_, layout_, network.weights()),
        [&](JudgeWeights& weights, int epoch) { train_epoch(weights, descent, setting, seed, epoch); },
        [&](const JudgeWeights& weights) {
          return judge::clipped_rmse(predict(weights, validation_, work_.validation), work_.validation.ratings,
                                     work_.scale);
        });
  }

  Verdict verdict_of(const judge::Trained<JudgeWeights>& trained, const NetworkSetting& setting) const {
    Verdict verdict =
        network_verdict(work_, setting, trained.loss, trained.epochs, predict(trained.model, test_, work_.test));
    verdict.parameters = layout_.size;
    return verdict;
  }

 private:
  void train_epoch(JudgeWeights& weights, JudgeDescent& descent, const NetworkSetting& setting, std::uint64_t seed,
                   int epoch) const {
    const std::int64_t size = pairs_.size();
    const Permutation order(size, Random(seed, Stream::shuffle), static_cast<std::uint32_t>(epoch));
    Array<std::int32_t> positions(size);
    for (std::int64_t p = 0; p < size; ++p) positions[p] = static_cast<std::int32_t>(order(p));
    const DeviceBuffer<std::int32_t> shuffled(*device_, Span<const std::int32_t>(positions.data(), size));
    const auto before = static_cast<std::uint64_t>(epoch) * static_cast<std::uint64_t>(size);
    for (std::int64_t first = 0; first < size; first += judge::network_batch) {
      const std::int64_t n = std::min(judge::network_batch, size - first);
      pass_->gradient(weights, fit_.view(), targets_.span(), shuffled.span().part(first, n),
                      {setting.dropout, seed, before + static_cast<std::uint64_t>(first)}, descent.gradient());
      descent.step(setting.rate, setting.decay, weights);
    }
  }

  Array<float> predict(const JudgeWeights& weights, const DeviceMatrix& rows, const RatedPairs& pairs) const {
    Array<float> out(pairs.size());
    DeviceBuffer<float> scores(*device_, std::max<std::int64_t>(1, pairs.size()));
    for (std::int64_t first = 0; first < pairs.size(); first += most_predicted) {
      const std::int64_t n = std::min(most_predicted, pairs.size() - first);
      DeviceMatrixView<const float> part = rows.view();
      part.data = part.row(first);
      part.rows = n;
      pass_->predict(weights, part, scores.span().part(first, n));
    }
    if (pairs.size() > 0) {
      device_->download(DeviceSpan<const float>(scores.span().part(0, pairs.size())),
                        Span<float>(out.data(), pairs.size()));
    }
    for (std::int64_t p = 0; p < pairs.size(); ++p) out[p] += linear_.constant(pairs.users[p], pairs.items[p]);
    return out;
  }

  DevicePtr device_;
  const RatingCase& work_;
  NetworkLayout layout_;
  judge::LinearPart linear_;
  RatedPairs pairs_;
  std::unique_ptr<JudgePass> pass_;  // scratch, whatever the training
  DeviceMatrix fit_, validation_, test_;
  DeviceBuffer<float> targets_;
};

}  // namespace

std::vector<Verdict> rate_by_network(const DevicePtr& device, const RatingCase& work, bool cross,
                                     Span<const std::uint64_t> seeds) {
  if (work.vectors != judge::VectorMode::frozen) {
    throw std::invalid_argument("a judge that trains vectors has no network on a device");
  }
  require_memory(*device, work, layout_of(work, cross));
  Threads one(1);  // a device is not for several threads at once
  return judge::network_verdicts(Learner(device, work, cross), seeds, one);
}

}  // namespace embrace::gpu
