// deep on a device; the twin of host/methods/deep.cpp, with the same samples, batches, masks and formulas. All users
// and movies as the network reads them are made when first asked for after an epoch.
#include <algorithm>
#include <cmath>

#include "cuda/device/phase.hpp"
#include "cuda/math/product.hpp"
#include "cuda/math/scoring.hpp"
#include "cuda/methods/deep_parts.hpp"
#include "cuda/trainers.hpp"
#include "host/error.hpp"
#include "host/learning/on_demand.hpp"
#include "host/span.hpp"

namespace embrace::gpu {
namespace {

constexpr std::int64_t pairs_together = std::int64_t{1} << 14U;  // predicted at a time

/// Before anything is allocated.
Device& planned(Device& device, const MemoryPlan& plan) {
  plan.require(device);
  return device;
}

/// Activations and gradients of samples, a row each.
struct Layers {
  Layers(Device& device, std::int64_t samples, std::int64_t width, std::int64_t width2)
      : h1(device, samples, width), h2(device, samples, width2) {}
  DeviceMatrix h1, h2;
};

DeviceMatrixView<float> first_rows(DeviceMatrix& matrix, std::int64_t rows) {
  DeviceMatrixView<float> out = matrix.view();
  out.rows = rows;
  return out;
}

class Deep final : public Trainer {
 public:
  Deep(DevicePtr shared, const Problem& problem, const DeepStart& start);
  EpochResult epoch() override;
  void predict(const PairsView& pairs, Span<float> out) const override;
  void score(Span<const std::int32_t> users, MatrixView out) const override {
    score_users(device(), scorer(), users, out);
  }
  bool rank(Span<const std::int32_t> users, CsrView mask, std::int64_t depth, Span<ScoredItem> out) const override {
    return rank_users(device(), scorer(), users, mask, depth, out);
  }
  std::string device_memory() const override { return plan_; }

 private:
  /// Users and movies as the network reads them.
  struct All {
    Activations users, items;
  };
  void step(const Minibatch& batch);
  DeepBatch work_of(const Minibatch& batch);
  void weight_gradients(const Minibatch& batch);
  Activations activations(std::size_t side, Values& values, std::int64_t entities) const;
  void prepare() const;
  void score_pairs(DeviceSpan<const std::int32_t> users, DeviceSpan<const std::int32_t> items,
                   const DeepReads& contexts, Layers& layers, DeviceSpan<float> out) const;
  /// Users' rows of scores, which follow each other without gaps.
  void score_rows(DeviceSpan<const std::int32_t> users, DeviceMatrixView<float> out) const;
  Scorer scorer() const {
    return [this](DeviceSpan<const std::int32_t> users, DeviceMatrixView<float> out) { score_rows(users, out); };
  }
  Device& device() const { return *device_; }

