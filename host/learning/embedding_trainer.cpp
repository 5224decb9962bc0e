#include "host/learning/embedding_trainer.hpp"

#include "host/math/scores.hpp"
#include "host/span.hpp"

namespace embrace {

void EmbeddingTrainer::predict(const PairsView& pairs, Span<float> out) const {
  score_pairs(*embedding(), pairs.users, pairs.items, out, threads_);
}

void EmbeddingTrainer::score(Span<const std::int32_t> users, MatrixView out) const {
  score_rows(*embedding(), users, out, threads_);
}

}  // namespace embrace
