// lightgcn: vectors of users and items that the graph of who rated what passes on; without layers, plain matrix
// factorization. Every rating is a positive, whatever its value.
// He, Deng, Wang, Li, Zhang, Wang 2020 ("LightGCN: simplifying and powering graph convolution network for
// recommendation"), equations 3 to 8 (host/math/propagation.hpp), by one of the losses of lightgcn_loss.hpp:
//   score(u, i) = <mean over the layers of u's vectors, that of i's>, or, where the loss is of directions, their cosine
// and a penalty regularization / 2 · |x_0|² of each node that a sample names. Adam on the whole table x_0, a step for
// each batch, whose samples come in an order drawn anew for each epoch. A step costs 8 · layers · ratings · factors
// operations for the graph and 6 · batch · negatives · factors for the loss; memory: 8 · (users + items) · factors
// floats and those of a batch.
#include <algorithm>
#include <cmath>

#include "host/array.hpp"
#include "host/error.hpp"
#include "host/learning/embedding_trainer.hpp"
#include "host/learning/samples.hpp"
#include "host/learning/table_adam.hpp"
#include "host/learning/usual_settings.hpp"
#include "host/math/vector_math.hpp"
#include "host/matrix.hpp"
#include "host/methods/lightgcn_model.hpp"

namespace embrace::cpu {
namespace {

class LightGcn final : public EmbeddingTrainer {
 public:
  explicit LightGcn(const Problem& problem)
      : EmbeddingTrainer(problem.threads),
        model_(problem),
        samples_(LightGcnModel::samples(problem)),
        learning_rate_(problem.hyper["learning_rate"]),
        batch_(problem.hyper.integer("batch")),
        factors_(problem.hyper.integer("factors")),
        adam_(model_.nodes(), factors_),
        vectors_(model_.nodes(), factors_) {}

  EpochResult epoch() override {
    const Permutation order = samples_.order(epochs_);
    double loss = 0;
    for (std::int64_t first = 0; first < samples_.size(); first += batch_) {
      samples_.fill(order, epochs_, first, std::min(batch_, samples_.size() - first), threads_, drawn_);
      loss += model_.differentiate(drawn_, groups_) * static_cast<double>(drawn_.size());
      groups_ += (drawn_.size() + LightGcnModel::group_samples - 1) / LightGcnModel::group_samples;
      adam_.step(learning_rate_, model_.gradient(), model_.table(), threads_);
    }
    ++epochs_;
    model_.represent(vectors_.view());
    if (!std::isfinite(loss) || !all_finite(vectors_.data(), vectors_.size())) {
      throw Diverged("the training loss is not finite; lower learning_rate");
    }
    return {loss / static_cast<double>(std::max<std::int64_t>(1, samples_.size())), samples_.size()};
  }

  std::optional<EmbeddingView> embedding() const override {
    const std::int64_t users = model_.users();
    return EmbeddingView{{vectors_.data(), users, factors_, factors_},
                         {vectors_.row(users), model_.nodes() - users, factors_, factors_},
                         {},
                         {},
                         0};
  }

 private:
  LightGcnModel model_;
  Samples samples_;
  double learning_rate_;
  std::int64_t batch_;
  std::int64_t factors_;
  TableAdam adam_;
  Matrix vectors_;  // of users, then of items, after the last epoch
  Batch drawn_;
  std::int64_t groups_ = 0;  // so far
  std::uint32_t epochs_ = 0;
};

}  // namespace

MethodInfo lightgcn_info() {
  return {
      "graph",
      "Vectors passed on along the graph of who rated what, learned by pairs, by cosines or by a sampled softmax",
      "He et al. 2020 (LightGCN), equations 3 to 8; Rendle et al. 2009 (BPR); Mao et al. 2021 (SimpleX), equation 1; "
      "Wu et al. 2024 (sampled softmax)",
      {.rating = false},
      {{"factors", 64, 64, 1, 1024, true, "length of the vectors"},
       {"epochs", 18, 18, 1, 10000, true, "passes over the ratings"},
       {"layers", 2, 2, 0, 16, true, "how far vectors are passed on; 0: plain matrix factorization"},
       {"loss", 2, 2, 0, 2, true, "pairs (BPR), cosine contrast or sampled softmax", all_texts<GraphLoss>()},
       {"learning_rate", 0.02, 0.02, 1e-6, 10, false, "of Adam"},
       {"regularization", 1e-4, 1e-4, 0, 1e6, false, "L2 penalty of the vectors that a sample names"},
       {"batch", 15630, 15630, 1, 65536, true, "samples a step", {}, usual_batch()},
       {"negatives", 512, 512, 1, 65536, true, "of ccl and softmax: items drawn for each 256 samples"},
       {"temperature",
        0.1282,
        0.1282,
        1e-3,
        100,
        false,
        "of softmax: what cosines are divided by",
        {},
        usual_temperature()},
       {"margin", 0.6, 0.6, -1, 1, false, "of ccl: cosine up to which a drawn item costs nothing"},
       {"negative_weight", 10, 10, 0, 1e6, false, "of ccl: weight of the mean over the drawn items"},
       {"spread", 1, 1, 1e-6, 100, false, "initial standard deviation of a vector, times sqrt(factors)"}},
      {0.0, 1e-2, "sums in another order, over many steps"},
      {{"epochs", 5, 40},
       {"learning_rate", 1e-3, 0.1},
       {"layers", 0, 4, SearchRange::Scale::linear},
       {"regularization", 1e-6, 1e-2},
       {"temperature", 0.03, 0.5}}};
}

std::unique_ptr<Trainer> make_lightgcn(const Problem& problem) { return std::make_unique<LightGcn>(problem); }

}  // namespace embrace::cpu
