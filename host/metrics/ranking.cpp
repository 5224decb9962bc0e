// Full and sampled ranking: score a batch of users, then pick the head of each user's list, one task a user.
#include "host/metrics/ranking.hpp"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <functional>
#include <limits>
#include <stdexcept>

#include "host/array.hpp"
#include "host/error.hpp"
#include "host/matrix.hpp"
#include "host/metrics/metric.hpp"
#include "host/threads.hpp"

namespace embrace {
namespace {

constexpr std::int64_t batch_bytes = std::int64_t{64} << 20U;
constexpr float masked = -std::numeric_limits<float>::infinity();

/// Ascending keys are the order of the list: score descending, then item ascending. -0 and 0 are one score.
std::uint64_t key_of(float score, std::int32_t item) {
  constexpr std::uint32_t sign = 0x80000000U;
  const auto bits = std::bit_cast<std::uint32_t>(score + 0.0F);
  const std::uint32_t ascending = (bits & sign) != 0 ? ~bits : bits | sign;
  return (std::uint64_t{~ascending} << 32U) | static_cast<std::uint32_t>(item);
}
float score_of(std::uint64_t key) {
  constexpr std::uint32_t sign = 0x80000000U;
  const auto ascending = ~static_cast<std::uint32_t>(key >> 32U);
  return std::bit_cast<float>((ascending & sign) != 0 ? ascending & ~sign : ~ascending);
}
std::int32_t item_of(std::uint64_t key) { return static_cast<std::int32_t>(key & 0xffffffffU); }

void require_finite(const float* scores, std::int64_t n) {
  constexpr std::uint32_t exponent = 0x7f800000U;
  std::uint32_t bad = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    bad |= static_cast<std::uint32_t>((std::bit_cast<std::uint32_t>(scores[i]) & exponent) == exponent);
  }
  if (bad != 0) throw Diverged("score is not finite for an item to be ranked");
}

/// The head of a list: keeps the `depth` smallest keys of a stream whose items ascend.
class Head {
 public:
  explicit Head(std::int64_t depth) : depth_(depth) { keys_.reserve(capacity()); }

  /// Offers items [0, n). An item that only equals the threshold loses to `depth` earlier ones, hence the strict >.
  void offer(const float* scores, std::int64_t n) {
    constexpr std::int64_t block = 16;
    std::int64_t i = 0;
    for (; i + block <= n; i += block) {
      int above = 0;
      for (std::int64_t j = 0; j < block; ++j) above |= static_cast<int>(scores[i + j] > threshold_);
      if (above == 0) continue;
      for (std::int64_t j = 0; j < block; ++j) offer_one(scores[i + j], static_cast<std::int32_t>(i + j));
    }
    for (; i < n; ++i) offer_one(scores[i], static_cast<std::int32_t>(i));
  }
  void offer_one(float score, std::int32_t item) {
    if (!(score > threshold_)) return;
    keys_.push_back(key_of(score, item));
    if (keys_.size() == capacity()) shrink();
  }
  /// The list's first items in order; the object is ready for the next user.
  void take(Array<std::uint64_t>& list) {
    const std::int64_t size = std::min(depth_, keys_.size());
    std::partial_sort(keys_.begin(), keys_.begin() + size, keys_.end());
    list.assign(keys_.begin(), keys_.begin() + size);
    keys_.clear();
    threshold_ = masked;
  }

 private:
  std::int64_t capacity() const { return 2 * depth_ + 64; }
  void shrink() {
    const auto last = keys_.begin() + depth_ - 1;
    std::nth_element(keys_.begin(), last, keys_.end());
    threshold_ = score_of(*last);
    keys_.resize(depth_);
  }

