// The default prediction paths: everything that has an embedding is scored the same way.
#include <stdexcept>

#include "host/math/scores.hpp"
#include "host/method.hpp"
#include "host/span.hpp"

namespace embrace {
namespace {

EmbeddingView required(const Trainer& trainer) {
  const auto embedding = trainer.embedding();
  if (!embedding) throw std::logic_error("a trainer without an embedding must override predict and score");
  return *embedding;
}

}  // namespace

void Trainer::predict(const PairsView& pairs, Span<float> out) const {
  score_pairs(required(*this), pairs.users, pairs.items, out, threads_);
}

void Trainer::score(Span<const std::int32_t> users, MatrixView out) const {
  score_rows(required(*this), users, out, threads_);
}

bool Trainer::rank(Span<const std::int32_t>, CsrView, std::int64_t, Span<ScoredItem>) const { return false; }

void Trainer::fold_in(CsrView) {}

}  // namespace embrace
