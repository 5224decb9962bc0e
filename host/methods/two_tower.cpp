// two-tower: a user's vector, made of what the user has, of an id and of features, and an item's, made of an id and of
// features, whose cosine is the score; learned by a softmax over the items of the batch, corrected for how often each
// comes. Every rating is a positive, whatever its value.
// Covington, Adams, Sargin 2016 ("Deep neural networks for YouTube recommendations"), section 3: a history is the mean
// of its items' vectors, and what is predicted is left out of it; without their hidden layers, and with one vector an
// item on both sides. Yi et al. 2019 ("Sampling-bias-corrected neural modeling for large corpus item
// recommendations"), sections 3 and 4: directions, a temperature, and the softmax of the batch. The model is that of
// two_tower_model.hpp; a step of Adam on both tables for each batch, whose pairs come in an order drawn anew for each
// epoch.
//
// Who is folded in has no id: the history and the features speak. Cost of a step: 4 · ratings · factors operations for
// histories and back, 6 · batch · negatives · factors for the softmax; memory: 9 · (users + items) · factors floats,
// 4 · columns · factors for features, and those of a batch.
#include <algorithm>
#include <cmath>

#include "host/error.hpp"
#include "host/learning/embedding_trainer.hpp"
#include "host/learning/history.hpp"
#include "host/learning/samples.hpp"
#include "host/learning/usual_settings.hpp"
#include "host/matrix.hpp"
#include "host/methods/two_tower_model.hpp"

namespace embrace::cpu {
namespace {

class TwoTower final : public EmbeddingTrainer {
 public:
  explicit TwoTower(const Problem& problem)
      : EmbeddingTrainer(problem.threads),
        model_(problem),
        samples_(problem, Samples::Negatives::pointwise, 0),
        learning_rate_(problem.hyper["learning_rate"]),
        batch_(problem.hyper.integer("batch")),
        users_(problem.users(), problem.hyper.integer("factors")),
        items_(problem.items(), users_.columns()) {}

  EpochResult epoch() override {
    const Permutation order = samples_.order(epochs_);
    double loss = 0;
    for (std::int64_t first = 0; first < samples_.size(); first += batch_) {
      samples_.fill(order, epochs_, first, std::min(batch_, samples_.size() - first), threads_, drawn_);
      loss += model_.differentiate(drawn_) * static_cast<double>(drawn_.size());
      model_.step(learning_rate_);
    }
    ++epochs_;
    model_.represent(users_.view(), items_.view());
    if (!std::isfinite(loss) || !model_.users().table().finite() || !model_.items().table().finite()) {
      throw Diverged("the training loss is not finite; lower learning_rate");
    }
    return {loss / static_cast<double>(std::max<std::int64_t>(1, samples_.size())), samples_.size()};
  }

  void fold_in(CsrView ratings) override { model_.represent_users(distinct_entries(ratings).view(), users_.view()); }

  std::optional<EmbeddingView> embedding() const override {
    return EmbeddingView{users_.view(), items_.view(), {}, {}, 0};
  }

 private:
  TwoTowerModel model_;
  Samples samples_;
  double learning_rate_;
  std::int64_t batch_;
  Matrix users_, items_;  // after the last epoch, of length one
  Batch drawn_;
  std::uint32_t epochs_ = 0;  // so far
};

}  // namespace

MethodInfo two_tower_info() {
  return {
      "towers",
      "Vectors of users from what they rated, an id and features, and of movies, learned by a softmax over the batch",
      "Covington, Adams, Sargin 2016, section 3; Yi et al. 2019, sections 3 and 4",
      {.rating = false, .user_features = true, .item_features = true, .fold_in = true},
      {{"factors", 64, 64, 1, 1024, true, "length of the vectors"},
       {"epochs", 20, 20, 1, 10000, true, "passes over the ratings"},
       {"learning_rate", 0.02, 0.02, 1e-6, 10, false, "of Adam"},
       {"batch", 15630, 15630, 1, 65536, true, "ratings a step", {}, usual_batch()},
       {"negatives", 512, 512, 1, 16384, true, "others of the batch whose movies each rating stands against, at most"},
       {"temperature", 0.1282, 0.1282, 1e-3, 100, false, "what cosines are divided by", {}, usual_temperature()},
       {"user_id", 1, 1, 0, 1, true, "whether users have a vector of their own beside their history", {"no", "yes"}}},
      {0.0, 1e-2, "sums in another order, over many steps"},
      {{"epochs", 5, 60}, {"learning_rate", 1e-3, 0.1}, {"temperature", 0.03, 0.5}}};
}

std::unique_ptr<Trainer> make_two_tower(const Problem& problem) { return std::make_unique<TwoTower>(problem); }

}  // namespace embrace::cpu
