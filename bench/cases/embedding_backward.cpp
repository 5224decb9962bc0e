// embedding-backward: gradients of the representations in a minibatch of `hybrid`, sums over the samples of each
// distinct user and item.
#include "bench/cases/embedding_steps.hpp"

namespace embrace::cases {
namespace {

std::vector<double> reference(const Inputs& in) { return plain_by_sample(in, plain_gradients); }

TimedRun cpu(const Inputs& in, Threads& threads) {
  auto steps = std::make_shared<EmbeddingSteps>(in, threads);
  steps->forward();
  return timed_on_cpu(
      [steps] {
        steps->backward();
        return steps;
      },
      [](const auto& made) { return made->by_sample(&AdagradSide::gradients); });
}

/// Of each sample and side the other's slot and vector and the coefficient; of each slot the sum.
Work work(const Inputs& in) {
  const auto k = static_cast<double>(in.shape.factors), n = static_cast<double>(in.shape.ratings);
  return {2 * n * (4 * k + 8) + BatchSize(in).slots * 4 * (k + 1), 2 * n * (2 * k + 1), n};
}

}  // namespace

Operation embedding_backward_operation() {
  return {.name = "embedding-backward",
          .bound_reason =
              "representations are multiples of 1/4 up to 12, coefficients of 1/2 up to 2.5: sums of 2000 products are "
              "multiples of 1/8 below 2^16, exact in float",
          .small = small_batches(Numbers::whole),
          .large = batch_shapes(),
          .inputs = embedding_inputs,
          .reference = reference,
          .cpu = cpu,
          .work = work};
}

}  // namespace embrace::cases
