// hybrid on a device; the twin of host/methods/hybrid.cpp, with the same samples, batches, slots and formulas.
// Representations of all users and movies are made when first asked for after an epoch.
#include <algorithm>

#include "cuda/learning/embedding_trainer.hpp"
#include "cuda/methods/hybrid_kernels.hpp"
#include "cuda/trainers.hpp"
#include "host/learning/on_demand.hpp"
#include "host/methods/hybrid_loss.hpp"
#include "host/span.hpp"

namespace embrace::gpu {
namespace {

constexpr std::int64_t contexts_together = std::int64_t{1} << 16U;  // pairs that are predicted at a time

/// What the host makes for a start.
struct HostModel {
  embrace::Samples samples;
  embrace::Array<embrace::ModelSide> sides;
};

/// What a side needs beside its table.
struct Side {
  Side(Device& device, const embrace::ModelSide& start, double learning_rate, const Slots::Bounds& bounds)
      : values(device, bounds.slots, 1, start.table.factors()),
        gradients(device, bounds.slots, 1, start.table.factors()),
        rows(device, start, learning_rate),
        partials(device, hybrid_partials(bounds, start.table.factors())),
        frozen(device, start.table, bounds) {}
  static std::int64_t bytes(const embrace::EmbeddingTable& table, const Slots::Bounds& bounds) {
    return 2 * Values::bytes(bounds.slots, 1, table.factors()) + AdagradSide::bytes(table) +
           static_cast<std::int64_t>(sizeof(Sum)) * hybrid_partials(bounds, table.factors()) +
           FrozenVectors::bytes(table, bounds);
  }
  Values values;
  Values gradients;
  AdagradSide rows;
  DeviceBuffer<Sum> partials;
  FrozenVectors frozen;
};

MemoryPlan plan(const Problem& problem, const HostModel& model) {
  std::int64_t tables = 0, sides = 0;
  const auto bounds = Minibatches::bounds(problem, model.samples, model.sides);
  for (std::size_t side = 0; side < bounds.size(); ++side) {
    tables += EmbeddingTable::bytes(model.sides[side].table);
    sides += Side::bytes(model.sides[side].table, bounds[side]);
  }
  return MemoryPlan()
      .add("embeddings", tables)
      .add("optimizer and batch", sides)
      .add("samples and lists", Minibatches::bytes(problem, model.samples, model.sides))
      .add("representations", embedding_bytes(problem, problem.hyper.integer("factors")) +
                                  std::max(EmbeddingTable::represent_bytes(model.sides[Minibatches::users].table),
                                           EmbeddingTable::represent_bytes(model.sides[Minibatches::items].table)));
}

class Hybrid final : public EmbeddingTrainer {
 public:
  Hybrid(DevicePtr shared, const Problem& problem, const HostModel& model)
      : EmbeddingTrainer(std::move(shared), problem, plan(problem, model)),
        factors_(problem.hyper.integer("factors")),
        loss_(embrace::loss_of(problem)),
        batches_(device(), problem, model.samples, model.sides),
        coefficients_(device(), batches_.batch()),
        loss_blocks_(hybrid_loss_blocks(batches_.batch(), factors_)),
        losses_(device(), batches_.batches() * loss_blocks_) {
    for (const embrace::ModelSide& side : model.sides) {
      tables_.emplace_back(device(), side.table);
      sides_.emplace_back(device(), side, problem.hyper["learning_rate"], batches_.slots(sides_.size()).bounds());
    }
    if (loss_ == embrace::Loss::warp) {
      std::vector<float> weights;
      for (int trial = 1; trial <= embrace::Samples::most_candidates; ++trial) {
        weights.push_back(embrace::warp_weight(model.samples.trained_items(), trial));
      }
      trial_weights_ = {device(), weights};
      weights_ = {device(), batches_.batch()};
    }
    model_.offset = embrace::offset_of(problem, loss_);
  }

  EpochResult epoch() override;
  void predict(const PairsView& pairs, Span<float> out) const override;

 private:
  void step(const Minibatch& batch);
  void complete_model() const override;
  void predict_with_contexts(const PairsView& pairs, std::int64_t first, std::int64_t count, Span<float> out) const;

