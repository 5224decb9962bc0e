// bayes: a Bayesian factorization machine (Rendle 2012, "Factorization Machines with libFM"),
//   score = offset + b_u + b_i + b_c + <p_u, p_i> + <p_c, p_u + p_i>,
// where vector and bias of a user, an item and a context (the time of a rating) are sums over identity and features,
// each a relation block (bayes_block.hpp). A rating is the score plus normal noise of precision α, or with
// output=probit the interval that the score plus noise falls into (bayes_probit.hpp). Features of one block do not meet
// each other, only those of other blocks: p_u is all that a rating's score knows of its user.
//
// An epoch is a sweep of Gibbs sampling: α, offset and cutpoints, then block by block all priors, biases and factors,
// each given everything else. What is asked for is the mean over the model's posterior, and no single sample is:
// predictions of pairs that watch() has told are means over the samples after burn-in; other pairs get those of the
// last sample.
//
// A row's factors are drawn one after the other (libFM), not jointly by the Cholesky factor of their normal equations
// (Salakhutdinov and Mnih 2008). Tried on a validation part of ML-100K, ids, 16 factors, two seeds, both are as good
// after 60 samples (RMSE 0.9151 and 0.9125 jointly, 0.9155 and 0.9128 in turn) and after 200 (0.9024 and 0.9050, 0.9039
// and 0.9078): what is slow is that users wait for items. In turn costs ratings · factors instead of ratings ·
// factors², 0.064 s a sample of ML-1M on one thread where the normal equations alone take `als` 0.093 s (32 factors;
// 0.14 and 0.21 s with 64), and serves features as well.
#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <memory>
#include <optional>

#include "host/array.hpp"
#include "host/error.hpp"
#include "host/learning/embedding_trainer.hpp"
#include "host/learning/on_demand.hpp"
#include "host/math/aggregate.hpp"
#include "host/methods/bayes_averages.hpp"
#include "host/methods/bayes_block.hpp"
#include "host/methods/bayes_contexts.hpp"
#include "host/methods/bayes_kernel.hpp"
#include "host/methods/bayes_latent.hpp"
#include "host/methods/bayes_parts.hpp"
#include "host/methods/bayes_prior.hpp"
#include "host/span.hpp"

namespace embrace::cpu {
namespace {

constexpr std::int64_t pairs_a_task = 1024;
constexpr std::int64_t residuals_a_task = 65536;

/// Which rows of the three blocks a pair reads, and the contexts' values by dimension.
struct PairRows {
  Span<const std::int32_t> users, items;
  Span<const std::int32_t> contexts{};  // empty: without
  const Matrix* context_values = nullptr;
};

/// Contexts that training need not have seen, and their values by dimension.
struct PairContexts {
  PairContexts(CsrView rows, std::int64_t dimensions)
      : distinct(distinct_rows(rows)), values(dimensions, distinct.rows.rows()) {}
  DistinctRows distinct;
  Matrix values;
};

/// Pairs whose predictions are averaged.
struct Watched {
  Watched(const PairsView& told, std::int64_t dimensions)
      : pairs(told), contexts(told.context, dimensions), sums(told.users.size()) {}
  PairsView pairs;
  PairContexts contexts;
  Array<double> sums;
  std::int64_t samples = 0;
};

class Bayes final : public EmbeddingTrainer {
 public:
  explicit Bayes(const Problem& problem);
  void watch(const PairsView& pairs) override { watched_ = std::make_unique<Watched>(pairs, dimensions_); }
  EpochResult epoch() override;
  void predict(const PairsView& pairs, Span<float> out) const override;
  void score(Span<const std::int32_t> users, MatrixView out) const override;
  std::optional<EmbeddingView> embedding() const override;

 private:
  void add_block(const BlockShape& shape, const BlockRatings& ratings);
  void start_residuals(const BayesParts& parts);
  double squared_residuals(double* sum) const;
  void shift_offset(double shift);
  void sample_block(std::int64_t b);
  void average();
  PairRows rows_of(const PairsView& pairs, const PairContexts& contexts) const;
  void score_pairs(const PairRows& rows, std::int64_t begin, Span<float> out) const;
  double expected(float score) const;

