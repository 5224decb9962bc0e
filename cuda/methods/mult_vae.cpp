// mult-vae on a device; the twin of host/methods/mult_vae.cpp, with the same batches, first weights, dropout, noise and
// formulas. Products of matrices are cuBLAS's; sums over the users of a batch for constants are products with a column
// of ones, whose order is cuBLAS's, too, the same in every run.
// Cost: a batch is some 25 launches, and the host waits for none. The most work are the three products of users × items
// × hidden, 2 operations each. Adam's step moves 28 bytes for each number of the last layer and 24 for one of the
// first, whatever the batch. The composite prior keeps 8 bytes for each user and number of the code.
#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "cuda/device/phase.hpp"
#include "cuda/learning/embedding_trainer.hpp"
#include "cuda/learning/first_vectors.hpp"
#include "cuda/learning/user_batches.hpp"
#include "cuda/math/adam.hpp"
#include "cuda/math/product.hpp"
#include "cuda/methods/mult_vae_kernels.hpp"
#include "cuda/trainers.hpp"
#include "host/methods/mult_vae_prior.hpp"
#include "host/span.hpp"

namespace embrace::gpu {
namespace {

constexpr std::int64_t users_together = 1024;  // represented at a time, where batches are smaller

struct Shape {
  std::int64_t users, items, hidden, latent, batch;
};

Shape shape_of(const Problem& problem) {
  return {problem.users(), problem.items(), problem.hyper.integer("hidden"), problem.hyper.integer("latent"),
          UserBatches::most_users(problem)};
}

/// All numbers of a matrix, with the zeros at the ends of its rows.
DeviceSpan<float> all_of(DeviceMatrix& matrix) {
  const DeviceMatrixView<float> view = matrix.view();
  return {view.data, view.rows * view.stride};
}

/// A row as a span that reaches to the last whole quad.
DeviceSpan<const float> row_of(DeviceMatrixView<float> row) { return {row.data, row.stride}; }

/// The layers between the first and the last, and the constants of all four, a row each: the encoder's, then the
/// decoder's.
struct MiddleView {
  DeviceMatrixView<float> encoder, in, code;      // hidden × 2 latent
  DeviceMatrixView<float> decoder, decoded, out;  // latent × hidden
};

/// These weights lie behind each other, so that one launch updates them.
class Middle {
 public:
  Middle(Device& device, const Shape& shape)
      : shape_(shape),
        values_(device, size(shape)),
        gradients_(device, size(shape)),
        m_(device, size(shape)),
        v_(device, size(shape)) {
    for (DeviceBuffer<float>* zero : {&values_, &gradients_, &m_, &v_}) zero->clear();
  }
  static std::int64_t bytes(const Shape& shape) { return 16 * size(shape); }

  MiddleView values() { return parts_of(values_); }
  MiddleView gradients() { return parts_of(gradients_); }
  void update(Device& device, const embrace::AdamStep& step, const VaeTurn& turn) {
    const std::int64_t begin = turn.encoder ? 0 : encoder_size(shape_),
                       count = (turn.decoder ? size(shape_) : encoder_size(shape_)) - begin;
    update_by_adam(device, step, 0,
                   {gradients_.span().part(begin, count), values_.span().part(begin, count),
                    m_.span().part(begin, count), v_.span().part(begin, count)});
  }

 private:
  static std::int64_t encoder_size(const Shape& shape) {
    return (shape.hidden + 1) * DeviceMatrix::stride(2 * shape.latent) + DeviceMatrix::stride(shape.hidden);
  }
  static std::int64_t size(const Shape& shape) {
    return encoder_size(shape) + (shape.latent + 1) * DeviceMatrix::stride(shape.hidden) +
           DeviceMatrix::stride(shape.items);
  }
  MiddleView parts_of(DeviceBuffer<float>& whole) const {
    float* at = whole.span().data;
    const auto place = [&at](std::int64_t rows, std::int64_t columns) {
      const DeviceMatrixView<float> part{at, rows, columns, DeviceMatrix::stride(columns)};
      at += rows * part.stride;
      return part;
    };
    return {place(shape_.hidden, 2 * shape_.latent), place(1, shape_.hidden), place(1, 2 * shape_.latent),
            place(shape_.latent, shape_.hidden),     place(1, shape_.hidden), place(1, shape_.items)};
  }

