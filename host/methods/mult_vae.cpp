// mult-vae: a variational autoencoder of what users have, whose likelihood is multinomial over the items. Every rating
// is a positive, whatever its value.
// Liang, Krishnan, Hoffman, Jebara 2018 ("Variational autoencoders for collaborative filtering"), equations 1, 2 and 5:
// of a user with n items, x ones where they are,
//   h = tanh(W1' x / |x| + c1)    [m | l] = W2' h + c2    z = m + e^(l / 2) ε, ε normal    d = tanh(W3' z + c3)
//   scores = W4 d + c4    loss = -Σ_i x_i log softmax(scores)_i + β KL(N(m, e^l) | N(0, 1))
// by Adam over batches of users, in an order drawn anew for each epoch; each of a user's items is left out of x / |x|
// with probability `dropout`, the others are scaled up. β rises from 0 to `beta` over the first `annealing` epochs (the
// paper's section 2.2.2). Outside of training z = m, and nothing is left out: a user's vector is d, an item's its row
// of W4, its bias c4, so that users who were held out have one by what is known of them.
// With the composite prior (host/methods/mult_vae_prior.hpp) codes are pulled elsewhere, the more the more a user has,
// and an epoch is four passes over the users: three move the encoder, W1 and W2, one the decoder, W3 and W4.
// Cost of a pass: 6 · users · items · hidden floating-point operations, as products of matrices, 4 where it moves the
// encoder alone; memory: 8 · items · hidden floats in all, and batch · items. Each sum is made by one task in a fixed
// order: bits do not depend on threads.
#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

#include "host/array.hpp"
#include "host/error.hpp"
#include "host/learning/embedding_trainer.hpp"
#include "host/math/adam.hpp"
#include "host/math/normal_numbers.hpp"
#include "host/math/product.hpp"
#include "host/math/vector_math.hpp"
#include "host/matrix.hpp"
#include "host/methods/mult_vae_prior.hpp"
#include "host/random.hpp"

namespace embrace::cpu {
namespace {

constexpr std::int64_t users_a_task = 32;
constexpr std::int64_t items_a_task = 256;

/// Weights with a row of constants, their gradients and Adam's moments.
struct Layer {
  Matrix weights, gradient, first, second;
  Matrix constants, constants_gradient, constants_first, constants_second;  // one row

  Layer(std::int64_t rows, std::int64_t columns, std::int64_t outputs)
      : weights(rows, columns),
        gradient(rows, columns),
        first(rows, columns),
        second(rows, columns),
        constants(1, outputs),
        constants_gradient(1, outputs),
        constants_first(1, outputs),
        constants_second(1, outputs) {}

  /// Glorot and Bengio 2010, equation 16, by normal numbers.
  void draw(std::uint64_t seed, std::uint32_t part) {
    const Random random(seed, Stream::initial);
    const double deviation = std::sqrt(2.0 / static_cast<double>(weights.rows() + weights.columns()));
    for (std::int64_t k = 0; k < weights.size(); ++k) {
      weights.data()[k] = static_cast<float>(deviation * random.normal(static_cast<std::uint64_t>(k), part));
    }
  }
  void step_rows(const AdamStep& step, std::int64_t begin, std::int64_t end) {
    const std::int64_t at = begin * weights.columns(), size = (end - begin) * weights.columns();
    adam(step, gradient.data() + at, weights.data() + at, first.data() + at, second.data() + at, size);
  }
  void step_constants(const AdamStep& step, std::int64_t begin, std::int64_t end) {
    adam(step, constants_gradient.data() + begin, constants.data() + begin, constants_first.data() + begin,
         constants_second.data() + begin, end - begin);
  }
};

void add_constants(const Matrix& constants, MatrixView to) {
  for (std::int64_t r = 0; r < to.rows; ++r) add_scaled(1, constants.data(), to.row(r), to.columns);
}

void apply_tanh(MatrixView x) {
  for (std::int64_t r = 0; r < x.rows; ++r) {
    for (std::int64_t k = 0; k < x.columns; ++k) x(r, k) = std::tanh(x(r, k));
  }
}

/// Through tanh, whose values are y.
void pass_tanh(ConstMatrixView y, MatrixView gradient) {
  for (std::int64_t r = 0; r < y.rows; ++r) {
    for (std::int64_t k = 0; k < y.columns; ++k) gradient(r, k) *= 1 - y(r, k) * y(r, k);
  }
}

void sum_columns(ConstMatrixView from, std::int64_t begin, std::int64_t end, float* out) {
  std::fill(out + begin, out + end, 0.0F);
  for (std::int64_t r = 0; r < from.rows; ++r) add_scaled(1, from.row(r) + begin, out + begin, end - begin);
}

/// What a batch goes through, a row a user.
struct Batch {
  Matrix h1, code, z, d, scores;  // code: [m | l]
  Matrix g1, g_code, g_z, g_d;    // gradients; those of the scores stand in their place
  Matrix noise;
  Array<double> losses;

