// Metrics: name, direction and definition in one place; per-user values so that intervals can be bootstrapped.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/method.hpp"
#include "host/sparse.hpp"

namespace embrace {

struct MetricInfo {
  std::string
      name;  // rmse, mae, recall, capped-recall, ndcg, hr, auc; rankings are named name@K, sampled ones name@K:sampled
  bool higher_is_better;
  Task task;
  std::string definition;  // ties, masks, denominators: printed by `embrace describe`
};

const std::vector<MetricInfo>& metric_infos();
/// By base name: "ndcg@10:sampled" finds ndcg. Null when unknown.
const MetricInfo* find_metric(std::string_view name);

/// A metric's parts by user: value = root? sqrt(Σ sums / Σ weights) : Σ sums / Σ weights.
struct UserValues {
  std::string name;
  bool root = false;                // rmse
  std::vector<std::int64_t> users;  // raw ids, ascending
  std::vector<double> sums;         // squared error, absolute error, or the user's own metric value
  std::vector<double> weights;      // number of ratings, or 1
  std::int64_t n = 0;               // ratings, or users
  double value() const;
};

/// rmse and mae of predictions clipped to the scale by the caller. `users` are raw ids per rating.
std::vector<UserValues> rating_metrics(std::span<const std::int64_t> users, std::span<const float> truth,
                                       std::span<const float> predicted);

/// Ranks all items for users with targets, in the order score descending, then lower item index.
/// `mask`: items left out per user (training or known items); `targets`: the user's test items; both users × items.
/// `candidates` (may be empty): only these are ranked, together with the targets, without the targets among them.
struct RankingQuery {
  CsrView mask;
  CsrView targets;
  std::span<const std::vector<std::int32_t>> candidates;
  std::vector<int> at;                     // cut-offs K, ascending
  std::span<const std::int64_t> user_ids;  // raw ids
  int keep = 0;                            // keep the first so many of each list as answers; 0: none
  bool auc = false;                        // also measure auc, which looks at whole lists
};
struct RankedItem {
  std::int32_t user;  // index
  std::int32_t item;
  std::int32_t rank;  // from 1
  float score;
};
struct RankingResult {
  std::vector<UserValues> metrics;  // recall@K, capped-recall@K, ndcg@K, hr@K for each K; auc when asked for
  std::vector<RankedItem> answers;  // by user, then rank
  std::int64_t users_without_targets = 0;
  double score_seconds = 0;
};
RankingResult evaluate_ranking(const Trainer& trainer, const RankingQuery& query, Threads& threads);

}  // namespace embrace
