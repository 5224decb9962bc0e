// Metrics: name, direction and definition in one place; per-user values so that intervals can be bootstrapped.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "host/array.hpp"
#include "host/method.hpp"

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
  bool root = false;          // rmse
  Array<std::int64_t> users;  // raw ids, ascending
  Array<double> sums;         // squared error, absolute error, or the user's own metric value
  Array<double> weights;      // number of ratings, or 1
  std::int64_t n = 0;         // ratings, or users
  double value() const;
  /// Of so many users with equal weights a mean would be as sure (Kish 1965): (Σ weights)² / Σ weights².
  double effective_users() const;
};

}  // namespace embrace