  Batch(std::int64_t users, std::int64_t items, std::int64_t hidden, std::int64_t latent)
      : h1(users, hidden),
        code(users, 2 * latent),
        z(users, latent),
        d(users, hidden),
        scores(users, items),
        g1(users, hidden),
        g_code(users, 2 * latent),
        g_z(users, latent),
        g_d(users, hidden),
        noise(users, (latent + 3) / 4 * 4),
        losses(users) {}
};

class MultVae final : public EmbeddingTrainer {
 public:
  explicit MultVae(const Problem& problem)
      : EmbeddingTrainer(problem.threads),
        ratings_(problem.ratings),
        seed_(problem.seed),
        hidden_(problem.hyper.integer("hidden")),
        latent_(problem.hyper.integer("latent")),
        learning_rate_(problem.hyper["learning_rate"]),
        dropout_(problem.hyper["dropout"]),
        beta_(problem.hyper["beta"]),
        annealing_(problem.hyper["annealing"]),
        composite_(has_composite_prior(problem.hyper)),
        turns_(vae_turns(composite_)),
        size_(problem.hyper.integer("batch")),
        in_(problem.items(), hidden_, hidden_),
        encoder_(hidden_, 2 * latent_, 2 * latent_),
        decoder_(latent_, hidden_, hidden_),
        out_(problem.items(), hidden_, problem.items()),
        users_(problem.users(), hidden_),
        previous_(composite_ ? problem.users() : 0, 2 * latent_),
        batch_(std::min(size_, problem.users()), problem.items(), hidden_, latent_) {
    std::uint32_t part = 0;
    for (Layer* layer : {&in_, &encoder_, &decoder_, &out_}) layer->draw(seed_, part++);
    for (std::int32_t u = 0; u < ratings_.rows; ++u) {
      if (ratings_.row_size(u) > 0) order_.push_back(u);
    }
  }

  EpochResult epoch() override {
    if (composite_) remember_codes();
    double loss = 0;  // of the last pass
    for (const VaeTurn& turn : turns_) loss = pass(turn);
    represent(ratings_);
    if (!std::isfinite(loss)) throw Diverged("the training loss is not finite");
    return {loss / static_cast<double>(std::max<std::int64_t>(1, order_.size())), passes() * ratings_.entries()};
  }

  void fold_in(CsrView ratings) override { represent(ratings); }

  std::optional<EmbeddingView> embedding() const override {
    return EmbeddingView{users_.view(), out_.weights.view(), {}, {out_.constants.data(), out_.constants.columns()}, 0};
  }

 private:
  std::int64_t passes() const { return static_cast<std::int64_t>(turns_.size()); }  // of an epoch

  /// Over all users; returns the sum of their losses.
  double pass(const VaeTurn& turn) {
    std::sort(order_.begin(), order_.end());
    shuffle(order_, Random(seed_, Stream::shuffle), static_cast<std::uint32_t>(passes_));
    const std::int64_t batches = (order_.size() + size_ - 1) / std::max<std::int64_t>(1, size_);
    double loss = 0;
    for (std::int64_t b = 0; b < batches; ++b) {
      const std::int64_t first = b * size_;
      const double done = static_cast<double>(passes_) + static_cast<double>(b) / static_cast<double>(batches);
      const double risen = annealing_ > 0 ? std::min(1.0, done / static_cast<double>(passes()) / annealing_) : 1;
      loss += learn(turn, {order_.data() + first, std::min(size_, order_.size() - first)}, beta_ * risen);
    }
    ++passes_;
    return loss;
  }

