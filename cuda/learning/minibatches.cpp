#include "cuda/learning/minibatches.hpp"

#include <algorithm>
#include <cmath>

#include "cuda/device/phase.hpp"
#include "cuda/math/product.hpp"
#include "cuda/math/sums.hpp"
#include "host/error.hpp"

namespace embrace::gpu {
namespace {

std::int64_t batches_of(std::int64_t samples, std::int64_t batch) { return (samples + batch - 1) / batch; }

std::size_t count_of(HostSides sides) { return static_cast<std::size_t>(sides.size()); }

/// Elements of the longest list that is sorted or summed.
std::int64_t longest_list(const std::vector<Slots::Bounds>& all) {
  std::int64_t longest = 0;
  for (const Slots::Bounds& b : all) longest = std::max({longest, b.batches * b.reads, b.batches * b.entries});
  return longest + 1;
}

}  // namespace

std::vector<Slots::Bounds> Minibatches::bounds(const Problem& problem, const embrace::Samples& samples,
                                               HostSides sides) {
  const std::int64_t batch = std::min(problem.hyper.integer("batch"), std::max<std::int64_t>(1, samples.size()));
  const auto reads = [&](std::size_t side) { return side == items && samples.pairwise() ? 2 * batch : batch; };
  const auto alone = [&](std::size_t side) { return side == items && samples.searched(); };
  std::int64_t together = std::max<std::int64_t>(1, batches_of(samples.size(), batch));
  for (std::size_t side = 0; side < count_of(sides); ++side) {
    const std::int64_t limit = Slots::batches_together(sides[side].table, reads(side));
    if (!alone(side)) together = std::min(together, limit);
  }
  std::vector<Slots::Bounds> out;
  for (std::size_t side = 0; side < count_of(sides); ++side) {
    out.push_back(Slots::bounds(sides[side].table, reads(side), alone(side) ? 1 : together));
  }
  return out;
}

Minibatches::Minibatches(Device& device, const Problem& problem, const embrace::Samples& samples, HostSides sides)
    : samples_(samples),
      drawing_(device, problem, samples_),
      identity_dropout_(problem.hyper["identity_dropout"]),
      seed_(problem.seed) {
  const auto all = bounds(problem, samples, sides);
  batch_ = all[users].reads;
  for (std::size_t side = 0; side < count_of(sides); ++side)
    slots_.emplace_back(device, all[side], sides[side].table.slices());
  const std::int64_t together = all[users].batches * batch_;
  if (count_of(sides) <= contexts) entries_ = {device, together};
  if (samples_.searched()) {
    positives_ = {device, together};
    frozen_products_ = {device, all[users].slots, sides[items].table.frozen().columns};
  }
  targets_ = {device, together};
  sorts_ = {device, longest_list(all)};
}

std::int64_t Minibatches::bytes(const Problem& problem, const embrace::Samples& samples, HostSides sides) {
  const auto all = bounds(problem, samples, sides);
  std::int64_t sum =
      DeviceSamples::bytes(problem) + 8 * all[users].batches * all[users].reads + SortBuffers::bytes(longest_list(all));
  if (samples.searched()) {
    sum += 4 * all[users].batches * all[users].reads +
           DeviceMatrix::bytes(all[users].slots, sides[items].table.frozen().columns);
  }
  for (const Slots::Bounds& b : all) sum += Slots::bytes(b);
  return sum;
}

std::int64_t Minibatches::batches() const { return batches_of(samples_.size(), batch_); }

void Minibatches::epoch(Device& device, const DeviceTables& tables, const std::function<void(const Minibatch&)>& step) {
  const std::int64_t together = slots_[users].bounds().batches * batch_;
  for (std::int64_t first = 0; first < samples_.size(); first += together) {
    const std::int64_t size = std::min(together, samples_.size() - first);
    collect(device, tables, first, size);
    for (std::int64_t begin = 0; begin < size; begin += batch_) {
      const std::int64_t here = std::min(batch_, size - begin);
      step({begin / batch_, here, (first + begin) / batch_, samples_so_far_, batches_so_far_,
            targets_.span().part(begin, here)});
      ++batches_so_far_;
      samples_so_far_ += static_cast<std::uint64_t>(here);
    }
  }
  ++epochs_;
}

EpochResult Minibatches::result(Device& device, const DeviceTables& tables, DeviceSpan<const double> losses) const {
  const double loss = sum(device, losses);
  const double objective = samples_.size() == 0 ? 0.0 : loss / static_cast<double>(samples_.size());
  if (!std::isfinite(objective) || !tables[users].finite(device) || !tables[items].finite(device)) {
    throw Diverged("the training loss is not finite; lower learning_rate");
  }
  return {objective, samples_.size()};
}

IdentityDropout Minibatches::dropout(std::size_t side, std::uint64_t first_batch) const {
  return {side == contexts ? 0.0 : identity_dropout_, seed_, 2 * first_batch + side};
}

void Minibatches::collect(Device& device, const DeviceTables& tables, std::int64_t first, std::int64_t size) {
  const bool with_contexts = tables.size() > contexts;
  drawing_.draw(
      device, epochs_, first, size, batch_,
      {slots_[users].entity_of_read(), samples_.searched() ? positives_.span() : slots_[items].entity_of_read(),
       with_contexts ? slots_[contexts].entity_of_read() : entries_.span(), targets_.span()});
  for (std::size_t side = 0; side < tables.size(); ++side) {
    if (side == items && samples_.searched()) continue;
    const std::int64_t reads = side == items && samples_.pairwise() ? 2 * size : size;
    slots_[side].collect(device, tables[side].view(), reads, dropout(side, batches_so_far_), sorts_);
  }
}

void Minibatches::search(Device& device, const DeviceTables& tables, const Minibatch& batch,
                         DeviceMatrixView<const float> user_vectors, DeviceSpan<const float> trial_weights,
                         DeviceSpan<float> sample_weights) {
  const std::int64_t begin = batch.index * batch_;
  const IdentityDropout of_items = dropout(items, batch.step);
  const TableView table = tables[items].view();
  multiply_transposed(
      device, user_vectors,
      {table.vectors.row(table.first_frozen()), table.frozen.columns, table.vectors.columns, table.vectors.stride}, 0,
      frozen_products_.view());
  gpu::search(
      device, drawing_,
      {epochs_, batch.number * batch_, slots_[users].entity_of_read().part(begin, batch.size),
       positives_.span().part(begin, batch.size), slots_[users].view().slot.part(begin, batch.size), user_vectors,
       frozen_products_.view(), table, of_items, trial_weights, slots_[items].entity_of_read(), sample_weights});
  slots_[items].collect(device, table, 2 * batch.size, of_items, sorts_);
}

}  // namespace embrace::gpu
