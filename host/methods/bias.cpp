// bias: mean + b_u + b_i, both regularized, solved in turn.
// A sweep is once solve_biases() for items, then for users.
#include "host/array.hpp"
#include "host/learning/biases.hpp"
#include "host/learning/means.hpp"

namespace embrace::cpu {
namespace {

class Bias final : public BiasTrainer {
 public:
  explicit Bias(const Problem& problem)
      : BiasTrainer(problem),
        ratings_(problem.ratings),
        by_item_(problem.by_item),
        mean_(aggregate_ratings(ratings_, threads_).mean),
        user_regularization_(problem.hyper["user_regularization"]),
        item_regularization_(problem.hyper["item_regularization"]) {
    user_bias_.assign(users_, 0.0F);
    item_bias_.assign(items_, 0.0F);
    offset_ = static_cast<float>(mean_);
  }

  EpochResult epoch() override {
    solve_biases(by_item_, mean_, item_regularization_, user_bias_, item_bias_, threads_);
    solve_biases(ratings_, mean_, user_regularization_, item_bias_, user_bias_, threads_);
    double squares = 0;
    for (const float b : user_bias_) squares += static_cast<double>(b) * static_cast<double>(b);
    return {squares, ratings_.entries()};
  }

  void fold_in(CsrView ratings) override {
    Array<float> bias(user_bias_.size());
    solve_biases(ratings, mean_, user_regularization_, item_bias_, bias, threads_);
    for (std::int64_t u = 0; u < ratings.rows; ++u) {
      if (ratings.row_size(u) > 0) user_bias_[u] = bias[u];
    }
  }

 private:
  CsrView ratings_;
  CsrView by_item_;
  double mean_;
  double user_regularization_;
  double item_regularization_;
};

}  // namespace

MethodInfo bias_info() {
  return {"baseline",
          "Mean plus regularized user and movie biases",
          "Koren and Bell 2011, section 5.2.1",
          {.fold_in = true, .chance = false},
          {{"epochs", 15, 15, 1, 10000, true, "sweeps over items and users"},
           {"user_regularization", 5, 5, 0, 1e6, false, "added to a user's number of ratings"},
           {"item_regularization", 2, 2, 0, 1e6, false, "added to a movie's number of ratings"}},
          {1e-5, 1e-5, "sums in double, biases stored as float"},
          {{"epochs", 1, 30, SearchRange::Scale::linear},
           {"user_regularization", 0.1, 100},
           {"item_regularization", 0.1, 100}}};
}

std::unique_ptr<Trainer> make_bias(const Problem& problem) { return std::make_unique<Bias>(problem); }

}  // namespace embrace::cpu