  /// What is left of a user's items in training, and by how much each is scaled.
  float weight_of(std::int64_t entry, float each) const {
    if (dropout_ <= 0) return each;
    const Random random(seed_, Stream::dropout);
    const bool left_out =
        random.uniform(static_cast<std::uint64_t>(entry), static_cast<std::uint32_t>(passes_)) < dropout_;
    return left_out ? 0.0F : each / static_cast<float>(1 - dropout_);
  }

  /// h of a user; with items left out where it is for training.
  void encode_row(CsrView ratings, std::int64_t user, bool training, float* h) const {
    std::copy_n(in_.constants.data(), hidden_, h);
    const float each = 1 / std::sqrt(static_cast<float>(ratings.row_size(user)));
    for (std::int64_t e = ratings.offsets[user]; e < ratings.offsets[user + 1]; ++e) {
      const float weight = training ? weight_of(e, each) : each;
      if (weight != 0) add_scaled(weight, in_.weights.row(ratings.indices[e]), h, hidden_);
    }
    for (std::int64_t k = 0; k < hidden_; ++k) h[k] = std::tanh(h[k]);
  }

  /// From h to [m | l].
  void encode(ConstMatrixView h, MatrixView code) const {
    multiply(h, encoder_.weights.view(), 0, code);
    add_constants(encoder_.constants, code);
  }
  /// From z to d.
  void decode(ConstMatrixView z, MatrixView d) const {
    multiply(z, decoder_.weights.view(), 0, d);
    add_constants(decoder_.constants, d);
    apply_tanh(d);
  }

  /// What the encoder as it is makes of all that users have.
  void remember_codes() {
    threads_.for_ranges(ratings_.rows, users_a_task, [&](std::int64_t begin, std::int64_t end, int) {
      Matrix h(1, hidden_);
      for (std::int64_t u = begin; u < end; ++u) {
        if (ratings_.row_size(u) == 0) continue;
        encode_row(ratings_, u, false, h.data());
        encode(std::as_const(h).view(), previous_.rows(u, u + 1));
      }
    });
  }

  /// Vectors of the users who have something in `ratings`.
  void represent(CsrView ratings) {
    threads_.for_ranges(ratings.rows, users_a_task, [&](std::int64_t begin, std::int64_t end, int) {
      Matrix h(1, hidden_), code(1, 2 * latent_);
      for (std::int64_t u = begin; u < end; ++u) {
        if (ratings.row_size(u) == 0) continue;
        encode_row(ratings, u, false, h.data());
        encode(std::as_const(h).view(), code.view());
        decode({code.data(), 1, latent_, latent_}, users_.rows(u, u + 1));
      }
    });
  }

  double learn(const VaeTurn& turn, Span<const std::int32_t> users, double beta) {
    threads_.for_ranges(users.size(), users_a_task, [&](std::int64_t begin, std::int64_t end, int) {
      forward(users, begin, end, turn.encoder);
      for (std::int64_t r = begin; r < end; ++r) {
        batch_.losses[r] = to_gradient(ratings_.row_indices(users[r]), users.size(), batch_.scores.row(r));
      }
      pass_decoder(begin, end);
      if (turn.encoder) pass_encoder(users, begin, end, beta);
    });
    const AdamStep step(learning_rate_, 0, ++steps_[turn.decoder ? 1U : 0U]);
    threads_.for_ranges(out_.weights.rows(), items_a_task, [&](std::int64_t begin, std::int64_t end, int) {
      if (turn.decoder) update_last(users.size(), begin, end, step);
      if (turn.encoder) update_first(users, begin, end, step);
    });
    threads_.for_each(2, [&](std::int64_t part, int) {
      if (part == 0 && turn.encoder) update_encoder(users.size(), step);
      if (part == 1 && turn.decoder) update_layer(decoder_, batch_.z, batch_.g_d, users.size(), step);
    });
    return std::accumulate(batch_.losses.begin(), batch_.losses.begin() + users.size(), 0.0);
  }

