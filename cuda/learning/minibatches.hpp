// Minibatches: what goes on in an epoch of a model made of EmbeddingTables, but for the learning: samples are drawn and
// the slots of all sides collected for a run of batches at once, then the model takes its step for one batch after the
// other. The host only launches; nothing comes back before the end of the epoch. Where the second movie of a sample is
// searched by the model as it is then (WARP), movies are collected batch after batch, by search().
#pragma once
#include <array>
#include <functional>
#include <vector>

#include "cuda/learning/embedding_table.hpp"
#include "cuda/learning/search.hpp"
#include "host/learning/sides.hpp"
#include "host/span.hpp"

namespace embrace::gpu {

/// The sides of a model on the host, as embrace::make_sides() gives them.
using HostSides = Span<const embrace::ModelSide>;
using DeviceTables = std::vector<EmbeddingTable>;

/// One batch: samples [0, size).
struct Minibatch {
  std::int64_t index;   // in the run
  std::int64_t size;    // samples
  std::int64_t number;  // in the epoch
  std::uint64_t seen;   // samples before it, in all epochs
  std::uint64_t step;   // batches before it, in all epochs
  DeviceSpan<const float> targets;
};

class Minibatches {
 public:
  static constexpr std::size_t users = 0, items = 1, contexts = 2;

  Minibatches(Device& device, const Problem& problem, const embrace::Samples& samples, HostSides sides);
  static std::int64_t bytes(const Problem& problem, const embrace::Samples& samples, HostSides sides);
  /// Of each side's Slots.
  static std::vector<Slots::Bounds> bounds(const Problem& problem, const embrace::Samples& samples, HostSides sides);

  std::int64_t batch() const { return batch_; }  // samples of a batch, at most
  std::int64_t batches() const;                  // of an epoch
  const Slots& slots(std::size_t side) const { return slots_[side]; }
  /// What a side's Slots count the batch by.
  std::int64_t index(std::size_t side, const Minibatch& batch) const {
    return side == items && samples_.searched() ? 0 : batch.index;
  }
  /// Calls step for each batch of the next epoch; `tables` are the device's twins of the sides given before.
  void epoch(Device& device, const DeviceTables& tables, const std::function<void(const Minibatch&)>& step);
  /// What the epoch did, from the losses of its samples. Throws Diverged when their mean is not finite, or the tables
  /// are not after the last update, which has no loss yet.
  EpochResult result(Device& device, const DeviceTables& tables, DeviceSpan<const double> losses) const;
  /// For searched samples, to be called by step: finds the second movies of the batch and collects its movies.
  /// `user_vectors`: representations, by slot; `trial_weights` and `sample_weights` as in SearchBatch.
  void search(Device& device, const DeviceTables& tables, const Minibatch& batch,
              DeviceMatrixView<const float> user_vectors, DeviceSpan<const float> trial_weights,
              DeviceSpan<float> sample_weights);

 private:
  void collect(Device& device, const DeviceTables& tables, std::int64_t first, std::int64_t size);
  IdentityDropout dropout(std::size_t side, std::uint64_t first_batch) const;

  embrace::Samples samples_;
  DeviceSamples drawing_;
  std::int64_t batch_;
  double identity_dropout_;
  std::uint64_t seed_;
  std::uint32_t epochs_ = 0;
  std::uint64_t batches_so_far_ = 0;
  std::uint64_t samples_so_far_ = 0;
  std::vector<Slots> slots_;
  DeviceBuffer<std::int32_t> entries_;    // of samples; unused where contexts collect them
  DeviceBuffer<std::int32_t> positives_;  // movies of searched samples
  DeviceMatrix frozen_products_;          // for their search
  DeviceBuffer<float> targets_;
  SortBuffers sorts_;
};

}  // namespace embrace::gpu
