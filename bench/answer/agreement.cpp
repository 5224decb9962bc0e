#include "bench/answer/agreement.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "bench/judge/sources.hpp"
#include "host/metrics/holm.hpp"

namespace embrace::answer {
namespace {

/// All pairs of the rows of one table, by value and after Holm's correction.
class Pairs {
 public:
  Pairs(const Rows& rows, const std::string& metric) : count_(rows.size()), order_(count_ * count_), sure_(order_) {
    Array<double> p_values;
    for (std::size_t a = 0; a < count_; ++a) {
      for (std::size_t b = a + 1; b < count_; ++b) {
        const auto by = better(metric, *rows[a], *rows[b]);
        const int sign = !by || by->gain == 0 ? 0 : by->gain > 0 ? 1 : -1;
        order_[a * count_ + b] = sign;
        order_[b * count_ + a] = -sign;
        p_values.push_back(by ? by->p : 1);
      }
    }
    const Array<double> adjusted = holm(p_values);
    std::int64_t next = 0;
    for (std::size_t a = 0; a < count_; ++a) {
      for (std::size_t b = a + 1; b < count_; ++b) {
        if (adjusted[next++] >= significant) continue;
        sure_[a * count_ + b] = order(a, b);
        sure_[b * count_ + a] = order(b, a);
      }
    }
  }

  int order(std::size_t a, std::size_t b) const { return order_[a * count_ + b]; }  // 1: a has the better value
  int sure(std::size_t a, std::size_t b) const { return sure_[a * count_ + b]; }    // 0: cannot be told

 private:
  std::size_t count_;
  std::vector<int> order_, sure_;
};

Rows contestants(const Rows& rows, const std::string& metric) {
  Rows list;
  for (const Entry* row : ranked(rows, metric)) {
    const bool control = is_judged(*row) ? judge::names_control(source_of(row->row)) : is_control(row->row.information);
    if (!control) list.push_back(row);
  }
  return list;
}

Agreement agreement_of(const std::string& a, const Rows& of_a, const std::string& b, const Rows& of_b,
                       const std::string& metric) {
  Agreement result{.a = a, .b = b, .sources = static_cast<int>(of_a.size())};
  const Pairs by_a(of_a, metric), by_b(of_b, metric);
  int score = 0;
  for (std::size_t x = 0; x < of_a.size(); ++x) {
    for (std::size_t y = x + 1; y < of_a.size(); ++y) {
      ++result.pairs;
      score += by_a.order(x, y) * by_b.order(x, y);
      const int of_both = by_a.sure(x, y) * by_b.sure(x, y);
      if (of_both > 0) ++result.both;
      if (of_both < 0) ++result.against;
      if (of_both == 0 && (by_a.sure(x, y) != 0 || by_b.sure(x, y) != 0)) ++result.one;
    }
  }
  result.tau = static_cast<double>(score) / result.pairs;
  return result;
}

}  // namespace

std::string Agreement::sentence() const {
  return fmt::format(
      "{} and {} order the {} embeddings with Kendall's tau {:.2f}. Of {} pairs both tell {} apart in the same order "
      "and {} in "
      "opposite orders; {} only one of them does, and {} neither.",
      a, b, sources, tau, pairs, both, against, one, pairs - both - against - one);
}

std::vector<RankInterval> rank_intervals(const Rows& rows, const std::string& metric) {
  const Rows list = contestants(rows, metric);
  const Pairs pairs(list, metric);
  std::vector<RankInterval> ranks;
  for (std::size_t r = 0; r < list.size(); ++r) {
    RankInterval rank{name_of(*list[r]), 1, static_cast<int>(list.size())};
    for (std::size_t other = 0; other < list.size(); ++other) {
      if (pairs.sure(other, r) > 0) ++rank.best;
      if (pairs.sure(r, other) > 0) --rank.worst;
    }
    ranks.push_back(std::move(rank));
  }
  return ranks;
}

std::vector<Agreement> agreements(const std::map<std::string, Rows>& judges, const std::string& metric) {
  std::vector<Agreement> all;
  for (auto a = judges.begin(); a != judges.end(); ++a) {
    for (auto b = std::next(a); b != judges.end(); ++b) {
      Rows of_a, of_b;  // the same sources in the same order
      for (const Entry* row : contestants(a->second, metric)) {
        for (const Entry* other : contestants(b->second, metric)) {
          if (source_of(other->row) != source_of(row->row)) continue;
          of_a.push_back(row);
          of_b.push_back(other);
        }
      }
      if (of_a.size() > 1) all.push_back(agreement_of(a->first, of_a, b->first, of_b, metric));
    }
  }
  return all;
}

}  // namespace embrace::answer