  void forward(Span<const std::int32_t> users, std::int64_t begin, std::int64_t end, bool leave_out) {
    const Random random(seed_, Stream::sampling);
    for (std::int64_t r = begin; r < end; ++r) encode_row(ratings_, users[r], leave_out, batch_.h1.row(r));
    encode(batch_.h1.rows(begin, end), batch_.code.rows(begin, end));
    for (std::int64_t r = begin; r < end; ++r) {
      const auto counter = static_cast<std::uint64_t>(passes_ * ratings_.rows + users[r]);
      normal_numbers(random, counter, 0, batch_.noise.columns() / 4, batch_.noise.row(r));
      const float* code = batch_.code.row(r);
      for (std::int64_t k = 0; k < latent_; ++k) {
        batch_.z(r, k) = code[k] + std::exp(0.5F * code[latent_ + k]) * batch_.noise(r, k);
      }
    }
    decode(batch_.z.rows(begin, end), batch_.d.rows(begin, end));
    multiply_transposed(batch_.d.rows(begin, end), out_.weights.view(), 0, batch_.scores.rows(begin, end));
    add_constants(out_.constants, batch_.scores.rows(begin, end));
  }

  /// Scores become the gradient of the user's part of the mean loss; returns the loss.
  double to_gradient(Span<const std::int32_t> have, std::int64_t users, float* scores) const {
    const std::int64_t items = out_.weights.rows();
    const float most = *std::max_element(scores, scores + items);
    double sum = 0, of_items = 0;
    for (const std::int32_t i : have) of_items += static_cast<double>(scores[i] - most);
    for (std::int64_t i = 0; i < items; ++i) {
      scores[i] = std::exp(scores[i] - most);
      sum += static_cast<double>(scores[i]);
    }
    const auto n = static_cast<double>(have.size());
    const auto scale = static_cast<float>(n / (sum * static_cast<double>(users)));
    for (std::int64_t i = 0; i < items; ++i) scores[i] *= scale;
    for (const std::int32_t i : have) scores[i] -= 1 / static_cast<float>(users);
    return n * std::log(sum) - of_items;
  }

  /// From the scores' gradients to those of d, before its tanh.
  void pass_decoder(std::int64_t begin, std::int64_t end) {
    const MatrixView g_d = batch_.g_d.rows(begin, end);
    multiply(batch_.scores.rows(begin, end), out_.weights.view(), 0, g_d);
    pass_tanh(batch_.d.rows(begin, end), g_d);
  }

  /// From there to those of h, before its tanh; losses get the divergence.
  void pass_encoder(Span<const std::int32_t> users, std::int64_t begin, std::int64_t end, double beta) {
    multiply_transposed(batch_.g_d.rows(begin, end), decoder_.weights.view(), 0, batch_.g_z.rows(begin, end));
    for (std::int64_t r = begin; r < end; ++r) {
      const VaeCode user{latent_,         batch_.code.row(r), batch_.noise.row(r),
                         batch_.z.row(r), batch_.g_z.row(r),  batch_.g_code.row(r)};
      const double weight = composite_ ? beta * static_cast<double>(ratings_.row_size(users[r])) : beta;
      const auto pull = static_cast<float>(weight / static_cast<double>(users.size()));
      batch_.losses[r] +=
          weight * (composite_ ? pull_to_composite(user, previous_.row(users[r]), pull) : pull_to_normal(user, pull));
    }
    multiply_transposed(batch_.g_code.rows(begin, end), encoder_.weights.view(), 0, batch_.g1.rows(begin, end));
    pass_tanh(batch_.h1.rows(begin, end), batch_.g1.rows(begin, end));
  }

  /// Rows [begin, end) of the last layer, of `size` users.
  void update_last(std::int64_t size, std::int64_t begin, std::int64_t end, const AdamStep& step) {
    const std::int64_t items = out_.weights.rows();
    multiply_by_transposed({batch_.scores.data() + begin, size, end - begin, items},
                           {batch_.d.data(), size, hidden_, hidden_}, out_.gradient.rows(begin, end));
    sum_columns({batch_.scores.data(), size, items, items}, begin, end, out_.constants_gradient.data());
    out_.step_rows(step, begin, end);
    out_.step_constants(step, begin, end);
  }

