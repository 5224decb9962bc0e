// Bayesian bootstrap (Rubin 1981, The Annals of Statistics 9) and percentile intervals.
#include "host/metrics/statistics.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <stdexcept>

#include "host/array.hpp"
#include "host/random.hpp"
#include "host/span.hpp"
#include "host/threads.hpp"

namespace embrace {
namespace {

// Part of every record's meaning: another number would break the pairing with draws that are already stored.
constexpr std::uint64_t bootstrap_seed = 0x656d6272616365;
constexpr std::int64_t draws = bootstrap_draws;
static_assert(draws % 4 == 0);

/// -ln((x + 1/2) / 2^32) for 32 random bits: a standard exponential number. Only IEEE basic operations, so that it
/// has the same bits everywhere (a library's log need not), and no branch, so that loops over it vectorize.
/// u = 2^k z with z in [0.707, 1.414); ln z = 2 artanh((z - 1) / (z + 1)), series to s^15: relative error < 1e-12.
inline double exponential(std::uint32_t x) {
  constexpr std::uint64_t two_52 = 0x4330000000000000U;  // bits of 2^52: or-ing in an integer makes 2^52 + integer
  constexpr std::uint64_t half_root = 0x3fe6a09e667f3bcdU;
  const double u = (std::bit_cast<double>(two_52 | x) - 0x1p52 + 0.5) * 0x1p-32;
  const auto bits = std::bit_cast<std::uint64_t>(u);
  // Biased by 1024 so that it stays positive: u in (0, 1) has an exponent between -33 and 0.
  const std::uint64_t shifted = bits - half_root + (std::uint64_t{1024} << 52U);
  const double k = std::bit_cast<double>(two_52 | (shifted >> 52U)) - 0x1p52 - 1024.0;
  const double z = std::bit_cast<double>(bits - ((shifted >> 52U) << 52U) + (std::uint64_t{1024} << 52U));
  const double s = (z - 1.0) / (z + 1.0);
  const double q = s * s;
  double series = 1.0 / 15.0;
  series = series * q + 1.0 / 13.0;
  series = series * q + 1.0 / 11.0;
  series = series * q + 1.0 / 9.0;
  series = series * q + 1.0 / 7.0;
  series = series * q + 1.0 / 5.0;
  series = series * q + 1.0 / 3.0;
  series = series * q + 1.0;
  return -(k * 0.693147180559945309417 + 2.0 * s * series);
}

using Draws = FixedArray<double, draws>;

void fill_weights(const Random& random, std::int64_t user, Draws& weights) {
  FixedArray<std::uint32_t, draws> bits{};
  for (std::int64_t b = 0; b < draws; b += 4) {
    const auto four = random.bits(static_cast<std::uint64_t>(user), static_cast<std::uint32_t>(b / 4));
    std::copy(four.begin(), four.end(), bits.begin() + b);
  }
  for (std::int64_t b = 0; b < draws; ++b) weights[b] = exponential(bits[b]);
}

/// Metrics over the same users. Every distinct list of numbers to be averaged (sums and weights) is a column once.
struct Group {
  Span<const std::int64_t> users;
  Array<std::int64_t> metrics;
  Array<Span<const double>> columns;
  Array<std::pair<std::int64_t, std::int64_t>> fractions;  // numerator, denominator of each metric

  std::int64_t column_of(const Array<double>& values) {
    for (std::int64_t c = 0; c < columns.size(); ++c) {
      if (std::equal(columns[c].begin(), columns[c].end(), values.begin(), values.end())) return c;
    }
    columns.emplace_back(values);
    return columns.size() - 1;
  }
};

Array<Group> group_by_users(Span<const UserValues> metrics) {
  Array<Group> groups;
  for (std::int64_t m = 0; m < metrics.size(); ++m) {
    const auto& users = metrics[m].users;
    if (users.empty() || users.size() != metrics[m].sums.size() || users.size() != metrics[m].weights.size()) {
      throw std::invalid_argument("bootstrap: metric " + metrics[m].name + " has no users, or lists of unlike length");
    }
    auto group = std::find_if(groups.begin(), groups.end(), [&](const Group& g) {
      return std::equal(g.users.begin(), g.users.end(), users.begin(), users.end());
    });
    if (group == groups.end()) {
      groups.push_back({users, {}, {}, {}});
      group = groups.end() - 1;
    }
    group->metrics.push_back(m);
    const std::int64_t numerator = group->column_of(metrics[m].sums);
    group->fractions.emplace_back(numerator, group->column_of(metrics[m].weights));
  }
  return groups;
}

/// Weighted column sums of users [begin, end) into `totals` (columns × draws, zero at first).
void add_users(const Group& group, std::int64_t begin, std::int64_t end, double* totals) {
  const Random random(bootstrap_seed, Stream::bootstrap);
  Draws weights;
  for (std::int64_t u = begin; u < end; ++u) {
    fill_weights(random, group.users[u], weights);
    for (std::int64_t c = 0; c < group.columns.size(); ++c) {
      const double value = group.columns[c][u];
      if (value == 0) continue;  // most users' hits, and exact
      double* total = totals + c * draws;
      for (std::int64_t b = 0; b < draws; ++b) total[b] += value * weights[b];
    }
  }
}

/// Column totals in a fixed order: at most 256 blocks of users, cut by their number alone, added one after another.
Array<double> totals_of(const Group& group, Threads& threads) {
  const auto users = group.users.size();
  const std::int64_t block = std::max<std::int64_t>(16, (users + 255) / 256);
  const std::int64_t width = group.columns.size() * draws;
  Array<Array<double>> parts((users + block - 1) / block);
  threads.for_ranges(users, block, [&](std::int64_t begin, std::int64_t end, int) {
    auto& part = parts[begin / block];
    part.assign(width, 0.0);
    add_users(group, begin, end, part.data());
  });
  for (std::int64_t p = 1; p < parts.size(); ++p) {
    for (std::int64_t i = 0; i < width; ++i) parts[0][i] += parts[p][i];
  }
  return std::move(parts[0]);
}

}  // namespace

Array<Array<double>> bootstrap(Span<const UserValues> metrics, Threads& threads) {
  Array<Array<double>> result(metrics.size());
  for (const Group& group : group_by_users(metrics)) {
    const Array<double> totals = totals_of(group, threads);
    for (std::int64_t g = 0; g < group.metrics.size(); ++g) {
      const std::int64_t m = group.metrics[g];
      const double* numerator = totals.data() + group.fractions[g].first * draws;
      const double* denominator = totals.data() + group.fractions[g].second * draws;
      result[m].resize(draws);
      for (std::int64_t b = 0; b < draws; ++b) {
        const double ratio = numerator[b] / denominator[b];
        result[m][b] = metrics[m].root ? std::sqrt(ratio) : ratio;
      }
    }
  }
  return result;
}

Interval percentile_interval(Array<double> values, double level) {
  if (values.empty() || !(level > 0 && level < 1)) {
    throw std::invalid_argument("percentile_interval: needs draws and a level between 0 and 1");
  }
  std::sort(values.begin(), values.end());
  const auto quantile = [&](double share) {
    const double position = share * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::int64_t>(position);
    const std::int64_t above = std::min(below + 1, values.size() - 1);
    return values[below] + (position - static_cast<double>(below)) * (values[above] - values[below]);
  };
  return {quantile((1 - level) / 2), quantile((1 + level) / 2)};
}

}  // namespace embrace