  DevicePtr device_;  // before everything that lies on it
  std::string plan_;
  std::int64_t factors_, hidden_, width_, hidden2_;
  double network_rate_, weight_decay_;
  UnitDropout dropout_;
  bool ranking_;
  embrace::Interaction interaction_;
  bool teaches_;
  float offset_;
  Minibatches batches_;
  Network network_;
  DeviceTables tables_;
  std::vector<DeepSide> sides_;
  Layers forward_, backward_;
  DeviceMatrix coefficients_;  // a column
  DeviceMatrix ones_;          // a column
  std::int64_t loss_blocks_;   // of a full batch
  DeviceBuffer<double> losses_;
  mutable std::optional<All> all_;
  OnDemand preparation_;
};

Deep::Deep(DevicePtr shared, const Problem& problem, const DeepStart& start)
    : Trainer(problem.threads),
      device_(std::move(shared)),
      plan_(deep_plan(problem, start).text(planned(*device_, deep_plan(problem, start)))),
      factors_(start.network.head.shape().factors),
      hidden_(start.network.head.shape().hidden),
      width_(device_width(start.network.head.shape())),
      hidden2_(start.network.head.shape().hidden2()),
      network_rate_(problem.hyper["network_rate"]),
      weight_decay_(problem.hyper["weight_decay"]),
      dropout_{start.network.head.mask_scale(), static_cast<std::uint32_t>(problem.hyper["dropout"] * 0x1p32),
               problem.seed, 0},
      ranking_(problem.task == Task::ranking),
      interaction_(start.network.head.shape().interaction),
      teaches_(start.network.head.shape().teaches()),
      offset_(embrace::deep_offset(problem)),
      batches_(device(), problem, start.samples, start.sides),
      network_(device(), start.network),
      forward_(device(), batches_.batch(), width_, hidden2_),
      backward_(device(), batches_.batch(), width_, hidden2_),
      coefficients_(device(), 1, batches_.batch()),
      ones_(device(), 1, batches_.batch()),
      loss_blocks_(deep_loss_blocks(batches_.batch())),
      losses_(device(), batches_.batches() * loss_blocks_) {
  for (const embrace::ModelSide& side : start.sides) {
    tables_.emplace_back(device(), side.table);
    sides_.emplace_back(device(), side, problem.hyper["learning_rate"], batches_.slots(sides_.size()).bounds(), width_);
  }
  Matrix ones(1, batches_.batch());
  std::fill_n(ones.data(), ones.size(), 1.0F);
  ones_.upload(device(), ones.view());
}

EpochResult Deep::epoch() {
  all_.reset();  // its memory is needed in the epoch
  preparation_.outdate();
  std::int64_t blocks = 0;
  batches_.epoch(device(), tables_, [&](const Minibatch& batch) {
    step(batch);
    blocks = batch.number * loss_blocks_ + deep_loss_blocks(batch.size);
  });
  return batches_.result(device(), tables_, losses_.span().part(0, blocks));
}

DeepBatch Deep::work_of(const Minibatch& batch) {
  DeepBatch work{batch.index,
                 static_cast<int>(sides_.size()),
                 {},
                 {coefficients_.view().data, batch.size},
                 first_rows(backward_.h1, batch.size),
                 interaction_ == embrace::Interaction::fm};
  for (std::size_t s = 0; s < sides_.size(); ++s) {
    DeepSide& side = sides_[s];
    const SlotsView slots = batches_.slots(s).view();
    work.side[s] = {tables_[s].view(),
                    slots,
                    batches_.slots(s).bounds().entries,
                    side.values.vectors.view(),
                    side.values.bias.span(),
                    side.active.reads(slots.slot.part(batch.index * slots.reads_a_batch, batch.size)),
                    side.common.hidden.view(),
                    side.gradients.vectors.view(),
                    side.common.sum.view(),
                    side.common.bias.span(),
                    side.rows.view(tables_[s]),
                    side.partials.span(),
                    side.frozen.view()};
  }
  return work;
}

void Deep::step(const Minibatch& batch) {
  const bool contexts = sides_.size() > Minibatches::contexts;
  if (contexts) {
    clear(device(), {&sides_[0].values, &sides_[1].values, &sides_[2].values});
  } else {
    clear(device(), {&sides_[0].values, &sides_[1].values});
  }
  const DeepBatch work = work_of(batch);
  const NetworkView& network = network_.values();
  represent(device(), work);
  for (std::size_t s = 0; s < sides_.size(); ++s) {
    sides_[s].frozen.represent(device(), tables_[s], work.side[s].slots, batch.index, sides_[s].values);
    sides_[s].active.fill(device(), sides_[s].values, tables_[s].slices(), network.first[s]);
  }
  const DeepSamples samples{batch.size,
                            work.side[0].reads,
                            work.side[1].reads,
                            work.side[2].reads,
                            first_rows(forward_.h1, batch.size),
                            first_rows(forward_.h2, batch.size),
                            offset_,
                            interaction_};
  UnitDropout dropout = dropout_;
  dropout.first = batch.seen;
  learn_samples(device(), network, samples, dropout,
                {batch.targets,
                 ranking_,
                 {coefficients_.view().data, batch.size},
                 losses_.span().part(batch.number * loss_blocks_, deep_loss_blocks(batch.size)),
                 first_rows(backward_.h2, batch.size)},
                first_rows(backward_.h1, batch.size));
  sum_slot_gradients(device(), work);
  for (std::size_t s = 0; teaches_ && s < sides_.size(); ++s) {
    multiply_transposed(device(), sides_[s].common.hidden.view(), network.first[s], 0, sides_[s].gradients.by_entity());
  }
  weight_gradients(batch);
  network_.update(device(), embrace::AdamStep(network_rate_, weight_decay_, static_cast<std::int64_t>(batch.step) + 1));
  update_rows(device(), work);
}

/// Rows of slots that a batch does not have are zero in `values`, and so add nothing.
void Deep::weight_gradients(const Minibatch& batch) {
  EMBRACE_PHASE("weight gradients");
  const NetworkView& out = network_.gradients();
  for (std::size_t s = 0; s < sides_.size(); ++s) {
    multiply_by_transposed(device(), sides_[s].values.by_entity(), sides_[s].common.hidden.view(), 0, out.first[s]);
  }
  const auto h1 = first_rows(forward_.h1, batch.size), h2 = first_rows(forward_.h2, batch.size);
  const auto g1 = first_rows(backward_.h1, batch.size), g2 = first_rows(backward_.h2, batch.size);
  const auto row_of = [&](const DeviceMatrix& row) {
    DeviceMatrixView<const float> view = row.view();
    view.columns = batch.size;
    return view;
  };
  DeviceMatrixView<const float> units = h1;  // those that the second layer reads
  units.columns = hidden_;
  multiply_by_transposed(device(), units, g2, 0, out.second);
  multiply(device(), row_of(ones_), g1, 0, out.first_bias);
  multiply(device(), row_of(ones_), g2, 0, out.second_bias);
  multiply(device(), row_of(coefficients_), h2, 0, out.output);
}

Activations Deep::activations(std::size_t side, Values& values, std::int64_t entities) const {
  Activations out(device(), entities, factors_, width_);
  out.fill(device(), values, tables_[side].slices(), network_.values().first[side]);
  return out;
}

void Deep::prepare() const {
  preparation_.require([this] {
    const auto of = [&](std::size_t side) {
      const EmbeddingTable& table = tables_[side];
      Values values(device(), table.entities(), table.slices(), factors_);
      table.represent(device(), values);
      return activations(side, values, table.entities());
    };
    all_.emplace(All{of(Minibatches::users), of(Minibatches::items)});
  });
}

void Deep::score_pairs(DeviceSpan<const std::int32_t> users, DeviceSpan<const std::int32_t> items,
                       const DeepReads& contexts, Layers& layers, DeviceSpan<float> out) const {
  score_samples(device(), network_.values(),
                {users.size, all_->users.reads(users), all_->items.reads(items), contexts,
                 first_rows(layers.h1, users.size), first_rows(layers.h2, users.size), offset_, interaction_},
                out);
}

void Deep::predict(const PairsView& pairs, Span<float> out) const {
  prepare();
  const std::int64_t size = out.size();
  const bool with_contexts = tables_.size() > Minibatches::contexts && pairs.context.rows > 0;
  const std::int64_t most = std::min(size, pairs_together);
  Layers layers(device(), most, width_, hidden2_);
  DeviceBuffer<float> scores(device(), most);
  DeviceBuffer<std::int32_t> counting(device(), with_contexts ? most : 0);
  if (with_contexts) count_up(device(), counting.span());
  for (std::int64_t first = 0; first < size; first += most) {
    const std::int64_t count = std::min(most, size - first);
    const DeviceBuffer<std::int32_t> users(device(), pairs.users.subspan(first, count));
    const DeviceBuffer<std::int32_t> items(device(), pairs.items.subspan(first, count));
    std::optional<Activations> contexts;
    if (with_contexts) {
      const EmbeddingTable& table = tables_[Minibatches::contexts];
      Values values(device(), count, table.slices(), factors_);
      table.represent(device(), {pairs.context, first, count}, values);
      contexts.emplace(activations(Minibatches::contexts, values, count));
    }
    const auto part = scores.span().part(0, count);
    score_pairs(users.span(), items.span(), contexts ? contexts->reads(counting.span().part(0, count)) : DeepReads{},
                layers, part);
    device().download(DeviceSpan<const float>(part), out.subspan(first, count));
  }
}

void Deep::score_rows(DeviceSpan<const std::int32_t> users, DeviceMatrixView<float> out) const {
  prepare();
  const std::int64_t size = out.rows * out.columns, most = std::min(size, pairs_together);
  Layers layers(device(), most, width_, hidden2_);
  DeviceBuffer<std::int32_t> user_of_pair(device(), most), item_of_pair(device(), most);
  for (std::int64_t first = 0; first < size; first += most) {
    const std::int64_t count = std::min(most, size - first);
    const auto user = user_of_pair.span().part(0, count), item = item_of_pair.span().part(0, count);
    list_pairs(device(), users, out.columns, first, user, item);
    score_pairs(user, item, {}, layers, {out.data + first, count});
  }
}

}  // namespace

std::unique_ptr<Trainer> make_deep(DevicePtr device, const Problem& problem) {
  if (problem.hyper.integer("head") == static_cast<std::int64_t>(embrace::Interaction::dlrm)) {
    throw Unsupported("deep on CUDA devices has no head dlrm");
  }
  return std::make_unique<Deep>(std::move(device), problem, DeepStart(problem));
}

}  // namespace embrace::gpu