  CsrView ratings_;
  std::int64_t dimensions_;  // the bias, then the factors
  double prior_;
  std::int64_t burn_in_;
  Random random_;
  double offset_ = 0;
  double precision_ = 1;  // of a rating
  std::int64_t sweeps_ = 0;
  std::unique_ptr<LatentRatings> latent_;      // probit alone
  Array<std::unique_ptr<BayesBlock>> blocks_;  // users, items, and contexts where the problem has them
  AlignedVector<float> residuals_;             // in the order of the first block
  std::unique_ptr<Watched> watched_;
  OnDemand vectors_;
  mutable Matrix user_vectors_, item_vectors_;
};

Bayes::Bayes(const Problem& problem)
    : EmbeddingTrainer(problem.threads),
      ratings_(problem.ratings),
      dimensions_(1 + problem.hyper.integer("factors")),
      prior_(problem.hyper["prior"]),
      burn_in_(problem.hyper.integer("burn_in")),
      random_(problem.seed, Stream::sampling) {
  if (static_cast<BayesOutput>(problem.hyper.integer("output")) == BayesOutput::probit) {
    latent_ = std::make_unique<LatentRatings>(ratings_, random_of(random_, 100), threads_);
  } else {
    offset_ = aggregate_ratings(ratings_, threads_).mean;
  }
  const BayesParts parts(problem);
  for (const BayesParts::Block& block : parts.blocks) add_block(block.shape, block.ratings);
  start_residuals(parts);
}

void Bayes::add_block(const BlockShape& shape, const BlockRatings& ratings) {
  Array<std::int64_t> places;  // of each rating in the order of the first block
  for (std::int64_t u = 0; !blocks_.empty() && u < ratings_.rows; ++u) {
    for (std::int64_t e = 0; e < ratings_.row_size(u); ++e) places.push_back(blocks_[0]->begins()[u] + e);
  }
  blocks_.push_back(std::make_unique<BayesBlock>(shape, ratings, places, BlockModel{dimensions_, prior_},
                                                 random_of(random_, static_cast<std::uint64_t>(blocks_.size())),
                                                 threads_));
}

/// What the first model, drawn at random, leaves of the ratings.
void Bayes::start_residuals(const BayesParts& parts) {
  residuals_.assign(blocks_[0]->begins().back(), 0.0F);
  const PairRows rows{.users = parts.user_of,
                      .items = {ratings_.indices, ratings_.entries()},
                      .contexts = parts.contexts.row_of,
                      .context_values = blocks_.size() < 3 ? nullptr : &blocks_[2]->values()};
  threads_.for_ranges(ratings_.rows, 64, [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t u = begin; u < end; ++u) {
      const std::int64_t first = ratings_.offsets[u];
      const Span<float> residual(residuals_.data() + blocks_[0]->begins()[u], ratings_.row_size(u));
      score_pairs(rows, first, residual);
      for (std::int64_t e = 0; e < residual.size(); ++e) {
        residual[e] = (latent_ ? latent_->first(first + e) : ratings_.values[first + e]) - residual[e];
      }
    }
  });
}

/// In pieces of fixed size, summed in their order.
double Bayes::squared_residuals(double* sum) const {
  const std::int64_t size = residuals_.size();
  Array<std::array<double, 2>> sums((size + residuals_a_task - 1) / residuals_a_task, {0, 0});
  threads_.for_ranges(size, residuals_a_task, [&](std::int64_t begin, std::int64_t end, int) {
    add_sums(residuals_.data() + begin, end - begin, sums[begin / residuals_a_task].data());
  });
  double squares = 0;
  *sum = 0;
  for (const auto& piece : sums) {
    *sum += piece[0];
    squares += piece[1];
  }
  return squares;
}

void Bayes::shift_offset(double shift) {
  offset_ += shift;
  const auto by = static_cast<float>(shift);
  threads_.for_ranges(ratings_.rows, 64, [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t u = begin; u < end; ++u) {
      float* residual = residuals_.data() + blocks_[0]->begins()[u];
      for (std::int64_t e = 0; e < ratings_.row_size(u); ++e) residual[e] -= by;
    }
  });
}

