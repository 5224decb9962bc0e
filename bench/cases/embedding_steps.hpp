// The steps of a minibatch of `hybrid` on the processor, in the tasks that the method cuts them into, and their plain
// formulas.
#pragma once
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/cases/embedding_batch.hpp"
#include "host/learning/task_list.hpp"
#include "host/methods/hybrid_gradients.hpp"
#include "host/methods/registry.hpp"

namespace embrace::cases {

class EmbeddingSteps {
 public:
  EmbeddingSteps(const Inputs& in, Threads& threads)
      : batch_(std::make_unique<EmbeddingBatch>(in)),
        threads_(threads),
        factors_(in.shape.factors),
        sums_(threads.count(), RowSums(factors_)),
        steps_(threads.count()) {
    for (std::int64_t side = 0; side < 2; ++side) {
      sides.emplace_back(std::move(batch_->sides[side]), in.hyper["learning_rate"]);
      sides[side].slots = &batch_->slots[side];
      sides[side].values.resize(batch_->slots[side].size(), factors_);
      sides[side].gradients.resize(batch_->slots[side].size(), factors_);
    }
  }

  /// Representations of all slots.
  void forward() {
    TaskList tasks;
    for (AdagradSide& side : sides) {
      tasks.add(side.slots->size(), 32, [this, &side](std::int64_t begin, std::int64_t end, int worker) {
        side.table.forward(*side.slots, begin, end, sums_[worker], side.values);
      });
    }
    tasks.run(threads_);
  }
  /// Gradients of all slots.
  void backward() {
    const HybridGradients gradients{sides[0], sides[1], nullptr, batch_->coefficients, false};
    TaskList tasks;
    for (AdagradSide& side : sides) {
      const auto gradient = &side == &sides[0] ? &HybridGradients::of_user : &HybridGradients::of_item;
      tasks.add(side.slots->size(), 32,
                [this, &side, &gradients, gradient](std::int64_t begin, std::int64_t end, int worker) {
                  RowSums& sums = sums_[worker];
                  for (std::int64_t slot = begin; slot < end; ++slot) {
                    side.gradients.bias[slot] = (gradients.*gradient)(slot, sums);
                    sums.store_at(side.gradients.vectors.row(slot));
                  }
                  sums.run();
                });
    }
    tasks.run(threads_);
  }
  /// Gradients of all touched rows, and their step of Adagrad.
  void update() {
    TaskList tasks;
    for (AdagradSide& side : sides) {
      tasks.add(side.slots->touched(), 16, [this, &side](std::int64_t begin, std::int64_t end, int worker) {
        side.update_rows(begin, end, sums_[worker], steps_[worker]);
      });
    }
    tasks.run(threads_);
  }
  /// [vector | bias] of the slot of each sample, users' first.
  std::vector<double> by_sample(SlotValues AdagradSide::*values) const {
    std::vector<double> all;
    for (const AdagradSide& side : sides) {
      for (const std::int32_t slot : side.slots->slot) {
        const float* row = (side.*values).vectors.row(slot);
        all.insert(all.end(), row, row + factors_);
        all.push_back(static_cast<double>((side.*values).bias[slot]));
      }
    }
    return all;
  }

  Array<AdagradSide> sides;

 private:
  std::unique_ptr<EmbeddingBatch> batch_;
  Threads& threads_;
  std::int64_t factors_;
  Array<RowSums> sums_;             // of each worker
  Array<Array<AdagradRow>> steps_;  // likewise
};

/// In double: rows [vector | bias] of entities.
using PlainRows = std::vector<std::vector<double>>;

/// Σ value · row over identity and features of each entity that has a sample; zeros for the others.
inline PlainRows plain_representations(const Inputs& in, std::int64_t side) {
  const Matrix& weights = side == EmbeddingBatch::users ? in.a : in.b;
  const std::int64_t entities = side == EmbeddingBatch::users ? in.shape.users : in.shape.items;
  const Features features = case_features(entities, static_cast<std::uint64_t>(side) + 1);
  PlainRows out(static_cast<std::size_t>(entities),
                std::vector<double>(static_cast<std::size_t>(in.shape.factors + 1)));
  std::vector<bool> done(out.size());
  for (const std::int32_t entity : EmbeddingBatch::reads(in, side)) {
    const auto e = static_cast<std::size_t>(entity);
    if (done[e]) continue;
    done[e] = true;
    const auto add = [&](std::int64_t row, double value) {
      for (std::size_t k = 0; k < out[e].size(); ++k) {
        out[e][k] += value * static_cast<double>(weights(row, static_cast<std::int64_t>(k)));
      }
    };
    add(entity, 1);
    const CsrView rows = features.rows.view();
    for (std::int64_t f = rows.offsets[entity]; f < rows.offsets[entity + 1]; ++f) {
      add(entities + rows.indices[f], static_cast<double>(rows.values[f]));
    }
  }
  return out;
}

/// Σ c · [the other side's vector | 1] over the samples of each entity.
inline PlainRows plain_gradients(const Inputs& in, std::int64_t side) {
  const PlainRows others = plain_representations(in, 1 - side);
  const auto own = EmbeddingBatch::reads(in, side), other = EmbeddingBatch::reads(in, 1 - side);
  PlainRows out(static_cast<std::size_t>(side == EmbeddingBatch::users ? in.shape.users : in.shape.items),
                std::vector<double>(static_cast<std::size_t>(in.shape.factors + 1)));
  for (std::int64_t s = 0; s < own.size(); ++s) {
    const double c = static_cast<double>(in.ratings.values[static_cast<std::size_t>(s)]) - 2.5;
    std::vector<double>& to = out[static_cast<std::size_t>(own[s])];
    for (std::size_t k = 0; k + 1 < to.size(); ++k) to[k] += c * others[static_cast<std::size_t>(other[s])][k];
    to.back() += c;
  }
  return out;
}

/// A row of each sample's entity, users' first.
inline std::vector<double> plain_by_sample(const Inputs& in, PlainRows (*rows)(const Inputs&, std::int64_t)) {
  std::vector<double> all;
  for (const std::int64_t side : {EmbeddingBatch::users, EmbeddingBatch::items}) {
    const PlainRows of_side = rows(in, side);
    for (const std::int32_t entity : EmbeddingBatch::reads(in, side)) {
      const std::vector<double>& row = of_side[static_cast<std::size_t>(entity)];
      all.insert(all.end(), row.begin(), row.end());
    }
  }
  return all;
}

/// With the defaults of `hybrid`.
inline Inputs embedding_inputs(const Shape& shape, std::uint64_t seed) {
  const std::pair<std::string, double> factors{"factors", static_cast<double>(shape.factors)};
  return {.shape = shape,
          .ratings = power_law_ratings(shape, seed),
          .a = vectors(shape, shape.users + feature_columns, shape.factors + 1, seed),
          .b = vectors(shape, shape.items + feature_columns, shape.factors + 1, seed + 1),
          .hyper = make_hyper(*find_method("hybrid"), Task::rating, {&factors, 1})};
}

/// Samples, slots and entries of every size that a batch may have, with vectors of the given kind.
inline std::vector<Shape> small_batches(Numbers numbers) {
  return {{"one", 1, 1, 1, 1, numbers},
          {"one-user/k:33", 1, 33, 400, 33, numbers},
          {"small/k:5", 31, 64, 300, 5, numbers},
          {"small/k:64", 31, 64, 2000, 64, numbers},
          {"wide/k:130", 60, 9, 500, 130, numbers}};
}

}  // namespace embrace::cases
