// embedding-update: gradients of the rows that a minibatch of `hybrid` reads, sums over the users or items that read
// each, and one step of Adagrad of each row.
#include <cmath>

#include "bench/cases/embedding_steps.hpp"
#include "bench/cases/trained_by.hpp"

namespace embrace::cases {
namespace {

/// The formula of host/learning/adagrad_side.hpp, with rates and penalties as the tables have them.
std::vector<double> reference(const Inputs& in) {
  const EmbeddingBatch batch(in);
  std::vector<double> all;
  for (const std::int64_t side : {EmbeddingBatch::users, EmbeddingBatch::items}) {
    const PlainRows slots = plain_gradients(in, side);
    const EmbeddingTable& table = batch.sides[side].table;
    std::vector<double> samples(slots.size());
    for (const std::int32_t entity : EmbeddingBatch::reads(in, side)) samples[static_cast<std::size_t>(entity)] += 1;
    const auto row_size = static_cast<std::size_t>(in.shape.factors + 1);
    PlainRows gradients(static_cast<std::size_t>(table.rows()), std::vector<double>(row_size));
    std::vector<double> squares(gradients.size());  // Σ over samples of value²
    const CsrView entries = table.entries().view();
    for (std::size_t e = 0; e < samples.size(); ++e) {
      if (samples[e] == 0) continue;
      const auto entity = static_cast<std::int64_t>(e);
      for (std::int64_t n = entries.offsets[entity]; n < entries.offsets[entity + 1]; ++n) {
        const auto row = static_cast<std::size_t>(entries.indices[n]);
        const auto value = static_cast<double>(entries.values[n]);
        for (std::size_t k = 0; k < row_size; ++k) gradients[row][k] += value * slots[e][k];
        squares[row] += value * value * samples[e];
      }
    }
    for (std::size_t r = 0; r < gradients.size(); ++r) {
      const auto row = static_cast<std::int64_t>(r);
      const double penalty = static_cast<double>(batch.sides[side].penalties[row]) * squares[r];
      const double rate = in.hyper["learning_rate"] * static_cast<double>(table.rate(row));
      for (std::size_t k = 0; k < row_size; ++k) {
        const auto w = static_cast<double>(table.weights()(row, static_cast<std::int64_t>(k)));
        const double g = gradients[r][k] + penalty * w;
        all.push_back(w - rate * g / std::sqrt(1 + g * g));
      }
    }
  }
  return all;
}

TimedRun cpu(const Inputs& in, Threads& threads) {
  return timed_on_cpu(
      [&in, &threads] {
        EmbeddingSteps steps(in, threads);
        steps.forward();
        steps.backward();
        return steps;
      },
      [](EmbeddingSteps& steps) { steps.update(); },
      [](const EmbeddingSteps& steps) {
        std::vector<double> all;
        for (const AdagradSide& side : steps.sides) append(all, side.table.weights().view());
        return all;
      });
}

/// Of each entry its number, value and the gradient of its slot; of each row weights and sums, read and written,
/// penalty and rate. Eight operations a weight: penalty, square, rate, root, quotient.
Work work(const Inputs& in) {
  const auto row = static_cast<double>(in.shape.factors + 1);
  const BatchSize size(in);
  return {size.entries * (4 * row + 8) + size.rows * (16 * row + 8), 2 * size.entries * row + 8 * size.rows * row,
          static_cast<double>(in.shape.ratings)};
}

}  // namespace

Operation embedding_update_operation() {
  return {
      .name = "embedding-update",
      .bound_reason =
          "gradients below 2^12 are sums rounded to 2^-24 of that, which a rate of 0.05 makes 2^-16 at worst, where "
          "they cancel",
      .bound = 1.6e-5,
      .small = small_batches(Numbers::normal),
      .large = batch_shapes(),
      .inputs = embedding_inputs,
      .reference = reference,
      .cpu = cpu,
      .work = work};
}

}  // namespace embrace::cases