EpochResult Bayes::epoch() {
  ++sweeps_;
  const std::int64_t n = ratings_.entries();
  double sum = 0;
  const double squares = squared_residuals(&sum);
  if (!std::isfinite(squares)) throw Diverged("the residuals are not finite");
  const auto sweep = static_cast<std::uint64_t>(sweeps_);
  if (latent_) {
    latent_->sample(blocks_[0]->begins(), sweep, residuals_.data());
  } else if (n > 0) {
    const Random random = random_of(random_, 101);
    precision_ = gamma(random, sweep, 1, (1 + static_cast<double>(n)) / 2, (1 + squares) / 2);
    shift_offset(sum / static_cast<double>(n) +
                 random.normal(sweep, 0) / std::sqrt(precision_ * static_cast<double>(n)));
  }
  for (std::int64_t b = 0; b < blocks_.size(); ++b) sample_block(b);
  vectors_.outdate();
  if (watched_) average();
  return {squares / static_cast<double>(std::max<std::int64_t>(1, n)), n};
}

void Bayes::sample_block(std::int64_t b) {
  const BayesBlock& first = *blocks_[b == 0 ? 1 : 0];
  const BayesBlock* second = blocks_.size() < 3 ? nullptr : blocks_[b == 2 ? 1 : 2].get();
  Array<Others> others{{first.ones(), second == nullptr ? nullptr : second->zeros()}};
  for (std::int64_t d = 1; d < dimensions_; ++d) {
    others.push_back({first.values(d), second == nullptr ? nullptr : second->values(d)});
  }
  blocks_[b]->sample(others, static_cast<float>(precision_), static_cast<std::uint64_t>(sweeps_), residuals_.data());
}

void Bayes::average() {
  if (average_begins_anew(sweeps_ - 1, burn_in_)) {
    std::fill(watched_->sums.begin(), watched_->sums.end(), 0.0);
    watched_->samples = 0;
  }
  ++watched_->samples;
  if (blocks_.size() == 3) blocks_[2]->represent(watched_->contexts.distinct.rows.view(), watched_->contexts.values);
  const PairRows rows = rows_of(watched_->pairs, watched_->contexts);
  threads_.for_ranges(watched_->sums.size(), pairs_a_task, [&](std::int64_t begin, std::int64_t end, int) {
    FixedArray<float, pairs_a_task> scores;
    score_pairs(rows, begin, {scores.data(), end - begin});
    for (std::int64_t p = begin; p < end; ++p) watched_->sums[p] += expected(scores[p - begin]);
  });
}

PairRows Bayes::rows_of(const PairsView& pairs, const PairContexts& contexts) const {
  PairRows rows{.users = pairs.users, .items = pairs.items};
  if (blocks_.size() == 3 && pairs.context.rows > 0) {
    rows.contexts = contexts.distinct.row_of;
    rows.context_values = &contexts.values;
  }
  return rows;
}

/// Of pairs begin, begin + 1 …
void Bayes::score_pairs(const PairRows& rows, std::int64_t begin, Span<float> out) const {
  const BayesBlock& user = *blocks_[0];
  const BayesBlock& item = *blocks_[1];
  const std::int32_t* u = rows.users.data() + begin;
  const std::int32_t* i = rows.items.data() + begin;
  const std::int32_t* c = rows.contexts.empty() ? nullptr : rows.contexts.data() + begin;
  const auto context_values = [&](std::int64_t d) { return c == nullptr ? nullptr : rows.context_values->row(d); };
  for (std::int64_t p = 0; p < out.size(); ++p) {
    out[p] = static_cast<float>(offset_) + user.values(0)[u[p]] + item.values(0)[i[p]];
    if (c != nullptr) out[p] += context_values(0)[c[p]];
  }
  for (std::int64_t d = 1; d < dimensions_; ++d) {
    add_products({user.values(d), item.values(d), context_values(d)}, u, i, c, out.size(), out.data());
  }
}

