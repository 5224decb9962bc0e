#include "host/metrics/best_set.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "host/random.hpp"

namespace embrace {
namespace {

/// Of the random numbers that stand for another draw of replicates: not those of users.
constexpr std::uint64_t replicate_seed = 0x7265706561747321U;

/// A row in the joint draws, were all rows equal: by how much users put it off, and other replicates.
struct Row {
  std::vector<double> users;                    // by draw
  std::vector<double> repeats;                  // by draw: of the mean, beyond what users make of it
  std::vector<std::vector<double>> deviations;  // replicates × draws: from their mean
};

/// Replicates are drawn as normal numbers with the variance that was seen.
void draw_replicates(const Competitor& competitor, std::uint64_t place, Row& row) {
  const Estimate mean = estimate(competitor.replicates, 0);
  const std::size_t draws = row.users.size(), count = competitor.replicates.size();
  double squares = 0;
  for (const Replicate& r : competitor.replicates) squares += (r.value - mean.value) * (r.value - mean.value);
  const auto n = static_cast<double>(count);
  const double deviation = std::sqrt(squares / (n - 1)), of_mean = std::sqrt(mean.repeat_variance);
  row.deviations.assign(count, std::vector<double>(draws));
  const Random random(replicate_seed, Stream::bootstrap);
  for (std::size_t b = 0; b < draws; ++b) {
    double sum = 0;
    for (std::size_t r = 0; r < count; ++r) {
      const double number = random.normal(place * count + r, static_cast<std::uint32_t>(b));
      row.deviations[r][b] = deviation * number;
      sum += number;
    }
    row.repeats[b] = of_mean * sum / std::sqrt(n);
    for (std::size_t r = 0; r < count; ++r) row.deviations[r][b] -= deviation * sum / n;
  }
}

Row row_of(const Competitor& competitor, std::uint64_t place) {
  const std::size_t draws = competitor.replicates[0].draws.size();
  const auto count = static_cast<double>(competitor.replicates.size());
  Row row{std::vector<double>(draws), std::vector<double>(draws), {}};
  double center = 0;
  for (const Replicate& replicate : competitor.replicates) {
    for (std::size_t b = 0; b < draws; ++b) row.users[b] += replicate.draws[b] / count;
  }
  for (const double draw : row.users) center += draw / static_cast<double>(draws);
  for (double& draw : row.users) draw -= center;
  if (competitor.replicates.size() > 1) draw_replicates(competitor, place, row);
  return row;
}

/// How much better a is than b, in standard errors, and what their draws are to be divided by.
struct Pair {
  std::size_t a = 0, b = 0;
  double score = 0;
  double user_variance = 0, interaction = 0;
  double widening = 0;  // of the users' draws, to that variance
};

class Comparison {
 public:
  Comparison(Span<const Competitor> rows, double users, bool higher_is_better)
      : in_(static_cast<std::size_t>(rows.size()), true), largest_(rows[0].replicates[0].draws.size()) {
    for (const Competitor& row : rows) rows_.push_back(row_of(row, rows_.size()));
    for (std::size_t a = 0; a < rows_.size(); ++a) {
      for (std::size_t b = a + 1; b < rows_.size(); ++b) {
        if (rows[a].work != rows[b].work) add_pair(rows, a, b, users, higher_is_better ? 1 : -1);
      }
    }
  }

  std::vector<bool> run(double level) {
    while (drop(level)) continue;
    return in_;
  }

 private:
  void add_pair(Span<const Competitor> rows, std::size_t a, std::size_t b, double users, double sign) {
    Estimate gain = estimate(difference(rows[a].replicates, rows[b].replicates), users);
    gain.freedom = gain.user_freedom;  // that replicates are few shows in the draws, too
    Pair pair{a, b, sign * gain.score(), gain.user_variance, gain.interaction, 0};
    double spread = 0;
    for (std::size_t d = 0; d < largest_.size(); ++d) {
      const double off = rows_[a].users[d] - rows_[b].users[d];
      spread += off * off / static_cast<double>(largest_.size());
    }
    if (spread > 0) pair.widening = std::sqrt(gain.user_variance / spread);
    pairs_.push_back(pair);
  }

  /// The pair's difference in a draw, in standard errors as they would be estimated from it.
  double drawn_score(const Pair& pair, std::size_t draw) const {
    const Row &a = rows_[pair.a], &b = rows_[pair.b];
    const auto count = static_cast<double>(a.deviations.size());
    double between = 0;
    for (std::size_t r = 0; r < a.deviations.size(); ++r) {
      const double d = a.deviations[r][draw] - b.deviations[r][draw];
      between += d * d / (count * (count - 1));
    }
    const double variance = pair.user_variance + std::max(0.0, between - pair.interaction);
    const double off = pair.widening * (a.users[draw] - b.users[draw]) + a.repeats[draw] - b.repeats[draw];
    return variance > 0 ? std::abs(off) / std::sqrt(variance) : 0;
  }

  bool both_in(const Pair& pair) const { return in_[pair.a] && in_[pair.b]; }

  /// The quantile of the largest difference of two rows that are in, in standard errors, were all of them equal.
  double critical(double level) {
    std::fill(largest_.begin(), largest_.end(), 0.0);
    for (const Pair& pair : pairs_) {
      if (!both_in(pair)) continue;
      for (std::size_t d = 0; d < largest_.size(); ++d) largest_[d] = std::max(largest_[d], drawn_score(pair, d));
    }
    return percentile_interval(largest_, 2 * level - 1).high;
  }

  bool drop(double level) {
    const double limit = critical(level);
    std::vector<std::size_t> worse;
    for (const Pair& pair : pairs_) {
      if (both_in(pair) && std::abs(pair.score) > limit) worse.push_back(pair.score > 0 ? pair.b : pair.a);
    }
    for (const std::size_t row : worse) in_[row] = false;
    return !worse.empty();
  }

  std::vector<bool> in_;
  std::vector<double> largest_;  // by draw
  std::vector<Row> rows_;
  std::vector<Pair> pairs_;
};

}  // namespace

std::vector<bool> best_set(Span<const Competitor> rows, double users, bool higher_is_better, double level) {
  if (rows.empty()) return {};
  for (const Competitor& row : rows) {
    bool alike = !row.replicates.empty() && row.replicates.size() == rows[0].replicates.size();
    for (const Replicate& replicate : row.replicates) {
      alike = alike && !replicate.draws.empty() && replicate.draws.size() == rows[0].replicates[0].draws.size();
    }
    if (!alike) throw std::invalid_argument("best_set: rows differ in their replicates or draws");
  }
  return Comparison(rows, users, higher_is_better).run(level);
}

}  // namespace embrace
