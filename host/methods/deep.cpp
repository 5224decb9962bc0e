// deep: an embedding per field, identity and metadata, concatenated into a small network, with a factorization machine
// or another interaction of the same embeddings beside it; deep_model.hpp has the formulas.
// Rating task: squared error. Ranking task: logistic loss on the ratings and four sampled movies each (He et al. 2017,
// "Neural collaborative filtering", section 3.1.1 and 4.1).
//
// Learning is in minibatches of fixed size. Embeddings learn by Adagrad with an L2 penalty, as in hybrid
// (host/learning/adagrad_side.hpp): Adam moves every element of a row that a batch touches by about its rate, however
// small the gradient, and a factorization machine trained so stays far behind one trained by plain gradients. The
// network has Adam, decoupled weight decay, and dropout by counter-based masks. A batch takes four parallel steps:
// representations and first-layer parts of its distinct users, movies and contexts; the network forward and backward in
// blocks of samples; gradients by slot; updates. Every block has a fixed size and every sum a fixed order, and a matrix
// product inside a block runs on one thread: bits do not depend on the threads.
#include <algorithm>
#include <array>
#include <cmath>

#include "host/array.hpp"
#include "host/learning/minibatches.hpp"
#include "host/learning/on_demand.hpp"
#include "host/learning/sides.hpp"
#include "host/learning/task_list.hpp"
#include "host/math/product.hpp"
#include "host/math/vector_math.hpp"
#include "host/methods/deep_model.hpp"
#include "host/methods/deep_pairs.hpp"
#include "host/span.hpp"

namespace embrace::cpu {
namespace {

constexpr std::int64_t slot_grain = 32;      // slots a task
constexpr std::int64_t sample_grain = 64;    // samples a task
constexpr std::int64_t row_grain = 64;       // touched embedding rows a task
constexpr std::int64_t weight_grain = 16;    // rows of a weight matrix a task
constexpr std::int64_t predict_grain = 256;  // pairs a block

class Deep final : public Trainer {
 public:
  explicit Deep(const Problem& problem);
  EpochResult epoch() override;
  void predict(const PairsView& pairs, Span<float> out) const override;
  void score(Span<const std::int32_t> users, MatrixView out) const override;

 private:
  double learn(Minibatch& batch);
  void represent();
  SampleParts parts_of(std::int64_t sample) const;
  void list_fields(std::int64_t sample, Array<const float*>& fields) const;
  double network();
  double derivatives(std::int64_t begin, std::int64_t end);
  void slot_gradients();
  void slot_gradients(DeepSide& side, std::int64_t begin, std::int64_t end);
  void set_interactions(const DeepSide& side, std::int64_t slot, float* gradient) const;
  void add_pairs(const DeepSide& side, std::int64_t slot, float* gradient) const;
  void update();
  void update_weights(DenseParameter& weights, ConstMatrixView inputs, ConstMatrixView gradients, const AdamStep& step,
                      TaskList& tasks) const;
  void update_head(const AdamStep& step);
  void prepare() const;
  struct Prepared;
  void prepare(const DeepSide& side, Prepared& out) const;
  void pair_dots(std::int64_t user, std::int64_t item, const float* context, float* out) const;
  void score_block(const std::int32_t* users, const std::int32_t* items, std::int64_t n, const CsrView* context,
                   std::int64_t first, float* out) const;

  Minibatches minibatches_;
  std::int64_t factors_;
  double network_rate_, weight_decay_;
  float offset_;
  Random dropout_;
  DeepShape shape_;
  Array<DeepSide> sides_;
  DeepSide &users_, &items_;
  DeepSide* contexts_;  // null when the problem has none
  DeepHead head_;
  const Minibatch* batch_ = nullptr;  // at hand
  Matrix h1_, h2_, g1_, g2_;          // by sample
  Matrix dots_, dot_gradient_;        // of pairs of fields, by sample
  Array<float> coefficient_;          // derivative of the loss by the score
  Array<double> loss_;                // of each task

