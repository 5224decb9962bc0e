// item2vec: vectors of items by skip-gram with negative sampling; what a user has is a sentence whose words are items.
// Every rating is a positive, whatever its value.
// Barkan and Koenigstein 2016 ("Item2Vec: neural item embedding for collaborative filtering"), sections 2 and 3, with
// the subsampling and the negative items of Mikolov, Sutskever, Chen, Corrado, Dean 2013 ("Distributed representations
// of words and phrases and their compositionality"), equations 4 and 5, whose exponent need not be 3/4 (Caselles-Dupré,
// Lesaint, Royo-Letelier 2018, "Word2vec applied to recommendation: hyperparameters matter"). The loss is that of
// item2vec_model.hpp, over the baskets of item2vec_baskets.hpp; a step of Adam for each `batch` items of baskets in
// place of one of plain descent for each pair, whose sums would have an order that depends on threads. The rate falls
// linearly over the declared epochs, as word2vec's does.
//
// A user's vector is the mean of those of its items, and
//   context   score(u, i) = <mean of x_j, y_i>: how much the user's items expect i beside them
//   cosine    score(u, i) = <mean of x_j / |x_j|, x_i / |x_i|>: how close they are to i
// An item without ratings has the mean of the others' vectors. Cost of an epoch: 6 · (window + 128) · ratings · factors
// operations, as products of matrices; memory: (10 · items + users) · factors floats and those of a batch.
#include <algorithm>
#include <cmath>

#include "host/array.hpp"
#include "host/error.hpp"
#include "host/learning/embedding_trainer.hpp"
#include "host/learning/table_adam.hpp"
#include "host/learning/usual_settings.hpp"
#include "host/math/vector_math.hpp"
#include "host/matrix.hpp"
#include "host/methods/item2vec_baskets.hpp"
#include "host/methods/item2vec_model.hpp"

namespace embrace::cpu {
namespace {

constexpr std::int64_t rows_a_task = 256;

/// The choices of the hyper-parameter `score`.
enum class BasketScore { context, cosine };

class Item2Vec final : public EmbeddingTrainer {
 public:
  explicit Item2Vec(const Problem& problem)
      : EmbeddingTrainer(problem.threads),
        ratings_(problem.ratings),
        by_item_(problem.by_item),
        user_baskets_(problem),
        model_(problem),
        score_(static_cast<BasketScore>(problem.hyper.integer("score"))),
        learning_rate_(problem.hyper["learning_rate"]),
        last_rate_(problem.hyper["last_rate"]),
        declared_(problem.hyper.integer("epochs")),
        batch_(problem.hyper.integer("batch")),
        factors_(problem.hyper.integer("factors")),
        adam_(model_.table().rows(), factors_),
        users_(problem.users(), factors_),
        known_(problem.items(), factors_),
        items_(problem.items(), factors_) {}

  EpochResult epoch() override {
    const Baskets baskets = user_baskets_.draw(epochs_);
    const Array<std::int64_t> cuts = baskets.runs(0, baskets.size(), batch_);
    const std::int64_t steps = cuts.size() - 1;
    double loss = 0;
    for (std::int64_t s = 0; s < steps; ++s) {
      loss += model_.differentiate(baskets, cuts[s], cuts[s + 1]);
      step(epochs_ + static_cast<double>(s) / static_cast<double>(steps));
    }
    ++epochs_;
    represent();
    if (!std::isfinite(loss) || !all_finite(model_.table().data(), model_.table().size())) {
      throw Diverged("the training loss is not finite; lower learning_rate");
    }
    return {loss / static_cast<double>(std::max<std::int64_t>(1, baskets.pairs())), ratings_.entries()};
  }

  void fold_in(CsrView ratings) override { average(ratings); }

  std::optional<EmbeddingView> embedding() const override {
    return EmbeddingView{users_.view(), items_.view(), {}, {}, 0};
  }

 private:
  /// `epochs`: how many are done, with the part of this one.
  void step(double epochs) {
    const double done = std::min(1.0, epochs / static_cast<double>(declared_));
    adam_.step(learning_rate_ * (1 - (1 - last_rate_) * done), model_.gradient(), model_.table(), threads_);
  }