  Shape shape_;
  DeviceBuffer<float> values_, gradients_, m_, v_;
};

/// What users go through, a row each: those of a batch, or who is represented together.
struct Pass {
  Pass(Device& device, const Shape& shape)
      : h1(device, rows(shape), shape.hidden),
        z(device, rows(shape), shape.latent),
        d(device, rows(shape), shape.hidden),
        code(device, shape.batch, 2 * shape.latent),
        noise(device, shape.batch, shape.latent),
        scores(device, shape.batch, shape.items),
        g1(device, shape.batch, shape.hidden),
        g_code(device, shape.batch, 2 * shape.latent),
        g_z(device, shape.batch, shape.latent),
        g_d(device, shape.batch, shape.hidden),
        scales(device, shape.batch),
        ones(device, Span<const float>(Array<float>(shape.batch, 1.0F))) {}
  static std::int64_t bytes(const Shape& shape) {
    return DeviceMatrix::bytes(rows(shape), shape.hidden) * 2 + DeviceMatrix::bytes(rows(shape), shape.latent) +
           DeviceMatrix::bytes(shape.batch, 2 * shape.latent) * 2 + DeviceMatrix::bytes(shape.batch, shape.latent) * 2 +
           DeviceMatrix::bytes(shape.batch, shape.hidden) * 2 + DeviceMatrix::bytes(shape.batch, shape.items) +
           8 * shape.batch;
  }
  static std::int64_t rows(const Shape& shape) { return std::min(shape.users, std::max(shape.batch, users_together)); }

  DeviceMatrix h1, z, d;
  DeviceMatrix code, noise, scores;   // code: [m | l]
  DeviceMatrix g1, g_code, g_z, g_d;  // gradients; those of the scores stand in their place
  DeviceBuffer<float> scales, ones;
};

MemoryPlan plan(const Problem& problem) {
  const Shape shape = shape_of(problem);
  const std::int64_t layer = DeviceMatrix::bytes(shape.items, shape.hidden);
  MemoryPlan parts;
  parts.add("ratings and who has them", UserBatches::bytes(problem))
      .add("model", embedding_bytes(problem, shape.hidden))
      .add("first layer with its moments", 3 * layer)
      .add("last layer's gradient and moments", 3 * layer)
      .add("layers between", Middle::bytes(shape))
      .add("batch", Pass::bytes(shape));
  if (has_composite_prior(problem.hyper)) parts.add("codes before", DeviceMatrix::bytes(shape.users, 2 * shape.latent));
  return parts;
}

class MultVae final : public EmbeddingTrainer {
 public:
  MultVae(DevicePtr shared, const Problem& problem)
      : EmbeddingTrainer(std::move(shared), problem, plan(problem), "lower batch or hidden"),
        shape_(shape_of(problem)),
        seed_(problem.seed),
        learning_rate_(problem.hyper["learning_rate"]),
        dropout_(problem.hyper["dropout"]),
        beta_(problem.hyper["beta"]),
        annealing_(problem.hyper["annealing"]),
        composite_(has_composite_prior(problem.hyper)),
        turns_(vae_turns(composite_)),
        batches_(device(), problem),
        in_(device(), items_, shape_.hidden),
        in_m_(device(), items_, shape_.hidden),
        in_v_(device(), items_, shape_.hidden),
        out_gradient_(device(), items_, shape_.hidden),
        out_m_(device(), items_, shape_.hidden),
        out_v_(device(), items_, shape_.hidden),
        middle_(device(), shape_),
        pass_(device(), shape_) {
    make_vectors(shape_.hidden);
    model_.item_bias = {device(), items_};
    model_.item_bias.clear();
    if (composite_) previous_ = {device(), users_, 2 * shape_.latent};
    const MiddleView middle = middle_.values();
    std::uint32_t part = 0;
    for (const DeviceMatrixView<float>& layer : {in_.view(), middle.encoder, middle.decoder, model_.items.view()}) {
      draw_layer(device(), seed_, part++, std::sqrt(2.0 / static_cast<double>(layer.rows + layer.columns)), layer);
    }
  }