  /// Those of the first.
  void update_first(Span<const std::int32_t> users, std::int64_t begin, std::int64_t end, const AdamStep& step) {
    std::fill_n(in_.gradient.row(begin), (end - begin) * hidden_, 0.0F);
    for (std::int64_t r = 0; r < users.size(); ++r) {
      const std::int64_t user = users[r];
      const float each = 1 / std::sqrt(static_cast<float>(ratings_.row_size(user)));
      const auto have = ratings_.row_indices(user);
      for (auto i = std::lower_bound(have.begin(), have.end(), begin); i != have.end() && *i < end; ++i) {
        const float weight = weight_of(ratings_.offsets[user] + (i - have.begin()), each);
        if (weight != 0) add_scaled(weight, batch_.g1.row(r), in_.gradient.row(*i), hidden_);
      }
    }
    in_.step_rows(step, begin, end);
  }

  /// A layer between, of `size` users, by what went into it and the gradient of what came out.
  static void update_layer(Layer& layer, const Matrix& inputs, const Matrix& gradient, std::int64_t size,
                           const AdamStep& step) {
    const ConstMatrixView outputs{gradient.data(), size, gradient.columns(), gradient.columns()};
    multiply_by_transposed({inputs.data(), size, inputs.columns(), inputs.columns()}, outputs, layer.gradient.view());
    sum_columns(outputs, 0, outputs.columns, layer.constants_gradient.data());
    layer.step_rows(step, 0, layer.weights.rows());
    layer.step_constants(step, 0, outputs.columns);
  }

  /// W2 with its constants, and the constants of the first layer.
  void update_encoder(std::int64_t size, const AdamStep& step) {
    update_layer(encoder_, batch_.h1, batch_.g_code, size, step);
    sum_columns({batch_.g1.data(), size, hidden_, hidden_}, 0, hidden_, in_.constants_gradient.data());
    in_.step_constants(step, 0, hidden_);
  }

  CsrView ratings_;
  std::uint64_t seed_;
  std::int64_t hidden_, latent_;
  double learning_rate_, dropout_, beta_, annealing_;
  bool composite_;
  std::vector<VaeTurn> turns_;
  std::int64_t size_;  // of a batch
  Layer in_, encoder_, decoder_, out_;
  Matrix users_;
  Matrix previous_;  // codes of users when the epoch began; of the composite prior
  Batch batch_;
  Array<std::int32_t> order_;
  std::array<std::int64_t, 2> steps_{};  // Adam's, of passes that leave the decoder as it is, and of others
  std::int64_t passes_ = 0;
};

}  // namespace

MethodInfo mult_vae_info() {
  return {
      "autoencoder",
      "A variational autoencoder of what a user rated, whose likelihood is multinomial over the movies",
      "Liang, Krishnan, Hoffman, Jebara 2018, equations 1, 2 and 5; Shenbin et al. 2020 (RecVAE), section 3",
      {.rating = false, .fold_in = true},
      {{"hidden", 600, 600, 1, 4096, true, "units on both sides of the code; the length of a vector"},
       {"latent", 200, 200, 1, 4096, true, "numbers of the code"},
       {"epochs", 60, 60, 1, 10000, true, "passes over the users; four each with the composite prior"},
       {"learning_rate", 1e-3, 1e-3, 1e-6, 1, false, "of Adam"},
       {"batch", 128, 128, 1, 65536, true, "users a step"},
       {"dropout", 0.5, 0.5, 0, 0.99, false, "share of a user's movies that a step leaves out"},
       {"prior", 0, 0, 0, 1, true,
        "of codes: standard normal; or a mixture with the encoder before and a wide one, the encoder and the decoder "
        "learning in turns (RecVAE)",
        all_texts<VaePrior>()},
       {"beta",
        0.3,
        0.3,
        0,
        10,
        false,
        "weight of the divergence; of the composite prior for each of a user's movies",
        {},
        usual_beta()},
       {"annealing", 20, 20, 0, 10000, false, "epochs over which that weight rises from 0", {}, usual_annealing()}},
      {0.0, 1e-2, "sums in another order, over many steps"},
      {{"epochs", 5, 200}, {"learning_rate", 1e-4, 1e-2}, {"dropout", 0.2, 0.8}, {"beta", 0.001, 1}}};
}

std::unique_ptr<Trainer> make_mult_vae(const Problem& problem) { return std::make_unique<MultVae>(problem); }

}  // namespace embrace::cpu
