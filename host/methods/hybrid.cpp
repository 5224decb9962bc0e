// hybrid: a user or a movie is the weighted sum of the embeddings and biases of its features, identity being one
// (Kula 2015, "Metadata embeddings for user and item cold-start recommendations", equations 1 to 3); the time of a
// rating is a third such sum that meets both, as in a factorization machine (Rendle 2010, equation 1):
//   score = offset + b_u + b_i + b_c + <q_u, q_i> + <q_c, q_u + q_i>
// The loss is one of hybrid_loss.hpp.
//
// Learning is in minibatches of fixed size: representations of the batch's distinct users, movies and contexts, one
// coefficient a sample, gradients by slot, then one Adagrad update (Duchi et al. 2011) of each touched row with the sum
// of its gradients. Every sum has a fixed order and every task a fixed size: bits do not depend on the threads.
//
// In a share `identity_dropout` of the batches a user or movie is represented without its identity (after Volkovs, Yu
// and Poutanen 2017, "DropoutNet"): so metadata learn to speak for a movie without ratings, weighted by ratings and not
// by movies.
#include <algorithm>
#include <array>
#include <cmath>

#include "host/array.hpp"
#include "host/learning/adagrad_side.hpp"
#include "host/learning/embedding_trainer.hpp"
#include "host/learning/minibatches.hpp"
#include "host/learning/on_demand.hpp"
#include "host/learning/sides.hpp"
#include "host/learning/task_list.hpp"
#include "host/math/vector_math.hpp"
#include "host/methods/hybrid_gradients.hpp"
#include "host/methods/hybrid_loss.hpp"
#include "host/span.hpp"

namespace embrace::cpu {
namespace {

constexpr std::int64_t slot_grain = 32;    // representations a task
constexpr std::int64_t sample_grain = 64;  // samples a task
constexpr std::int64_t search_grain = 32;  // samples a task
constexpr std::int64_t row_grain = 16;     // rows of features a task

/// What a worker writes while it works, kept for the next time.
struct Work {
  RowSums sums;
  Array<AdagradRow> steps;
  Array<VectorPair> pairs;
  Array<float> products;
};

using Side = AdagradSide;

std::int64_t slot_of(const Side& side, std::int64_t sample) { return side.slots->slot[sample]; }
/// What a sample reads.
const float* vector_of(const Side& side, std::int64_t sample) { return side.values.vectors.row(slot_of(side, sample)); }
float bias_of(const Side& side, std::int64_t sample) { return side.values.bias[slot_of(side, sample)]; }

class Hybrid final : public EmbeddingTrainer {
 public:
  explicit Hybrid(const Problem& problem);
  EpochResult epoch() override;
  void predict(const PairsView& pairs, Span<float> out) const override;
  std::optional<EmbeddingView> embedding() const override;

 private:
  bool paired() const { return is_paired(loss_kind_); }
  double learn(Minibatch& batch);
  void search(Minibatch& batch);
  void search(Minibatch& batch, std::int64_t sample, const float* frozen_products);
  Matrix frozen_products(std::int64_t begin, std::int64_t end) const;
  void represent(Span<Side> sides);
  void scores(std::int64_t begin, std::int64_t end, Work& work, float* out) const;
  double coefficients();
  void learn_slots();
  void learn_features();

  Loss loss_kind_;
  Minibatches minibatches_;
  std::int64_t factors_;
  float offset_;
  Array<Side> sides_;
  Side &users_, &items_;
  Side* contexts_;                  // null when the problem has none
  const Batch* samples_ = nullptr;  // at hand
  Array<float> coefficient_;        // of each sample: derivative of the loss by the score; before, its warp weight
  Array<double> loss_;              // of each task
  Array<Work> work_;                // of each worker