  EpochResult epoch() override {
    if (composite_) remember_codes();
    for (const VaeTurn& turn : turns_) {
      batches_.epoch([&](const UserBatch& batch) { learn(turn, batch); });
    }
    EMBRACE_CHECK(cudaMemcpyAsync(model_.item_bias.span().data, middle_.values().out.data,
                                  static_cast<std::size_t>(items_) * sizeof(float), cudaMemcpyDeviceToDevice,
                                  device().stream()));
    represent(batches_.rows());
    EpochResult result = batches_.result();
    result.updates *= passes();
    return result;
  }

  void fold_in(CsrView ratings) override { represent(UserRows(device(), ratings)); }

 private:
  std::int64_t passes() const { return static_cast<std::int64_t>(turns_.size()); }  // of an epoch
  VaeInputs inputs() { return {in_.view(), row_of(middle_.values().in)}; }

  void remember_codes();
  void learn(const VaeTurn& turn, const UserBatch& batch);
  void pass_encoder(const UserBatch& batch, double beta);
  void encoder_gradients(std::int64_t n);
  void decoder_gradients(std::int64_t n);
  void update(const VaeTurn& turn, const UserBatch& batch);
  void represent(const UserRows& rows);

  Shape shape_;
  std::uint64_t seed_;
  double learning_rate_, dropout_, beta_, annealing_;
  bool composite_;
  std::vector<VaeTurn> turns_;
  UserBatches batches_;
  DeviceMatrix in_, in_m_, in_v_;              // the first layer, a row an item; its gradient is never written
  DeviceMatrix out_gradient_, out_m_, out_v_;  // of the last layer, model_.items
  Middle middle_;
  Pass pass_;
  DeviceMatrix previous_;                // codes of users when the epoch began; of the composite prior
  std::array<std::int64_t, 2> steps_{};  // Adam's, of passes that leave the decoder as it is, and of others
};

/// What the encoder as it is makes of all that users have.
void MultVae::remember_codes() {
  const UserRows& rows = batches_.rows();
  const MiddleView middle = middle_.values();
  const std::int64_t size = rows.who.size();
  for (std::int64_t first = 0; first < size; first += shape_.batch) {
    const DeviceSpan<const std::int32_t> users = rows.users.span().part(first, std::min(shape_.batch, size - first));
    const auto h1 = first_rows(pass_.h1, users.size), code = first_rows(pass_.code, users.size);
    encode_users(device(), rows.items, users, inputs(), h1);
    multiply(device(), h1, middle.encoder, 0, code);
    store_users(device(), row_of(middle.code), code, users, previous_.view());
  }
}

void MultVae::learn(const VaeTurn& turn, const UserBatch& batch) {
  const std::int64_t n = batch.users.size;
  const double done = batch.done / static_cast<double>(passes());
  const double beta = annealing_ > 0 ? beta_ * std::min(1.0, done / annealing_) : beta_;
  const DeviceCsr& rows = batches_.rows().items;
  const MiddleView middle = middle_.values();
  const auto h1 = first_rows(pass_.h1, n), d = first_rows(pass_.d, n), scores = first_rows(pass_.scores, n);
  const auto g_d = first_rows(pass_.g_d, n);
  const VaeCodes codes{first_rows(pass_.code, n), first_rows(pass_.noise, n), first_rows(pass_.z, n)};

  encode_batch(device(), rows, batch, inputs(),
               {seed_, static_cast<std::uint32_t>(batch.epoch), turn.encoder ? dropout_ : 0}, pass_.scales.span(), h1);
  multiply(device(), h1, middle.encoder, 0, codes.code);
  draw_codes(device(), batch, seed_, static_cast<std::uint64_t>(batch.epoch * users_), composite_ ? 0 : beta,
             row_of(middle.code), codes);
  multiply(device(), codes.z, middle.decoder, 0, d);
  activate(device(), row_of(middle.decoded), d);
  multiply_transposed(device(), d, model_.items.view(), 0, scores);
  learn_scores(device(), rows, batch, row_of(middle.out), scores);

  multiply(device(), scores, model_.items.view(), 0, g_d);
  pass_tanh(device(), d, g_d);
  if (turn.encoder) pass_encoder(batch, beta);
  if (turn.decoder) decoder_gradients(n);
  if (turn.encoder) encoder_gradients(n);
  update(turn, batch);
}

/// From the gradients of d, before its tanh, to those of h1.
void MultVae::pass_encoder(const UserBatch& batch, double beta) {
  const std::int64_t n = batch.users.size;
  const MiddleView middle = middle_.values();
  const auto g_z = first_rows(pass_.g_z, n), g_code = first_rows(pass_.g_code, n), g1 = first_rows(pass_.g1, n);
  const VaeCodes codes{first_rows(pass_.code, n), first_rows(pass_.noise, n), first_rows(pass_.z, n)};
  multiply_transposed(device(), first_rows(pass_.g_d, n), middle.decoder, 0, g_z);
  if (composite_) {
    pass_composite_codes(device(), batches_.rows().items, batch, beta, previous_.view(), codes, g_z, g_code);
  } else {
    pass_codes(device(), static_cast<float>(beta / static_cast<double>(n)), codes, g_z, g_code);
  }
  multiply_transposed(device(), g_code, middle.encoder, 0, g1);
  pass_tanh(device(), first_rows(pass_.h1, n), g1);
}

void MultVae::encoder_gradients(std::int64_t n) {
  EMBRACE_PHASE("weight gradients");
  const MiddleView gradients = middle_.gradients();
  const DeviceMatrixView<const float> ones{pass_.ones.span().data, n, 1, 1};
  const auto g_code = first_rows(pass_.g_code, n);
  multiply_by_transposed(device(), first_rows(pass_.h1, n), g_code, 0, gradients.encoder);
  multiply_by_transposed(device(), ones, g_code, 0, gradients.code);
  multiply_by_transposed(device(), ones, first_rows(pass_.g1, n), 0, gradients.in);
}

void MultVae::decoder_gradients(std::int64_t n) {
  EMBRACE_PHASE("weight gradients");
  const MiddleView gradients = middle_.gradients();
  const DeviceMatrixView<const float> ones{pass_.ones.span().data, n, 1, 1};
  const auto g_d = first_rows(pass_.g_d, n), scores = first_rows(pass_.scores, n);
  multiply_by_transposed(device(), scores, first_rows(pass_.d, n), 0, out_gradient_.view());  // a row an item
  multiply_by_transposed(device(), ones, scores, 0, gradients.out);
  multiply_by_transposed(device(), first_rows(pass_.z, n), g_d, 0, gradients.decoder);
  multiply_by_transposed(device(), ones, g_d, 0, gradients.decoded);
}

void MultVae::update(const VaeTurn& turn, const UserBatch& batch) {
  EMBRACE_PHASE("update network");
  const embrace::AdamStep step(learning_rate_, 0, ++steps_[turn.decoder ? 1U : 0U]);
  if (turn.encoder) {
    update_inputs(device(), step, batch.marks, pass_.scales.span(), pass_.g1.view(), in_.view(),
                  {in_m_.view(), in_v_.view()});
  }
  middle_.update(device(), step, turn);
  if (turn.decoder) {
    update_by_adam(device(), step, 0, {all_of(out_gradient_), all_of(model_.items), all_of(out_m_), all_of(out_v_)});
  }
}

/// Vectors of the users who have something: those of z = m.
void MultVae::represent(const UserRows& rows) {
  const MiddleView middle = middle_.values();
  DeviceMatrixView<float> means = middle.encoder;
  means.columns = shape_.latent;
  const std::int64_t size = rows.who.size(), most = pass_.h1.rows();
  for (std::int64_t first = 0; first < size; first += most) {
    const DeviceSpan<const std::int32_t> users = rows.users.span().part(first, std::min(most, size - first));
    const auto h1 = first_rows(pass_.h1, users.size), z = first_rows(pass_.z, users.size),
               d = first_rows(pass_.d, users.size);
    encode_users(device(), rows.items, users, inputs(), h1);
    multiply(device(), h1, means, 0, z);
    add_constants(device(), row_of(middle.code), z);
    multiply(device(), z, middle.decoder, 0, d);
    activate_users(device(), row_of(middle.decoded), d, users, model_.users.view());
  }
}

}  // namespace

std::unique_ptr<Trainer> make_mult_vae(DevicePtr device, const Problem& problem) {
  return std::make_unique<MultVae>(std::move(device), problem);
}

}  // namespace embrace::gpu
