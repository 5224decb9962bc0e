// embedding-forward: representations of the distinct users and items of a minibatch of `hybrid`, weighted sums of the
// embeddings of their features.
#include "bench/cases/embedding_steps.hpp"

namespace embrace::cases {
namespace {

std::vector<double> reference(const Inputs& in) { return plain_by_sample(in, plain_representations); }

TimedRun cpu(const Inputs& in, Threads& threads) {
  auto steps = std::make_shared<EmbeddingSteps>(in, threads);
  return timed_on_cpu(
      [steps] {
        steps->forward();
        return steps;
      },
      [](const auto& made) { return made->by_sample(&AdagradSide::values); });
}

/// Of each entry its number, value and row; of each slot the sum.
Work work(const Inputs& in) {
  const auto row = static_cast<double>(in.shape.factors + 1);
  const BatchSize size(in);
  return {size.entries * (4 * row + 8) + size.slots * 4 * row, 2 * size.entries * row,
          static_cast<double>(in.shape.ratings)};
}

}  // namespace

Operation embedding_forward_operation() {
  return {.name = "embedding-forward",
          .bound_reason = "sums of six whole numbers and quarters of them are exact in float",
          .small = small_batches(Numbers::whole),
          .large = batch_shapes(),
          .inputs = embedding_inputs,
          .reference = reference,
          .cpu = cpu,
          .work = work};
}

}  // namespace embrace::cases