double Bayes::expected(float score) const {
  const auto s = static_cast<double>(score);
  return latent_ ? latent_->cutpoints().expected(s) : s;
}

void Bayes::predict(const PairsView& pairs, Span<float> out) const {
  if (watched_ && watched_->samples > 0 && same_pairs(pairs, watched_->pairs)) {
    for (std::int64_t p = 0; p < out.size(); ++p) {
      out[p] = static_cast<float>(watched_->sums[p] / static_cast<double>(watched_->samples));
    }
    return;
  }
  PairContexts contexts(pairs.context, dimensions_);
  if (blocks_.size() == 3) blocks_[2]->represent(contexts.distinct.rows.view(), contexts.values);
  const PairRows rows = rows_of(pairs, contexts);
  threads_.for_ranges(out.size(), pairs_a_task, [&](std::int64_t begin, std::int64_t end, int) {
    const Span<float> these = out.subspan(begin, end - begin);
    score_pairs(rows, begin, these);
    for (float& p : these) p = static_cast<float>(expected(p));
  });
}

void Bayes::score(Span<const std::int32_t> users, MatrixView out) const {
  EmbeddingTrainer::score(users, out);
  if (!latent_) return;
  threads_.for_each(out.rows, [&](std::int64_t r, int) {
    for (std::int64_t i = 0; i < out.columns; ++i) out(r, i) = static_cast<float>(expected(out(r, i)));
  });
}

std::optional<EmbeddingView> Bayes::embedding() const {
  vectors_.require([this] {
    const auto vectors_of = [&](const BayesBlock& block) {
      Matrix out(block.rows(), dimensions_ - 1);
      threads_.for_ranges(block.rows(), 128, [&](std::int64_t begin, std::int64_t end, int) {
        for (std::int64_t r = begin; r < end; ++r) {
          for (std::int64_t d = 1; d < dimensions_; ++d) out(r, d - 1) = block.values(d)[r];
        }
      });
      return out;
    };
    user_vectors_ = vectors_of(*blocks_[0]);
    item_vectors_ = vectors_of(*blocks_[1]);
  });
  return EmbeddingView{user_vectors_.view(),
                       item_vectors_.view(),
                       {blocks_[0]->values(0), blocks_[0]->rows()},
                       {blocks_[1]->values(0), blocks_[1]->rows()},
                       static_cast<float>(offset_)};
}

}  // namespace

MethodInfo bayes_info() {
  return {"factorization",
          "Bayesian factorization machine by Gibbs sampling, predictions averaged over the samples",
          "Rendle 2012 (libFM), section 4.4; Rendle 2013 (relation blocks); Albert and Chib 1993 (probit)",
          {.ranking = false, .user_features = true, .item_features = true, .context = true, .averages = true},
          {{"factors", 16, 16, 1, 1024, true, "length of the vectors"},
           {"epochs", 200, 200, 1, 100000, true, "samples, those of burn-in among them"},
           {"burn_in", 40, 40, 0, 100000, true, "samples before the first that counts"},
           {"prior", 0.01, 0.01, 1e-9, 1e9, false,
            "of features, rate of their priors' precisions: less lets a field shrink that says little"},
           {"output", 0, 0, 0, 1, true, "of a rating: itself with noise, or ordered levels", all_texts<BayesOutput>()}},
          {3e-3, 0.0, "the same random numbers; sums in another order, which hundreds of samples carry on"},
          {{"prior", 1e-4, 10}}};
}

std::unique_ptr<Trainer> make_bayes(const Problem& problem) { return std::make_unique<Bayes>(problem); }

}  // namespace embrace::cpu