  /// What a worker writes while it works, kept for the next time.
  struct Work {
    RowSums sums;
    Array<AdagradRow> steps;
  };
  Array<Work> work_;  // of each worker

  /// All users or movies as the network reads them.
  struct Prepared {
    SideActivations active;
    Matrix fields;  // representations, where pairs of fields are read
    Array<float> bias;
  };
  mutable Prepared all_users_, all_items_;
  OnDemand preparation_;
};

Array<DeepSide> deep_sides(const Problem& problem, DeepShape& shape) {
  Array<ModelSide> starts = make_sides(problem, EmbeddingTable::Slices::by_field);
  shape = deep_shape(problem.hyper, starts);
  Array<DeepSide> sides;
  for (ModelSide& start : starts) {
    DenseParameter layer = first_layer(start.table, shape.width(), problem.seed, sides.size());
    sides.emplace_back(std::move(start), problem.hyper["learning_rate"], std::move(layer));
  }
  return sides;
}

Deep::Deep(const Problem& problem)
    : Trainer(problem.threads),
      minibatches_(problem, Samples::Negatives::pointwise, deep_negatives),
      factors_(problem.hyper.integer("factors")),
      network_rate_(problem.hyper["network_rate"]),
      weight_decay_(problem.hyper["weight_decay"]),
      offset_(deep_offset(problem)),
      dropout_(problem.seed, Stream::dropout),
      sides_(deep_sides(problem, shape_)),
      users_(sides_[Minibatches::users]),
      items_(sides_[Minibatches::items]),
      contexts_(sides_.size() > Minibatches::contexts ? &sides_[Minibatches::contexts] : nullptr),
      head_(shape_, problem.hyper["dropout"], Random(problem.seed, Stream::initial)),
      work_(threads_.count(), Work{RowSums(factors_), {}}) {
  const std::int64_t rows = std::min(problem.hyper.integer("batch"), minibatches_.samples().size());
  h1_ = g1_ = Matrix(rows, shape_.width());
  h2_ = g2_ = Matrix(rows, shape_.hidden2());
  dots_ = dot_gradient_ = Matrix(rows, shape_.pairs());
}

EpochResult Deep::epoch() {
  preparation_.outdate();
  return minibatches_.epoch({&users_.table, &items_.table, contexts_ ? &contexts_->table : nullptr}, threads_,
                            [this](Minibatch& batch) { return learn(batch); });
}

double Deep::learn(Minibatch& batch) {
  batch_ = &batch;
  for (std::int64_t side = 0; side < sides_.size(); ++side) sides_[side].slots = &batch.slots[side];
  represent();
  const double loss = network();
  slot_gradients();
  update();
  return loss;
}

void Deep::represent() {
  TaskList tasks;
  for (DeepSide& side : sides_) {
    side.active.resize(side.slots->size(), shape_);
    side.values.resize(side.slots->size(), side.inputs());
    tasks.add(side.slots->size(), slot_grain, [this, &side](std::int64_t begin, std::int64_t end, int worker) {
      side.table.forward(*side.slots, begin, end, work_[worker].sums, side.values);
      side.activate(side.values.vectors, begin, end, side.active);
    });
  }
  tasks.run(threads_);
}

SampleParts Deep::parts_of(std::int64_t sample) const {
  const std::int64_t u = users_.slots->slot[sample], i = items_.slots->slot[sample];
  SampleParts parts{users_.active.hidden.row(u),
                    items_.active.hidden.row(i),
                    nullptr,
                    users_.active.sum.row(u),
                    items_.active.sum.row(i),
                    nullptr,
                    offset_ + users_.values.bias[u] + items_.values.bias[i]};
  if (contexts_) {
    const std::int64_t c = contexts_->slots->slot[sample];
    parts.context_hidden = contexts_->active.hidden.row(c);
    parts.context_sum = contexts_->active.sum.row(c);
    parts.bias += contexts_->values.bias[c];
  }
  return parts;
}

/// Embeddings of all fields of a sample.
void Deep::list_fields(std::int64_t sample, Array<const float*>& fields) const {
  fields.clear();
  for (const DeepSide& side : sides_) {
    const float* values = side.values.vectors.row(side.slots->slot[sample]);
    for (std::int64_t slice = 0; slice < side.table.slices(); ++slice) fields.push_back(values + slice * factors_);
  }
}

double Deep::network() {
  coefficient_.resize(batch_->samples.size());
  loss_.assign((batch_->samples.size() + sample_grain - 1) / sample_grain, 0.0);
  threads_.for_ranges(batch_->samples.size(), sample_grain, [&](std::int64_t begin, std::int64_t end, int) {
    const std::int64_t n = end - begin, width = shape_.width(), hidden2 = shape_.hidden2(), pairs = shape_.pairs();
    Array<SampleParts> parts;
    Array<const float*> fields;
    for (std::int64_t s = begin; s < end; ++s) {
      parts.push_back(parts_of(s));
      if (pairs == 0) continue;
      list_fields(s, fields);
      pair_products(fields, factors_, dots_.row(s));
    }
    const MatrixView h1{h1_.row(begin), n, width, width}, h2{h2_.row(begin), n, hidden2, hidden2};
    const MatrixView g1{g1_.row(begin), n, width, width};
    head_.forward(parts.data(), n, {dots_.row(begin), n, pairs, pairs}, &dropout_,
                  batch_->first + static_cast<std::uint64_t>(begin), h1, h2, &coefficient_[begin]);
    loss_[begin / sample_grain] = derivatives(begin, end);
    head_.backward(&coefficient_[begin], h1, h2, g1, {g2_.row(begin), n, hidden2, hidden2});
    multiply_transposed(g1, head_.pairs.value.view(), 0.0F, {dot_gradient_.row(begin), n, pairs, pairs});
  });
  double loss = 0;
  for (const double part : loss_) loss += part;
  return loss;
}

/// Turns scores into derivatives of the loss; returns the sum of the losses.
double Deep::derivatives(std::int64_t begin, std::int64_t end) {
  FixedArray<float, sample_grain> softplus, sigmoid;
  const bool ranking = minibatches_.samples().ranking();
  if (ranking) {
    logistic(&coefficient_[begin], end - begin, softplus.data(), sigmoid.data());
  }
  double loss = 0;
  for (auto s = begin; s < end; ++s) {
    const auto k = s - begin;
    const float score = coefficient_[s], target = batch_->samples.targets[s];
    if (ranking) {
      coefficient_[s] = sigmoid[k] - target;
      loss += static_cast<double>(softplus[k] - target * score);
    } else {
      const float error = score - target;
      coefficient_[s] = error;
      loss += 0.5 * static_cast<double>(error) * static_cast<double>(error);
    }
  }
  return loss;
}

/// Derivative of the factorization machine's part by this side's sum, which is that of each of its fields: the sums of
/// the other sides.
void Deep::set_interactions(const DeepSide& side, std::int64_t slot, float* gradient) const {
  Array<float> sum(factors_, 0.0F);
  for (const std::int32_t s : side.slots->samples.of(slot)) {
    for (const DeepSide& other : sides_) {
      if (&other == &side) continue;
      add_scaled(coefficient_[s], other.active.sum.row(other.slots->slot[s]), sum.data(), factors_);
    }
  }
  for (std::int64_t slice = 0; slice < side.table.slices(); ++slice) {
    std::copy_n(sum.data(), factors_, gradient + slice * factors_);
  }
}

/// Derivative of what the network reads of pairs by this side's fields.
void Deep::add_pairs(const DeepSide& side, std::int64_t slot, float* gradient) const {
  std::int64_t first = 0;  // field
  for (const DeepSide& before : sides_) {
    if (&before == &side) break;
    first += before.table.slices();
  }
  Array<const float*> fields;
  for (const std::int32_t s : side.slots->samples.of(slot)) {
    list_fields(s, fields);
    for (std::int64_t slice = 0; slice < side.table.slices(); ++slice) {
      add_pair_gradient(fields, first + slice, factors_, dot_gradient_.row(s), gradient + slice * factors_);
    }
  }
}

void Deep::slot_gradients(DeepSide& side, std::int64_t begin, std::int64_t end) {
  const std::int64_t inputs = side.inputs(), width = shape_.width();
  for (std::int64_t slot = begin; slot < end; ++slot) {
    float* hidden = side.hidden_gradient.row(slot);
    float& bias = side.gradients.bias[slot];
    std::fill(hidden, hidden + width, 0.0F);
    bias = 0.0F;
    for (const std::int32_t s : side.slots->samples.of(slot)) {
      add_scaled(1.0F, g1_.row(s), hidden, width);
      bias += coefficient_[s];
    }
  }
  if (shape_.teaches()) {
    multiply_transposed({side.hidden_gradient.row(begin), end - begin, width, width}, side.weights.value.view(), 0.0F,
                        {side.gradients.vectors.row(begin), end - begin, inputs, side.gradients.vectors.columns()});
  }
  for (std::int64_t slot = begin; slot < end; ++slot) {
    float* gradient = side.gradients.vectors.row(slot);
    if (shape_.interaction == Interaction::fm) set_interactions(side, slot, gradient);
    if (shape_.interaction == Interaction::dlrm) add_pairs(side, slot, gradient);
  }
}

void Deep::slot_gradients() {
  TaskList tasks;
  for (DeepSide& side : sides_) {
    const std::int64_t slots = side.slots->size();
    if (side.hidden_gradient.rows() < slots) side.hidden_gradient = Matrix(slots, shape_.width());
    side.gradients.resize(slots, side.inputs());
    tasks.add(slots, slot_grain,
              [this, &side](std::int64_t begin, std::int64_t end, int) { slot_gradients(side, begin, end); });
  }
  tasks.run(threads_);
}

/// weights -= Adam(inputsᵀ gradients), in panels of rows
void Deep::update_weights(DenseParameter& weights, ConstMatrixView inputs, ConstMatrixView gradients,
                          const AdamStep& step, TaskList& tasks) const {
  tasks.add(weights.value.rows(), weight_grain, [=, &weights, &step](std::int64_t begin, std::int64_t end, int) {
    Matrix gradient(end - begin, gradients.columns);
    multiply_by_transposed({inputs.data + begin, inputs.rows, end - begin, inputs.stride}, gradients, gradient.view());
    for (std::int64_t r = begin; r < end; ++r) weights.update(r, gradient.row(r - begin), step);
  });
}

/// The three short vectors: biases of both layers and the output weights.
void Deep::update_head(const AdamStep& step) {
  const std::int64_t width = shape_.width(), hidden2 = shape_.hidden2();
  Array<float> first(width), second(hidden2), output(hidden2);
  for (std::int64_t s = 0; s < batch_->samples.size(); ++s) {
    add_scaled(1.0F, g1_.row(s), first.data(), width);
    add_scaled(1.0F, g2_.row(s), second.data(), hidden2);
    add_scaled(coefficient_[s], h2_.row(s), output.data(), hidden2);
  }
  head_.first_bias.update(0, first.data(), step);
  head_.second_bias.update(0, second.data(), step);
  head_.output.update(0, output.data(), step);
}

void Deep::update() {
  const AdamStep step(network_rate_, weight_decay_, static_cast<std::int64_t>(batch_->number) + 1);
  const std::int64_t n = batch_->samples.size(), hidden = shape_.hidden, hidden2 = shape_.hidden2();
  const std::int64_t width = shape_.width(), pairs = shape_.pairs();
  TaskList tasks;
  for (DeepSide& side : sides_) {
    const std::int64_t slots = side.slots->size();
    const Matrix& values = side.values.vectors;
    update_weights(side.weights, {values.data(), slots, side.inputs(), values.columns()},
                   {side.hidden_gradient.data(), slots, width, width}, step, tasks);
    tasks.add(side.slots->touched(), row_grain, [this, &side](std::int64_t begin, std::int64_t end, int worker) {
      side.update_rows(begin, end, work_[worker].sums, work_[worker].steps);
    });
    tasks.add(side.table.frozen().columns, row_grain, [this, &side](std::int64_t begin, std::int64_t end, int worker) {
      side.update_frozen(begin, end, work_[worker].steps);
    });
  }
  update_weights(head_.second, {h1_.data(), n, hidden, width}, {g2_.data(), n, hidden2, hidden2}, step, tasks);
  update_weights(head_.pairs, {dots_.data(), n, pairs, pairs}, {g1_.data(), n, hidden, width}, step, tasks);
  tasks.add(1, 1, [&](std::int64_t, std::int64_t, int) { update_head(step); });
  tasks.run(threads_);
}

void Deep::prepare(const DeepSide& side, Prepared& out) const {
  const std::int64_t entities = side.table.entities(), inputs = side.inputs(), width = shape_.width();
  out.active.resize(entities, shape_);
  out.bias.resize(entities);
  if (shape_.pairs() > 0) out.fields = Matrix(entities, inputs);
  threads_.for_ranges(entities, predict_grain, [&](std::int64_t begin, std::int64_t end, int) {
    Matrix values(end - begin, side.table.width());
    SideActivations block;
    block.resize(end - begin, shape_);
    side.table.represent(begin, end, values.view());
    for (std::int64_t e = begin; e < end; ++e) {
      out.bias[e] = values(e - begin, inputs);
      if (shape_.pairs() > 0) std::copy_n(values.row(e - begin), inputs, out.fields.row(e));
    }
    side.activate(values, 0, end - begin, block);
    std::copy_n(block.hidden.data(), (end - begin) * width, out.active.hidden.row(begin));
    std::copy_n(block.sum.data(), (end - begin) * factors_, out.active.sum.row(begin));
  });
}

void Deep::prepare() const {
  preparation_.require([this] {
    prepare(users_, all_users_);
    prepare(items_, all_items_);
  });
}

/// z of a pair; `context` has its fields, or zeros.
void Deep::pair_dots(std::int64_t user, std::int64_t item, const float* context, float* out) const {
  Array<const float*> fields;
  const auto add = [&](const DeepSide& side, const float* values) {
    for (std::int64_t slice = 0; slice < side.table.slices(); ++slice) fields.push_back(values + slice * factors_);
  };
  add(users_, all_users_.fields.row(user));
  add(items_, all_items_.fields.row(item));
  if (contexts_) add(*contexts_, context);
  pair_products(fields, factors_, out);
}

/// Scores of n pairs; pair r reads row first + r of the context, when there is one.
void Deep::score_block(const std::int32_t* users, const std::int32_t* items, std::int64_t n, const CsrView* context,
                       std::int64_t first, float* out) const {
  const auto& [user_active, user_fields, user_bias] = all_users_;
  const auto& [item_active, item_fields, item_bias] = all_items_;
  SideActivations contexts;
  Matrix values(contexts_ ? n : 0, contexts_ ? contexts_->table.width() : 0);
  if (context != nullptr) {
    contexts.resize(n, shape_);
    for (std::int64_t r = 0; r < n; ++r) {
      contexts_->table.represent(context->row_indices(first + r), context->row_values(first + r), values.row(r));
    }
    contexts_->activate(values, 0, n, contexts);
  }
  Array<SampleParts> parts;
  Matrix dots(n, shape_.pairs());
  for (std::int64_t r = 0; r < n; ++r) {
    const std::int64_t u = users[r], i = items[r];
    parts.push_back({user_active.hidden.row(u), item_active.hidden.row(i), nullptr, user_active.sum.row(u),
                     item_active.sum.row(i), nullptr, offset_ + user_bias[u] + item_bias[i]});
    if (context != nullptr) {
      parts.back().context_hidden = contexts.hidden.row(r);
      parts.back().context_sum = contexts.sum.row(r);
      parts.back().bias += values(r, contexts_->inputs());
    }
    if (shape_.pairs() > 0) pair_dots(u, i, values.row(r), dots.row(r));
  }
  Matrix h1(n, shape_.width()), h2(n, shape_.hidden2());
  head_.forward(parts.data(), n, dots.view(), nullptr, 0, h1.view(), h2.view(), out);
}

void Deep::predict(const PairsView& pairs, Span<float> out) const {
  prepare();
  const CsrView* context = contexts_ && pairs.context.rows > 0 ? &pairs.context : nullptr;
  threads_.for_ranges(out.size(), predict_grain, [&](std::int64_t begin, std::int64_t end, int) {
    score_block(pairs.users.data() + begin, pairs.items.data() + begin, end - begin, context, begin,
                out.data() + begin);
  });
}

void Deep::score(Span<const std::int32_t> users, MatrixView out) const {
  prepare();
  threads_.for_each(users.size(), [&](std::int64_t row, int) {
    const Array<std::int32_t> user(predict_grain, users[row]);
    Array<std::int32_t> items(predict_grain);
    for (std::int64_t first = 0; first < out.columns; first += predict_grain) {
      const std::int64_t n = std::min(predict_grain, out.columns - first);
      for (std::int64_t i = 0; i < n; ++i) items[i] = static_cast<std::int32_t>(first + i);
      score_block(user.data(), items.data(), n, nullptr, 0, &out(row, first));
    }
  });
}

}  // namespace

MethodInfo deep_info() {
  return {"deep",
          "Field embeddings in a two-layer network, a factorization machine or another interaction beside it",
          "Guo et al. 2017 (DeepFM), equations 1 to 4; Wang et al. 2021 (DCN V2); Naumov et al. 2019 (DLRM)",
          {.user_features = true, .item_features = true, .context = true},
          {{"epochs", 14, 12, 1, 10000, true, "passes over the samples"},
           {"factors", 32, 32, 1, 1024, true, "length of a field's embedding"},
           {"learning_rate", 0.05, 0.1, 0, 100, false, "Adagrad step of the embeddings"},
           {"regularization", 1, 0.003, 0, 1e6, false, "L2 penalty of an identity, times its samples to the power nu"},
           {"nu", 0.5, 1, 0, 2, false, "how that grows with the samples; features pay as a mean identity does"},
           {"network_rate", 0.0002, 0.0002, 0, 100, false, "Adam step of the network"},
           {"weight_decay", 1, 0.01, 0, 1e6, false, "decoupled weight decay of the network"},
           {"batch", 1024, 1024, 1, 1 << 24, true, "samples of an update"},
           {"hidden", 64, 64, 1, 65536, true, "units of the first layer; the second has half as many"},
           {"dropout", 0.4, 0.2, 0, 0.95, false, "share of the units left out in training"},
           {"identity_dropout", 0, 0.1, 0, 1, false,
            "share of the batches in which a user's or movie's identity is left out"},
           {"spread", 0.1, 0.1, 0, 100, false, "initial standard deviation of an embedding, times sqrt(factors)"},
           {"head", 0, 0, 0, 3, true,
            "beside the network a factorization machine (DeepFM) or a cross layer (DCN V2); pairs of fields inside it "
            "(DLRM); or the network alone",
            all_texts<Interaction>()}},
          {1e-3, 0.02, "float sums in another order, amplified by relu and Adam over many updates"},
          {{"epochs", 1, 60, SearchRange::Scale::linear},
           {"learning_rate", 0.005, 1},
           {"regularization", 1e-4, 30},
           {"nu", 0, 1.25, SearchRange::Scale::linear},
           {"network_rate", 1e-5, 0.01},
           {"weight_decay", 1e-3, 30},
           {"dropout", 0, 0.7, SearchRange::Scale::linear},
           {"identity_dropout", 0, 0.5, SearchRange::Scale::linear},
           {"spread", 0.01, 1}}};
}

std::unique_ptr<Trainer> make_deep(const Problem& problem) { return std::make_unique<Deep>(problem); }

}  // namespace embrace::cpu
