// bayes on a device; the twin of host/methods/bayes.cpp, with the same blocks, draws and random numbers. Parameters,
// priors, the precision and the offset are drawn where they lie: the host only launches, and waits once a sweep, for
// the offset and the squared residuals; with output=probit once more, for the counts that cutpoints are drawn of.
#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include "cuda/learning/embedding_trainer.hpp"
#include "cuda/methods/bayes_block.hpp"
#include "cuda/methods/bayes_latent.hpp"
#include "cuda/trainers.hpp"
#include "host/error.hpp"
#include "host/math/aggregate.hpp"
#include "host/methods/bayes_averages.hpp"
#include "host/methods/bayes_parts.hpp"
#include "host/span.hpp"

namespace embrace::gpu {
namespace {

/// Pairs on the device, and contexts that training need not have seen.
class Pairs {
 public:
  Pairs(Device& device, const PairsView& pairs, const cpu::DistinctRows& contexts, std::int64_t factors)
      : users_(device, pairs.users),
        items_(device, pairs.items),
        context_of_(device, Span<const std::int32_t>(contexts.row_of)),
        features_(device, contexts.rows.view()),
        values_(device, contexts.rows.rows(), factors) {}
  static std::int64_t bytes(const PairsView& pairs, const cpu::DistinctRows& contexts, std::int64_t factors) {
    return 8 * pairs.users.size() + 4 * contexts.row_of.size() + DeviceCsr::bytes(contexts.rows.view()) +
           BayesTable::bytes(contexts.rows.rows(), factors);
  }
  /// Contexts as the model has them now.
  void represent(Device& device, const ConstBayesView& weights) {
    gpu::represent(device, features_.view(), weights, values_.view());
  }
  BayesPairs view() const {
    return {users_.span(), items_.span(), context_of_.span(), values_.vectors.view(), values_.bias.span()};
  }

 private:
  DeviceBuffer<std::int32_t> users_, items_;
  DeviceBuffer<std::int32_t> context_of_;
  DeviceCsr features_;
  BayesTable values_;
};

/// Pairs whose predictions are averaged.
struct Watched {
  PairsView told;
  Pairs pairs;
  DeviceBuffer<double> sums;
  std::int64_t samples = 0;
};

bool is_probit(const Problem& problem) {
  return static_cast<BayesOutput>(problem.hyper.integer("output")) == BayesOutput::probit;
}

MemoryPlan plan(const Problem& problem, const cpu::BayesParts& parts) {
  const std::int64_t factors = problem.hyper.integer("factors"), ratings = problem.ratings.entries();
  std::int64_t blocks = 0;
  for (const cpu::BayesParts::Block& block : parts.blocks) {
    blocks += BayesBlock::bytes(block.shape, block.ratings, 1 + factors);
  }
  MemoryPlan all;
  all.add("blocks", blocks)
      .add("vectors", embedding_bytes(problem, factors) + BayesTable::bytes(parts.contexts.rows.rows(), factors))
      .add("first residuals", 4 * ratings + static_cast<std::int64_t>(sizeof(BayesSums)) * bayes_partials(ratings) +
                                  static_cast<std::int64_t>(sizeof(BayesSweep)));
  if (is_probit(problem)) all.add("latent numbers", BayesLatent::bytes(problem.ratings));
  return all;
}

class Bayes final : public EmbeddingTrainer {
 public:
  Bayes(DevicePtr shared, const Problem& problem, const cpu::BayesParts& parts);

  void watch(const PairsView& pairs) override;
  EpochResult epoch() override;
  void predict(const PairsView& pairs, Span<float> out) const override;
  void score(Span<const std::int32_t> users, MatrixView out) const override;
  bool rank(Span<const std::int32_t> users, CsrView mask, std::int64_t depth, Span<ScoredItem> out) const override {
    return !latent_ && EmbeddingTrainer::rank(users, mask, depth, out);  // the caller ranks what score() gives
  }

