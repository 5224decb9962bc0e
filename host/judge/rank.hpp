// What a judge of rankings works on, and what it comes to: vectors, whose scores are ranked.
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "host/judge/choice.hpp"
#include "host/judge/source_vectors.hpp"
#include "host/learning/embedding_trainer.hpp"
#include "host/span.hpp"
#include "host/sparse.hpp"
#include "host/threads.hpp"

namespace embrace::judge {

struct RankingCase {
  const EntityVectors& users;  // one view or more, side by side
  const EntityVectors& items;
  const Csr& fit;         // users × items, all of them positive
  const Csr& seen;        // what is not ranked in the validation: the embedding's part, and `fit`
  const Csr& validation;  // targets
  Span<const std::int64_t> user_ids;
  Threads& threads;
};

/// score = <user, item> + item_bias
struct FinalVectors {
  Matrix users, items;
  Array<float> item_bias;

  EmbeddingView view() const { return {users.view(), items.view(), {}, item_bias, 0}; }
};

/// Vectors that are there already, for whatever ranks what a Trainer scores.
class VectorScores : public EmbeddingTrainer {
 public:
  /// What the view shows outlives it.
  VectorScores(const EmbeddingView& view, Threads& threads) : EmbeddingTrainer(threads), view_(view) {}
  EpochResult epoch() override { return {}; }
  std::optional<EmbeddingView> embedding() const override { return view_; }

 private:
  EmbeddingView view_;
};

struct RankVerdict : Choice {
  FinalVectors vectors;
};

/// A verdict for each seed; the setting is chosen with seed 1, whatever the seeds are.
using RankFunction = std::vector<RankVerdict> (*)(const RankingCase&, Span<const std::uint64_t> seeds);

std::vector<RankVerdict> rank_by_two_tower(const RankingCase& work, Span<const std::uint64_t> seeds);

}  // namespace embrace::judge
