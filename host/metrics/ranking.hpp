// Full and sampled ranking of each user's items, and its metrics.
#pragma once
#include <cstdint>
#include <vector>

#include "host/array.hpp"
#include "host/method.hpp"
#include "host/metrics/metric.hpp"
#include "host/span.hpp"
#include "host/threads.hpp"
#include "host/views.hpp"

namespace embrace {

/// Ranks all items for users with targets, in the order score descending, then lower item index.
/// `mask`: items left out per user (training or known items); `targets`: the user's test items; both users × items.
/// `candidates` (may be empty): only these are ranked, together with the targets, without the targets among them.
/// `pool` (may be empty): only these items, ascending, are ranked, for all users alike; targets are among them.
struct RankingQuery {
  CsrView mask;
  CsrView targets;
  Span<const std::vector<std::int32_t>> candidates;
  Array<int> at;                      // cut-offs K, ascending
  Span<const std::int64_t> user_ids;  // raw ids
  int keep = 0;                       // keep the first so many of each list as answers; 0: none
  bool auc = false;                   // also measure auc, which looks at whole lists
  Span<const std::int32_t> pool{};
};
struct RankedItem {
  std::int32_t user;  // index
  std::int32_t item;
  std::int32_t rank;  // from 1
  float score;
};
struct RankingResult {
  Array<UserValues> metrics;  // recall@K, capped-recall@K, ndcg@K, hr@K for each K; auc when asked for
  Array<RankedItem> answers;  // by user, then rank
  std::int64_t users_without_targets = 0;
  double score_seconds = 0;
};
RankingResult evaluate_ranking(const Trainer& trainer, const RankingQuery& query, Threads& threads);

}  // namespace embrace
