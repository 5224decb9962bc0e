#include "host/learning/minibatches.hpp"

#include <algorithm>
#include <cmath>

#include "host/array.hpp"
#include "host/error.hpp"
#include "host/learning/task_list.hpp"

namespace embrace {

Minibatches::Minibatches(const Problem& problem, Samples::Negatives kind, std::int64_t negatives,
                         std::int64_t run_samples)
    : samples_(problem, kind, negatives),
      batch_(problem.hyper.integer("batch")),
      together_(std::max<std::int64_t>(1, run_samples / batch_)),
      identity_dropout_(problem.hyper["identity_dropout"]),
      dropout_(problem.seed, Stream::dropout) {}

EpochResult Minibatches::epoch(const Tables& tables, Threads& threads, const std::function<double(Minibatch&)>& step) {
  const Permutation order = samples_.order(epochs_);
  double loss = 0;
  for (std::int64_t first = 0; first < samples_.size(); first += together_ * batch_) {
    const std::int64_t size = std::min(together_ * batch_, samples_.size() - first);
    const auto batches = (size + batch_ - 1) / batch_;
    drawn_.resize(batches);
    slots_.resize(batches);
    samples_.fill(order, epochs_, first, size, batch_, threads, drawn_);
    Array<Minibatch> all;
    TaskList tasks;
    for (std::int64_t b = 0; b < batches; ++b) {
      all.push_back({batches_so_far_++, samples_so_far_, epochs_, drawn_[b], slots_[b]});
      samples_so_far_ += static_cast<std::uint64_t>(drawn_[b].size());
    }
    for (Minibatch& batch : all) {
      for (const std::int64_t side : {items, users, contexts}) {  // longest first
        if (tables[side] == nullptr || (side == items && samples_.searched())) continue;
        tasks.add(1, 1, [&, side](std::int64_t, std::int64_t, int) { collect(side, *tables[side], batch); });
      }
    }
    tasks.run(threads);
    for (Minibatch& batch : all) loss += step(batch);
  }
  ++epochs_;
  const double objective = samples_.size() == 0 ? 0.0 : loss / static_cast<double>(samples_.size());
  if (!std::isfinite(objective) || !tables[users]->finite() || !tables[items]->finite()) {
    throw Diverged("the training loss is not finite; lower learning_rate");
  }
  return {objective, samples_.size()};
}

void Minibatches::collect(std::int64_t side, const EmbeddingTable& table, Minibatch& batch) const {
  const Array<std::int32_t>& entity = side == users   ? batch.samples.users
                                      : side == items ? batch.samples.items
                                                      : batch.samples.entries;
  table.collect(entity, side == contexts ? 0.0 : identity_dropout_, 2 * batch.number + static_cast<std::uint64_t>(side),
                dropout_, batch.slots[side]);
}

}  // namespace embrace