  /// All users and movies: [vector | bias].
  struct Representations {
    Matrix users, items;
    Array<float> user_bias, item_bias;
  };
  void represent_all(const Side& side, Matrix& out, Array<float>& bias) const;
  mutable Representations all_;
  OnDemand representation_;
};

Array<Side> hybrid_sides(const Problem& problem) {
  Array<Side> sides;
  for (ModelSide& start : make_sides(problem, EmbeddingTable::Slices::one)) {
    sides.emplace_back(std::move(start), problem.hyper["learning_rate"]);
  }
  return sides;
}

Hybrid::Hybrid(const Problem& problem)
    : EmbeddingTrainer(problem.threads),
      loss_kind_(loss_of(problem)),
      minibatches_(problem, negatives_of(loss_kind_), logistic_negatives),
      factors_(problem.hyper.integer("factors")),
      offset_(offset_of(problem, loss_kind_)),
      sides_(hybrid_sides(problem)),
      users_(sides_[Minibatches::users]),
      items_(sides_[Minibatches::items]),
      contexts_(sides_.size() > Minibatches::contexts ? &sides_[Minibatches::contexts] : nullptr),
      work_(threads_.count(), Work{RowSums(factors_), {}, {}, {}}) {}

EpochResult Hybrid::epoch() {
  representation_.outdate();
  return minibatches_.epoch({&users_.table, &items_.table, contexts_ ? &contexts_->table : nullptr}, threads_,
                            [this](Minibatch& batch) { return learn(batch); });
}

double Hybrid::learn(Minibatch& batch) {
  samples_ = &batch.samples;
  for (std::int64_t side = 0; side < sides_.size(); ++side) sides_[side].slots = &batch.slots[side];
  coefficient_.resize(batch.samples.size());
  if (loss_kind_ == Loss::warp) {
    represent({&users_, 1});
    search(batch);
    minibatches_.collect(Minibatches::items, items_.table, batch);
    represent({&items_, 1});
  } else {
    represent(sides_);
  }
  const double loss = coefficients();
  learn_slots();
  learn_features();
  return loss;
}

void Hybrid::search(Minibatch& batch) {
  threads_.for_ranges(batch.samples.size(), search_grain, [&](std::int64_t begin, std::int64_t end, int) {
    const Matrix products = frozen_products(begin, end);
    for (std::int64_t s = begin; s < end; ++s) search(batch, s, products.row(s - begin));
  });
}

/// What the search needs of the users of samples [begin, end).
Matrix Hybrid::frozen_products(std::int64_t begin, std::int64_t end) const {
  if (items_.table.frozen().columns == 0) return {};
  Matrix others(end - begin, factors_ + 1);
  for (std::int64_t s = begin; s < end; ++s) {
    std::copy_n(vector_of(users_, s), factors_, others.row(s - begin));
    others(s - begin, factors_) = 1.0F;
  }
  return items_.table.frozen_products(others.view());
}

/// The sampled movie of a warp sample and its weight; 0 and the last candidate when none comes near the rated one.
void Hybrid::search(Minibatch& batch, std::int64_t sample, const float* frozen_products) {
  const Samples& samples = minibatches_.samples();
  const float* user = vector_of(users_, sample);
  const auto score = [&](std::int32_t item) {
    const bool alone = minibatches_.leaves_identity_out(Minibatches::items, items_.table, item, batch);
    return items_.table.product(item, alone, user, frozen_products);
  };
  std::int32_t& chosen = batch.samples.items[batch.samples.users.size() + sample];
  coefficient_[sample] = 0.0F;
  const float least = score(batch.samples.items[sample]) - 1.0F;
  for (int trial = 0; trial < Samples::most_candidates; ++trial) {
    chosen = samples.candidate(batch.samples.users[sample], batch.samples.numbers[sample], batch.epoch, trial);
    if (score(chosen) <= least) continue;
    coefficient_[sample] = warp_weight(samples.trained_items(), trial + 1);
    return;
  }
}

void Hybrid::represent(Span<Side> sides) {
  TaskList tasks;
  for (Side& side : sides) {
    side.values.resize(side.slots->size(), factors_);
    tasks.add(side.slots->size(), slot_grain, [this, &side](std::int64_t begin, std::int64_t end, int worker) {
      side.table.forward(*side.slots, begin, end, work_[worker].sums, side.values);
    });
  }
  tasks.run(threads_);
}

/// Scores of samples [begin, end); of pairs, how far the positive is ahead of the sampled movie: the user's bias is in
/// both.
void Hybrid::scores(std::int64_t begin, std::int64_t end, Work& work, float* out) const {
  auto& [sums, steps, pairs, products] = work;
  pairs.clear();
  for (std::int64_t s = begin; s < end; ++s) {
    const float* user = vector_of(users_, s);
    const float* item = vector_of(items_, s);
    pairs.push_back({user, item});
    if (paired()) pairs.push_back({user, vector_of(items_, s + samples_->size())});
    if (!contexts_) continue;
    pairs.push_back({vector_of(*contexts_, s), user});
    pairs.push_back({vector_of(*contexts_, s), item});
  }
  products.resize(pairs.size());
  dots(pairs, factors_, products.data());
  const float* product = products.data();
  for (std::int64_t s = begin; s < end; ++s) {
    float& score = out[s - begin];
    if (paired()) {
      score = (bias_of(items_, s) - bias_of(items_, s + samples_->size())) + (product[0] - product[1]);
      product += 2;
      continue;
    }
    score = offset_ + bias_of(users_, s) + bias_of(items_, s) + *product++;
    if (!contexts_) continue;
    score += bias_of(*contexts_, s) + product[0] + product[1];
    product += 2;
  }
}

double Hybrid::coefficients() {
  loss_.assign((samples_->size() + sample_grain - 1) / sample_grain, 0.0);
  threads_.for_ranges(samples_->size(), sample_grain, [&](std::int64_t begin, std::int64_t end, int worker) {
    FixedArray<float, sample_grain> score;
    scores(begin, end, work_[worker], score.data());
    float* coefficient = &coefficient_[begin];
    const float* target = loss_kind_ == Loss::warp ? coefficient : &samples_->targets[begin];
    loss_[begin / sample_grain] = losses(loss_kind_, target, end - begin, score.data());
    std::copy_n(score.data(), end - begin, coefficient);
  });
  double loss = 0;
  for (const double part : loss_) loss += part;
  return loss;
}

/// Gradients of all slots. Identities, which no other slot reads, are updated with them; features wait for all.
void Hybrid::learn_slots() {
  TaskList tasks;
  const HybridGradients gradients{users_, items_, contexts_, Span<const float>(coefficient_).first(samples_->size()),
                                  paired()};
  using Gradient = float (HybridGradients::*)(std::int64_t slot, RowSums & vector) const;
  const auto add = [&](Side& side, Gradient gradient) {
    side.gradients.resize(side.slots->size(), factors_);
    tasks.add(side.slots->size(), slot_grain,
              [this, &side, &gradients, gradient](std::int64_t begin, std::int64_t end, int worker) {
                auto& [vectors, identities, pairs, products] = work_[worker];
                identities.clear();
                for (std::int64_t slot = begin; slot < end; ++slot) {
                  const float bias = (gradients.*gradient)(slot, vectors);
                  float* vector = side.gradients.vectors.row(slot);
                  vectors.store_at(vector);
                  side.gradients.bias[slot] = bias;
                  if (side.slots->without_identity[slot] != 0) continue;
                  const auto samples = static_cast<float>(side.slots->samples.of(slot).size());
                  identities.push_back(side.step(side.slots->entity[slot], vector, {bias, samples}));
                }
                vectors.run();
                adagrad(identities, factors_);
              });
  };
  add(users_, &HybridGradients::of_user);
  add(items_, &HybridGradients::of_item);
  if (contexts_) add(*contexts_, &HybridGradients::of_context);
  tasks.run(threads_);
}

void Hybrid::learn_features() {
  TaskList tasks;
  for (Side& side : sides_) {
    const std::int64_t first = side.slots->identities;
    tasks.add(side.slots->touched() - first, row_grain,
              [this, &side, first](std::int64_t begin, std::int64_t end, int worker) {
                side.update_rows(first + begin, first + end, work_[worker].sums, work_[worker].steps);
              });
    tasks.add(side.table.frozen().columns, row_grain, [this, &side](std::int64_t begin, std::int64_t end, int worker) {
      side.update_frozen(begin, end, work_[worker].steps);
    });
  }
  tasks.run(threads_);
}

void Hybrid::represent_all(const Side& side, Matrix& out, Array<float>& bias) const {
  out = Matrix(side.table.entities(), factors_ + 1);
  bias.resize(out.rows());
  threads_.for_ranges(out.rows(), 128, [&](std::int64_t begin, std::int64_t end, int) {
    side.table.represent(begin, end, {out.row(begin), end - begin, factors_ + 1, factors_ + 1});
    for (std::int64_t e = begin; e < end; ++e) bias[e] = out(e, factors_);
  });
}

std::optional<EmbeddingView> Hybrid::embedding() const {
  representation_.require([this] {
    represent_all(users_, all_.users, all_.user_bias);
    represent_all(items_, all_.items, all_.item_bias);
  });
  return EmbeddingView{all_.users.left(factors_), all_.items.left(factors_), all_.user_bias, all_.item_bias, offset_};
}

void Hybrid::predict(const PairsView& pairs, Span<float> out) const {
  EmbeddingTrainer::predict(pairs, out);
  if (!contexts_ || pairs.context.rows == 0) return;
  const EmbeddingView e = *embedding();
  threads_.for_ranges(out.size(), 1024, [&](std::int64_t begin, std::int64_t end, int) {
    Array<float> context(contexts_->table.width());
    for (std::int64_t p = begin; p < end; ++p) {
      contexts_->table.represent(pairs.context.row_indices(p), pairs.context.row_values(p), context.data());
      out[p] += context[factors_] + dot(context.data(), e.users.row(pairs.users[p]), factors_) +
                dot(context.data(), e.items.row(pairs.items[p]), factors_);
    }
  });
}

}  // namespace

MethodInfo hybrid_info() {
  return {
      "features",
      "Sums of feature embeddings, identity being one feature, learned with Adagrad",
      "Kula 2015, equations 1 to 3; Rendle et al. 2009 (BPR); Weston et al. 2011 (WARP); Duchi et al. 2011 (Adagrad)",
      {.user_features = true, .item_features = true, .context = true},
      {{"epochs", 20, 20, 1, 10000, true, "passes over the ratings"},
       {"factors", 32, 32, 1, 1024, true, "length of the embeddings"},
       {"learning_rate", 0.05, 0.1, 0, 100, false, "Adagrad step"},
       {"regularization", 1, 0.003, 0, 1e6, false, "L2 penalty of an identity, times its samples to the power nu"},
       {"nu", 0.5, 1, 0, 2, false, "how that grows with the samples; features pay as a mean identity does"},
       {"batch", 1024, 1024, 1, 1 << 24, true, "samples of an update"},
       {"identity_dropout", 0.1, 0.1, 0, 1, false,
        "share of the batches in which a user's or movie's identity is left out"},
       {"spread", 0.1, 0.1, 0, 100, false, "initial standard deviation of an embedding, times sqrt(factors)"},
       {"loss", 0, 2, 0, 3, true, "of ratings squared error; of rankings logistic, BPR or WARP", all_texts<Loss>()}},
      {1e-4, 1e-3, "float sums in another order over many updates"},
      {{"epochs", 1, 60, SearchRange::Scale::linear},
       {"learning_rate", 0.005, 1},
       {"regularization", 1e-4, 30},
       {"nu", 0, 1.25, SearchRange::Scale::linear},
       {"identity_dropout", 0, 0.5, SearchRange::Scale::linear},
       {"spread", 0.01, 1}}};
}

std::unique_ptr<Trainer> make_hybrid(const Problem& problem) { return std::make_unique<Hybrid>(problem); }

}  // namespace embrace::cpu