 private:
  void start_residuals(const Problem& problem, Span<const std::int32_t> user_of);
  void score_pairs(const PairsView& pairs, Span<float> out) const;
  void sample_block(std::size_t b);
  void average();
  bool has_contexts() const { return blocks_.size() > 2; }
  cpu::DistinctRows contexts_of(const PairsView& pairs) const {
    return has_contexts() ? cpu::distinct_rows(pairs.context) : cpu::DistinctRows{};
  }
  /// Of a rating whose score this is.
  float expected(float score) const {
    return static_cast<float>(latent_->cutpoints().expected(static_cast<double>(score)));
  }
  BayesModel model() const {
    const DeviceEmbeddingView view = std::as_const(model_).view();
    return {view.users, view.items, view.user_bias, view.item_bias, sweep_.span()};
  }

  std::int64_t ratings_;
  std::int64_t factors_;
  std::int64_t burn_in_;
  Random random_;
  std::int64_t sweeps_ = 0;
  std::unique_ptr<BayesLatent> latent_;  // probit alone
  BayesTable contexts_;                  // values of the third block
  std::vector<BayesBlock> blocks_;       // users, items, and contexts where the problem has them
  DeviceBuffer<BayesSums> partials_;
  DeviceBuffer<BayesSweep> sweep_;
  std::unique_ptr<Watched> watched_;
};

Bayes::Bayes(DevicePtr shared, const Problem& problem, const cpu::BayesParts& parts)
    : EmbeddingTrainer(std::move(shared), problem, plan(problem, parts), "lower factors"),
      ratings_(problem.ratings.entries()),
      factors_(problem.hyper.integer("factors")),
      burn_in_(problem.hyper.integer("burn_in")),
      random_(problem.seed, Stream::sampling),
      contexts_(device(), parts.contexts.rows.rows(), factors_),
      partials_(device(), bayes_partials(ratings_)) {
  make_vectors(factors_);
  make_biases();
  const BayesView values[] = {
      {model_.users.view(), model_.user_bias.span()}, {model_.items.view(), model_.item_bias.span()}, contexts_.view()};
  blocks_.reserve(static_cast<std::size_t>(parts.blocks.size()));
  for (const cpu::BayesParts::Block& block : parts.blocks) {
    const std::size_t b = blocks_.size();
    blocks_.emplace_back(device(), block.shape, block.ratings, cpu::BlockModel{1 + factors_, problem.hyper["prior"]},
                         cpu::random_of(random_, b), values[b]);
  }
  BayesSweep first;
  if (is_probit(problem)) {
    latent_ = std::make_unique<BayesLatent>(device(), problem.ratings, cpu::random_of(random_, 100));
  } else {
    first.offset = embrace::aggregate_ratings(problem.ratings, problem.threads).mean;
  }
  sweep_ = {device(), Span<const BayesSweep>(&first, 1)};
  model_.offset = static_cast<float>(first.offset);
  start_residuals(problem, parts.user_of);
}

/// What the first model, drawn at random, leaves of the ratings or of the latent numbers.
void Bayes::start_residuals(const Problem& problem, Span<const std::int32_t> user_of) {
  const DeviceSpan<float> residuals = blocks_[0].residuals();
  if (!latent_) device().upload(Span<const float>(problem.ratings.values, ratings_), residuals);
  const DeviceBuffer<std::int32_t> users(device(), user_of);
  const BayesBlockView block = blocks_[0].view();
  subtract_scores(device(), model(),
                  {users.span(), block.first, block.second, contexts_.vectors.view(), contexts_.bias.span()},
                  latent_ ? latent_->numbers() : residuals, residuals);
}

void Bayes::watch(const PairsView& pairs) {
  const cpu::DistinctRows contexts = contexts_of(pairs);
  MemoryPlan()
      .add("averaged pairs", Pairs::bytes(pairs, contexts, factors_) + 8 * pairs.users.size())
      .require(device());
  watched_ = std::make_unique<Watched>(
      Watched{pairs, Pairs(device(), pairs, contexts, factors_), DeviceBuffer<double>(device(), pairs.users.size())});
}

EpochResult Bayes::epoch() {
  ++sweeps_;
  const auto number = static_cast<std::uint64_t>(sweeps_);
  const DeviceSpan<float> residuals = blocks_[0].residuals();
  if (latent_) {
    sum_squares(device(), residuals, partials_.span(), sweep_.span());
    latent_->sample(device(), number, residuals);
  } else {
    draw_precision(device(), residuals, BayesNumbers(cpu::random_of(random_, 101)), number, partials_.span(),
                   sweep_.span());
  }
  for (std::size_t b = 0; b < blocks_.size(); ++b) sample_block(b);
  if (watched_) average();
  const BayesSweep sweep = sweep_.download()[0];  // waits for all of it
  model_.offset = static_cast<float>(sweep.offset);
  if (!std::isfinite(sweep.squares)) throw Diverged("the residuals are not finite");
  return {sweep.squares / static_cast<double>(std::max<std::int64_t>(1, ratings_)), ratings_};
}

void Bayes::sample_block(std::size_t b) {
  const auto factors_of = [&](std::size_t other) -> DeviceMatrixView<const float> {
    return blocks_[other].values().vectors;
  };
  blocks_[b].sample(device(), {.first = factors_of(b == 0 ? 1 : 0),
                               .second = has_contexts() ? factors_of(b == 2 ? 1 : 2) : DeviceMatrixView<const float>{},
                               .residuals = blocks_[0].residuals(),
                               .sweep = sweep_.span(),
                               .number = static_cast<std::uint64_t>(sweeps_)});
}

void Bayes::average() {
  const bool anew = cpu::average_begins_anew(sweeps_ - 1, burn_in_);
  watched_->samples = anew ? 1 : watched_->samples + 1;
  if (has_contexts()) watched_->pairs.represent(device(), blocks_[2].weights());
  add_expected(device(), model(), watched_->pairs.view(), latent_ ? latent_->levels() : BayesLevels{}, anew,
               watched_->sums.span());
}

void Bayes::predict(const PairsView& pairs, Span<float> out) const {
  if (watched_ && watched_->samples > 0 && cpu::same_pairs(pairs, watched_->told)) {
    const std::vector<double> sums = watched_->sums.download();
    std::transform(sums.begin(), sums.end(), out.begin(),
                   [&](double sum) { return static_cast<float>(sum / static_cast<double>(watched_->samples)); });
    return;
  }
  score_pairs(pairs, out);
  if (!latent_) return;
  for (float& p : out) p = expected(p);
}

void Bayes::score(Span<const std::int32_t> users, MatrixView out) const {
  EmbeddingTrainer::score(users, out);
  if (!latent_) return;
  for (std::int64_t r = 0; r < out.rows; ++r) {
    for (std::int64_t i = 0; i < out.columns; ++i) out(r, i) = expected(out(r, i));
  }
}

void Bayes::score_pairs(const PairsView& pairs, Span<float> out) const {
  if (!has_contexts() || pairs.context.rows == 0) {
    EmbeddingTrainer::predict(pairs, out);
    return;
  }
  Pairs asked(device(), pairs, contexts_of(pairs), factors_);
  asked.represent(device(), blocks_[2].weights());
  DeviceBuffer<float> scores(device(), out.size());
  write_scores(device(), model(), asked.view(), scores.span());
  device().download(DeviceSpan<const float>(scores.span()), out);
}

}  // namespace

std::unique_ptr<Trainer> make_bayes(DevicePtr device, const Problem& problem) {
  const cpu::BayesParts parts(problem);
  return std::make_unique<Bayes>(std::move(device), problem, parts);
}

}  // namespace embrace::gpu
