// Minibatches: what goes on in an epoch of a model made of EmbeddingTables, but for the learning. Neither samples nor
// slots depend on the weights: they are made for a run of batches at once, a task for each batch and side.
#pragma once
#include <functional>
#include <vector>

#include "host/array.hpp"
#include "host/learning/embedding_table.hpp"
#include "host/learning/samples.hpp"

namespace embrace {

struct Minibatch {
  std::uint64_t number;  // of the batch since training began
  std::uint64_t first;   // samples before it since training began
  std::uint32_t epoch;
  Batch& samples;
  FixedArray<Slots, 3>& slots;  // by side
};

class Minibatches {
 public:
  static constexpr std::int64_t users = 0, items = 1, contexts = 2;  // the sides
  using Tables = FixedArray<const EmbeddingTable*, 3>;               // contexts are null where there are none
  static constexpr std::int64_t run = 16384;                         // samples, or one batch when that is larger

  /// Hyper-parameters `batch` and `identity_dropout` are those of the problem.
  Minibatches(const Problem& problem, Samples::Negatives kind, std::int64_t negatives, std::int64_t run_samples = run);
  const Samples& samples() const { return samples_; }

  /// Calls step for each batch, which returns the sum of its losses; the objective is their mean over the samples of
  /// the epoch. Throws Diverged when it is not finite, or `tables` are not after the last update, which has no loss
  /// yet. Searched samples come without slots of items: the step chooses the movies, then calls collect().
  EpochResult epoch(const Tables& tables, Threads& threads, const std::function<double(Minibatch&)>& step);
  void collect(std::int64_t side, const EmbeddingTable& table, Minibatch& batch) const;
  /// Whether that leaves identity out of an entity.
  bool leaves_identity_out(std::int64_t side, const EmbeddingTable& table, std::int32_t entity,
                           const Minibatch& batch) const {
    return table.leaves_identity_out(entity, identity_dropout_, 2 * batch.number + static_cast<std::uint64_t>(side),
                                     dropout_);
  }

 private:
  Samples samples_;
  std::int64_t batch_;     // samples
  std::int64_t together_;  // batches of a run
  double identity_dropout_;
  Random dropout_;
  std::uint32_t epochs_ = 0;  // so far
  std::uint64_t batches_so_far_ = 0;
  std::uint64_t samples_so_far_ = 0;
  Array<Batch> drawn_;                 // by batch of the run
  Array<FixedArray<Slots, 3>> slots_;  // likewise
};

}  // namespace embrace