  std::int64_t factors_;
  embrace::Loss loss_;
  Minibatches batches_;
  DeviceTables tables_;
  std::vector<Side> sides_;
  DeviceBuffer<float> coefficients_;
  DeviceBuffer<float> trial_weights_;  // of warp, by the number of movies drawn before
  DeviceBuffer<float> weights_;        // of its samples
  std::int64_t loss_blocks_;           // of a full batch
  DeviceBuffer<double> losses_;
  OnDemand representation_;
};

EpochResult Hybrid::epoch() {
  representation_.outdate();
  std::int64_t blocks = 0;
  batches_.epoch(device(), tables_, [&](const Minibatch& batch) {
    step(batch);
    blocks = batch.number * loss_blocks_ + hybrid_loss_blocks(batch.size, factors_);
  });
  return batches_.result(device(), tables_, losses_.span().part(0, blocks));
}

void Hybrid::step(const Minibatch& batch) {
  HybridBatch work{batch.size,
                   loss_,
                   static_cast<int>(sides_.size()),
                   model_.offset,
                   {},
                   loss_ == embrace::Loss::warp ? weights_.span().part(0, batch.size) : batch.targets,
                   coefficients_.span(),
                   losses_.span().part(batch.number * loss_blocks_, hybrid_loss_blocks(batch.size, factors_))};
  for (std::size_t s = 0; s < sides_.size(); ++s) {
    Side& side = sides_[s];
    work.side[s] = {tables_[s].view(),
                    batches_.slots(s).view(),
                    batches_.index(s, batch),
                    batches_.slots(s).bounds().entries,
                    side.values.vectors.view(),
                    side.values.bias.span(),
                    side.gradients.vectors.view(),
                    side.gradients.bias.span(),
                    side.rows.view(tables_[s]),
                    side.partials.span(),
                    side.frozen.view()};
  }
  if (sides_.size() > 2) {
    clear(device(), {&sides_[0].values, &sides_[1].values, &sides_[2].values});
  } else {
    clear(device(), {&sides_[0].values, &sides_[1].values});
  }
  const auto add_frozen = [&](std::size_t s) {
    sides_[s].frozen.represent(device(), tables_[s], work.side[s].slots, work.side[s].index, sides_[s].values);
  };
  if (loss_ == embrace::Loss::warp) {
    represent(device(), work, Minibatches::users);
    add_frozen(Minibatches::users);
    batches_.search(device(), tables_, batch, sides_[Minibatches::users].values.vectors.view(), trial_weights_.span(),
                    weights_.span());
    for (std::size_t s = Minibatches::items; s < sides_.size(); ++s) {
      represent(device(), work, s);
      add_frozen(s);
    }
  } else {
    represent(device(), work);
    for (std::size_t s = 0; s < sides_.size(); ++s) add_frozen(s);
  }
  learn(device(), work);
}

void Hybrid::complete_model() const {
  const auto fill = [&](const EmbeddingTable& table, DeviceMatrix& vectors, DeviceBuffer<float>& bias) {
    Values values(device(), table.entities(), 1, factors_);
    table.represent(device(), values);
    vectors = std::move(values.vectors);
    bias = std::move(values.bias);
  };
  representation_.require([&] {
    fill(tables_[Minibatches::users], model_.users, model_.user_bias);
    fill(tables_[Minibatches::items], model_.items, model_.item_bias);
  });
}

void Hybrid::predict(const PairsView& pairs, Span<float> out) const {
  EmbeddingTrainer::predict(pairs, out);
  if (tables_.size() <= Minibatches::contexts || pairs.context.rows == 0) return;
  for (std::int64_t first = 0; first < pairs.context.rows; first += contexts_together) {
    predict_with_contexts(pairs, first, std::min(contexts_together, pairs.context.rows - first), out);
  }
}

/// Adds the contexts' share to predictions [first, first + count).
void Hybrid::predict_with_contexts(const PairsView& pairs, std::int64_t first, std::int64_t count,
                                   Span<float> out) const {
  Values contexts(device(), count, 1, factors_);
  tables_[Minibatches::contexts].represent(device(), {pairs.context, first, count}, contexts);
  const DeviceBuffer<std::int32_t> users(device(), pairs.users.subspan(first, count));
  const DeviceBuffer<std::int32_t> items(device(), pairs.items.subspan(first, count));
  const Span<float> part = out.subspan(first, count);
  DeviceBuffer<float> predicted(device(), Span<const float>(part));
  add_contexts(device(), contexts.vectors.view(), contexts.bias.span(), model_.view().users, model_.view().items,
               users.span(), items.span(), predicted.span());
  device().download(DeviceSpan<const float>(predicted.span()), part);
}

}  // namespace

std::unique_ptr<Trainer> make_hybrid(DevicePtr device, const Problem& problem) {
  HostModel model{
      embrace::Samples(problem, embrace::negatives_of(embrace::loss_of(problem)), embrace::logistic_negatives),
      embrace::make_sides(problem, embrace::EmbeddingTable::Slices::one)};
  return std::make_unique<Hybrid>(std::move(device), problem, model);
}

}  // namespace embrace::gpu