  std::int64_t depth_;
  float threshold_ = masked;
  Array<std::uint64_t> keys_;
};

struct Cutoffs {
  /// No list is longer than `items`, whatever the cut-off.
  Cutoffs(const Array<int>& at, std::int64_t items) {
    const std::int64_t deepest = at.empty() ? 0 : std::min<std::int64_t>(at.back(), items);
    double sum = 0;
    for (std::int64_t rank = 1; rank <= deepest; ++rank) {
      discount.push_back(1.0 / std::log2(static_cast<double>(rank) + 1.0));
      ideal.push_back(sum += discount.back());
    }
  }
  Array<double> discount;  // by rank - 1
  Array<double> ideal;     // DCG of so many + 1 targets at the head
};

void check(const RankingQuery& query) {
  const bool shapes = query.mask.rows == query.targets.rows && query.mask.columns == query.targets.columns &&
                      query.user_ids.size() == query.targets.rows &&
                      (query.candidates.empty() || query.candidates.size() == query.user_ids.size());
  if (!shapes) throw std::invalid_argument("ranking: mask, targets, candidates and user_ids differ in shape");
  if (query.auc && !(query.candidates.empty() && query.pool.empty()))
    throw std::invalid_argument("ranking: auc is of whole lists");
  if (!query.pool.empty() && !query.candidates.empty()) throw std::invalid_argument("ranking: a pool or candidates");
  const bool ascending = std::adjacent_find(query.at.begin(), query.at.end(), std::greater_equal<>()) == query.at.end();
  if (!ascending || (!query.at.empty() && query.at.front() < 1) || query.keep < 0) {
    throw std::invalid_argument("ranking: cut-offs must be positive and ascending");
  }
}

/// Ranks users in batches. Scores are written by the trainer (with its own threads), read by one task a user.
class Evaluation {
 public:
  Evaluation(const RankingQuery& query, Threads& threads)
      : query_(query),
        cutoffs_(query.at, query.targets.columns),
        deepest_(std::max(query.at.empty() ? 0 : query.at.back(), query.keep)),
        threads_(threads),
        scratch_(threads.count(), Scratch(std::min<std::int64_t>(deepest_, query.targets.columns))) {
    for (std::int64_t u = 0; u < query.targets.rows; ++u) {
      if (query.targets.row_size(u) > 0) users_.push_back(static_cast<std::int32_t>(u));
    }
    values_.resize(users_.size() * query.at.size() * 4);
    answers_.resize(query.keep > 0 ? users_.size() : 0);
    auc_.resize(query.auc ? users_.size() : 0);
  }

  void run(const Trainer& trainer) {
    const bool heads_suffice = query_.candidates.empty() && query_.pool.empty() && !query_.auc;
    if (!heads_suffice || !measure_lists_of(trainer)) rank_scores_of(trainer);
  }

  RankingResult result() const {
    RankingResult result;
    result.users_without_targets = query_.targets.rows - users_.size();
    if (!users_.empty()) {
      for (std::int64_t k = 0; k < query_.at.size(); ++k) {
        const std::string suffix = "@" + std::to_string(query_.at[k]) + (query_.candidates.empty() ? "" : ":sampled");
        const char* names[] = {"recall", "capped-recall", "ndcg", "hr"};
        for (std::int64_t m = 0; m < 4; ++m) {
          result.metrics.push_back(metric(names[m] + suffix, values_.data() + 4 * k + m, 4 * query_.at.size()));
        }
      }
      if (query_.auc) result.metrics.push_back(metric("auc", auc_.data(), 1));
    }
    for (const auto& list : answers_) result.answers.insert(result.answers.end(), list.begin(), list.end());
    return result;
  }

 private:
  struct Scratch {
    explicit Scratch(std::int64_t depth) : head(std::max<std::int64_t>(depth, 1)) {}
    Head head;
    Array<std::uint64_t> list;
    Array<std::int32_t> candidates;
    Array<std::int32_t> targets;
    Array<float> target_scores;
  };

  /// Where the trainer ranks by itself only the heads of the lists are seen. False: it does not.
  bool measure_lists_of(const Trainer& trainer) {
    const auto depth = std::min<std::int64_t>(deepest_, query_.targets.columns);
    Array<ScoredItem> heads(users_.size() * depth);
    if (!trainer.rank(users_, query_.mask, depth, heads)) return false;
    threads_.for_each(users_.size(), [&](std::int64_t place, int worker) {
      Scratch& scratch = scratch_[worker];
      set_targets(users_[place], scratch);
      scratch.list.clear();
      for (std::int64_t d = 0; d < depth; ++d) {
        const ScoredItem& head = heads[place * depth + d];
        if (head.item >= 0) scratch.list.push_back(key_of(head.score, head.item));
      }
      finish(place, scratch);
    });
    return true;
  }

  void rank_scores_of(const Trainer& trainer) {
    const std::int64_t items = query_.targets.columns;
    const auto total = users_.size();
    const std::int64_t batch = std::clamp<std::int64_t>(batch_bytes / (4 * std::max<std::int64_t>(items, 1)), 1, 4096);
    Matrix scores(std::min(batch, total), items);
    for (std::int64_t first = 0; first < total; first += batch) {
      const std::int64_t rows = std::min(batch, total - first);
      trainer.score({users_.data() + first, rows}, {scores.data(), rows, items, items});
      threads_.for_each(rows,
                        [&](std::int64_t row, int worker) { rank(first + row, scores.row(row), scratch_[worker]); });
    }
  }

  UserValues metric(std::string name, const double* values, std::int64_t stride) const {
    UserValues out;
    out.name = std::move(name);
    out.n = users_.size();
    out.weights.assign(users_.size(), 1.0);
    for (std::int64_t u = 0; u < users_.size(); ++u) {
      out.users.push_back(query_.user_ids[users_[u]]);
      out.sums.push_back(values[u * stride]);
    }
    return out;
  }