  /// The vectors that scores are products of.
  void represent() {
    for (std::int64_t i = 0; i < items_.rows(); ++i) {
      const float* vector = model_.vector(i);
      const float length = score_ == BasketScore::cosine ? std::sqrt(dot(vector, vector, factors_)) : 1;
      for (std::int64_t k = 0; k < factors_; ++k) known_(i, k) = length > 0 ? vector[k] / length : 0;
      std::copy_n(score_ == BasketScore::cosine ? known_.row(i) : model_.context(i), factors_, items_.row(i));
    }
    fill_in(known_);
    fill_in(items_);
    average(ratings_);
  }

  /// Items without ratings become the mean of the others.
  void fill_in(Matrix& vectors) const {
    Array<float> mean(factors_);
    std::int64_t rated = 0;
    for (std::int64_t i = 0; i < vectors.rows(); ++i) {
      if (by_item_.row_size(i) == 0) continue;
      add_scaled(1, vectors.row(i), mean.data(), factors_);
      ++rated;
    }
    for (float& x : mean) x /= static_cast<float>(std::max<std::int64_t>(1, rated));
    for (std::int64_t i = 0; i < vectors.rows(); ++i) {
      if (by_item_.row_size(i) == 0) std::copy_n(mean.data(), factors_, vectors.row(i));
    }
  }

  /// The vectors of users who have something.
  void average(CsrView ratings) {
    threads_.for_ranges(ratings.rows, rows_a_task, [&](std::int64_t begin, std::int64_t end, int) {
      for (std::int64_t u = begin; u < end; ++u) {
        if (ratings.row_size(u) == 0) continue;
        std::fill_n(users_.row(u), factors_, 0.0F);
        const float each = 1 / static_cast<float>(ratings.row_size(u));
        for (const std::int32_t item : ratings.row_indices(u))
          add_scaled(each, known_.row(item), users_.row(u), factors_);
      }
    });
  }

  CsrView ratings_, by_item_;
  UserBaskets user_baskets_;
  Item2VecModel model_;
  BasketScore score_;
  double learning_rate_;
  double last_rate_;  // share of it that is left in the end
  std::int64_t declared_;
  std::int64_t batch_;
  std::int64_t factors_;
  TableAdam adam_;
  Matrix users_;
  Matrix known_;  // of items as something that a user has
  Matrix items_;  // of items that are scored
  std::uint32_t epochs_ = 0;
};

}  // namespace

MethodInfo item2vec_info() {
  return {
      "items",
      "Vectors of movies by skip-gram with negative sampling, what a user rated being a sentence",
      "Barkan and Koenigstein 2016, sections 2 and 3; Mikolov et al. 2013, equations 4 and 5; Caselles-Dupré et al. "
      "2018 (the exponent)",
      {.rating = false, .fold_in = true, .schedules = true},
      {{"factors", 64, 64, 1, 1024, true, "length of the vectors"},
       {"epochs", 40, 40, 1, 10000, true, "passes over the ratings"},
       {"learning_rate", 0.03, 0.03, 1e-6, 10, false, "of Adam, in the beginning"},
       {"last_rate", 0.1, 0.1, 0, 1, false, "share of it in the end; it falls linearly"},
       {"window", 20, 20, 1, 1023, true, "others of a user's movies that each meets in an epoch, at most"},
       {"negatives", 1, 1, 1e-3, 1e6, false, "weight of drawn movies: how many a pair of movies has"},
       {"exponent", 0.4, 0.4, -1, 1, false, "movies are drawn by their number of ratings to this power"},
       {"subsampling", 1, 1, 1e-9, 1, false, "share of all ratings beyond which a movie is left out at times"},
       {"batch", 15630, 15630, 1, 65536, true, "ratings a step", {}, usual_batch()},
       {"score", 0, 0, 0, 1, true, "of users' vectors with those of contexts, or cosines", {"context", "cosine"}}},
      {0.0, 1e-2, "sums in another order, over many steps"},
      {{"epochs", 5, 100},
       {"learning_rate", 1e-3, 0.1},
       {"window", 4, 1023},
       {"negatives", 0.5, 100},
       {"exponent", -1, 1, SearchRange::Scale::linear},
       {"subsampling", 1e-5, 1}}};
}

std::unique_ptr<Trainer> make_item2vec(const Problem& problem) { return std::make_unique<Item2Vec>(problem); }

}  // namespace embrace::cpu
