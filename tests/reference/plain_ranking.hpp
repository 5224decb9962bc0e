// A second evaluator, written to be read: full sorts, sets and loops straight from the definitions.
// Shares no code with host/metrics; the tests hold the two against each other.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace embrace::reference {

struct PlainUser {
  std::int64_t id = 0;
  std::vector<double> scores;            // by item
  std::set<std::int32_t> mask;           // training items
  std::set<std::int32_t> targets;        // test items
  std::vector<std::int32_t> candidates;  // sampled protocol; looked at only when `sampled`
};

/// The user's list: score descending, ties by lower item.
inline std::vector<std::int32_t> plain_list(const PlainUser& user, bool sampled) {
  std::set<std::int32_t> ranked;
  if (sampled) {
    ranked.insert(user.candidates.begin(), user.candidates.end());
    ranked.insert(user.targets.begin(), user.targets.end());
  } else {
    for (std::int32_t i = 0; i < static_cast<std::int32_t>(user.scores.size()); ++i) {
      if (user.mask.count(i) == 0) ranked.insert(i);
    }
  }
  std::vector<std::int32_t> list(ranked.begin(), ranked.end());
  std::sort(list.begin(), list.end(), [&](std::int32_t a, std::int32_t b) {
    const double x = user.scores[static_cast<std::size_t>(a)], y = user.scores[static_cast<std::size_t>(b)];
    return x != y ? x > y : a < b;
  });
  return list;
}

/// Values of one user (who has targets) by metric name.
inline std::map<std::string, double> plain_user_metrics(const PlainUser& user, bool sampled,
                                                        const std::vector<int>& at) {
  const std::vector<std::int32_t> list = plain_list(user, sampled);
  const double targets = static_cast<double>(user.targets.size());
  std::map<std::string, double> out;
  for (const int k : at) {
    double hits = 0, gain = 0, ideal = 0;
    for (int rank = 1; rank <= k; ++rank) {
      const double discount = 1 / std::log2(rank + 1.0);
      if (rank <= static_cast<int>(user.targets.size())) ideal += discount;
      if (rank > static_cast<int>(list.size())) continue;
      if (user.targets.count(list[static_cast<std::size_t>(rank - 1)]) == 0) continue;
      hits += 1;
      gain += discount;
    }
    const std::string suffix = "@" + std::to_string(k) + (sampled ? ":sampled" : "");
    out["recall" + suffix] = hits / targets;
    out["capped-recall" + suffix] = hits / std::min(static_cast<double>(k), targets);
    out["ndcg" + suffix] = gain / ideal;
    out["hr" + suffix] = hits > 0 ? 1 : 0;
  }
  return out;
}

}  // namespace embrace::reference