  void rank(std::int64_t place, float* scores, Scratch& scratch) {
    const std::int32_t user = users_[place];
    set_targets(user, scratch);
    require_finite(scores, query_.targets.columns);
    if (query_.candidates.empty()) {
      for (const std::int32_t item : query_.mask.row_indices(user)) scores[item] = masked;
      if (query_.pool.empty()) scratch.head.offer(scores, query_.targets.columns);
      for (const std::int32_t item : query_.pool) scratch.head.offer_one(scores[item], item);
      if (query_.auc) auc_[place] = auc(scores, scratch);
    } else {
      collect_candidates(user, scratch);
      for (const std::int32_t item : scratch.candidates) scratch.head.offer_one(scores[item], item);
    }
    scratch.head.take(scratch.list);
    finish(place, scratch);
  }

  void set_targets(std::int32_t user, Scratch& scratch) const {
    const auto row = query_.targets.row_indices(user);
    scratch.targets.assign(row.begin(), row.end());  // ascending, see CsrView
    scratch.targets.erase(std::unique(scratch.targets.begin(), scratch.targets.end()), scratch.targets.end());
  }

  void finish(std::int64_t place, const Scratch& scratch) {
    measure(place, scratch);
    if (query_.keep > 0) keep(place, scratch.list);
  }

  void collect_candidates(std::int32_t user, Scratch& scratch) const {
    const auto& given = query_.candidates[user];
    scratch.candidates.assign(given.begin(), given.end());
    scratch.candidates.insert(scratch.candidates.end(), scratch.targets.begin(), scratch.targets.end());
    std::sort(scratch.candidates.begin(), scratch.candidates.end());
    scratch.candidates.erase(std::unique(scratch.candidates.begin(), scratch.candidates.end()),
                             scratch.candidates.end());
    if (scratch.candidates.front() < 0 || scratch.candidates.back() >= query_.targets.columns) {
      throw std::invalid_argument("ranking: a candidate is not an item of the data");
    }
  }

  void measure(std::int64_t place, const Scratch& scratch) {
    const std::int64_t targets = scratch.targets.size();
    double* out = values_.data() + place * query_.at.size() * 4;
    std::int64_t rank = 0, hits = 0;
    double gain = 0;
    for (const int at : query_.at) {
      const auto cut = at;
      for (; rank < std::min<std::int64_t>(cut, scratch.list.size()); ++rank) {
        if (!std::binary_search(scratch.targets.begin(), scratch.targets.end(), item_of(scratch.list[rank]))) continue;
        ++hits;
        gain += cutoffs_.discount[rank];
      }
      const std::int64_t capped = std::min<std::int64_t>(cut, targets);
      *out++ = static_cast<double>(hits) / static_cast<double>(targets);
      *out++ = static_cast<double>(hits) / static_cast<double>(capped);
      *out++ = gain / cutoffs_.ideal[capped - 1];
      *out++ = hits > 0 ? 1.0 : 0.0;
    }
  }

  /// Of the whole list; masked items are -infinity already. Each item is placed among the sorted scores of the targets.
  double auc(const float* scores, Scratch& scratch) const {
    auto& sorted = scratch.target_scores;
    sorted.clear();
    for (const std::int32_t item : scratch.targets) sorted.push_back(scores[item]);
    std::sort(sorted.begin(), sorted.end());
    std::int64_t twice = 0;  // pairs won, counted double: an equal pair is one
    std::int64_t others = 0;
    auto next = scratch.targets.begin();
    for (std::int64_t item = 0; item < query_.targets.columns; ++item) {
      if (next != scratch.targets.end() && *next == item) {
        ++next;
        continue;
      }
      if (scores[item] == masked) continue;
      ++others;
      const auto [low, high] = std::equal_range(sorted.begin(), sorted.end(), scores[item]);
      twice += 2 * (sorted.end() - high) + (high - low);
    }
    if (others == 0) return 0.5;
    return static_cast<double>(twice) / (2.0 * static_cast<double>(others) * static_cast<double>(sorted.size()));
  }

  void keep(std::int64_t place, const Array<std::uint64_t>& list) {
    const std::int32_t user = users_[place];
    auto& answers = answers_[place];
    for (std::int64_t r = 0; r < std::min<std::int64_t>(list.size(), query_.keep); ++r) {
      answers.push_back({user, item_of(list[r]), static_cast<std::int32_t>(r + 1), score_of(list[r])});
    }
  }

  const RankingQuery& query_;
  Cutoffs cutoffs_;
  int deepest_;
  Threads& threads_;
  Array<Scratch> scratch_;     // one a worker
  Array<std::int32_t> users_;  // those with targets
  Array<double> values_;       // users × cut-offs × (recall, capped-recall, ndcg, hr)
  Array<double> auc_;          // by user, when asked for
  Array<Array<RankedItem>> answers_;
};

}  // namespace

RankingResult evaluate_ranking(const Trainer& trainer, const RankingQuery& query, Threads& threads) {
  check(query);
  const auto start = std::chrono::steady_clock::now();
  Evaluation evaluation(query, threads);
  evaluation.run(trainer);
  RankingResult result = evaluation.result();
  result.score_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

}  // namespace embrace
