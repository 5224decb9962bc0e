// Intervals and marks promise how often they are wrong: simulated, as docs/statistics.md shows. Here briefly, with a
// seed;
//   EMBRACE_SIMULATIONS=10000 build/bin/coverage_test
// takes longer and shows the shares with less noise.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <string>

#include "host/metrics/best_set.hpp"
#include "host/metrics/estimate.hpp"
#include "host/random.hpp"

namespace embrace {
namespace {

int simulations(int usual) {
  const char* asked = std::getenv("EMBRACE_SIMULATIONS");
  return asked == nullptr ? usual : std::atoi(asked);
}

/// A share of trials in percent, and two standard errors of it: a bound may be missed by that much.
struct Share {
  double percent = 0, slack = 0;
  Share(int hits, int trials)
      : percent(100.0 * hits / trials), slack(200 * std::sqrt(0.05 * 0.95 / static_cast<double>(trials))) {}
};

void show(const std::string& what, const Share& share) {
  std::printf("%-60s %5.1f %%\n", what.c_str(), share.percent);
  testing::Test::RecordProperty(what, std::to_string(share.percent));
}

/// Numbers of one simulated world, in order.
class World {
 public:
  World(std::uint64_t number, std::uint64_t part) : random_(number * 64 + part, Stream::sampling) {}
  double normal() { return random_.normal(next_++); }
  double uniform() { return random_.uniform(next_++); }

 private:
  Random random_;
  std::uint64_t next_ = 0;
};

UserValues empty_metric(const char* name, bool root) {
  UserValues metric;
  metric.name = name;
  metric.root = root;
  return metric;
}
void add_user(UserValues& metric, double sum, double weight) {
  metric.users.push_back(metric.users.size() + 1);
  metric.sums.push_back(sum);
  metric.weights.push_back(weight);
}

/// What samples of users are drawn from: 'rmse' with numbers of ratings as unlike as those of MovieLens and users who
/// are hard to predict, a hit rate, and NDCG that is mostly zero. The true values are known.
struct Population {
  const char* name;
  double truth;
  UserValues (*draw)(World& world, int users);
};

UserValues draw_rmse(World& world, int users) {
  UserValues metric = empty_metric("rmse", true);
  for (int u = 0; u < users; ++u) {
    const double ratings = 1 + std::floor(std::exp(2.5 + 0.8 * world.normal()));
    const double hardness = std::exp(0.5 * world.normal() - 0.125);  // mean 1
    const double sum = ratings * hardness * (1 + std::sqrt(1.5 / ratings) * (2 * world.uniform() - 1));
    add_user(metric, sum, ratings);
  }
  return metric;
}
UserValues draw_hits(World& world, int users) {
  UserValues metric = empty_metric("hr@10", false);
  for (int u = 0; u < users; ++u) add_user(metric, world.uniform() < 0.9 ? 1 : 0, 1);
  return metric;
}
UserValues draw_gains(World& world, int users) {
  UserValues metric = empty_metric("ndcg@10", false);
  for (int u = 0; u < users; ++u) {
    const bool hit = world.uniform() < 0.15;
    const double rank = 1 + std::floor(10 * world.uniform());
    add_user(metric, hit ? 1 / std::log2(rank + 1) : 0, 1);
  }
  return metric;
}
double mean_gain() {
  double sum = 0;
  for (int rank = 1; rank <= 10; ++rank) sum += 1 / std::log2(rank + 1.0);
  return 0.15 * sum / 10;
}

Replicate replicate_of(const UserValues& metric, const Array<double>& draws) {
  return {metric.value(), {draws.begin(), draws.end()}};
}

TEST(Coverage, IntervalsOfOneRunHoldTheTruthAsOftenAsTheySay) {
  Threads threads(2);
  const Population populations[] = {
      {"rmse", 1, draw_rmse}, {"hr@10", 0.9, draw_hits}, {"ndcg@10", mean_gain(), draw_gains}};
  for (const Population& population : populations) {
    for (const int users : {100, 400}) {
      const int trials = simulations(100000 / users);
      int held = 0;
      for (int trial = 0; trial < trials; ++trial) {
        World world(static_cast<std::uint64_t>(trial), 0);
        const UserValues metric = population.draw(world, users);
        const Replicate one = replicate_of(metric, bootstrap({&metric, 1}, threads)[0]);
        const Interval interval = estimate({&one, 1}, metric.effective_users()).interval();
        held += static_cast<int>(interval.low <= population.truth && population.truth <= interval.high);
      }
      const Share share(held, trials);
      show(std::string(population.name) + ", interval of a run, users " + std::to_string(users), share);
      EXPECT_GE(share.percent, 93 - share.slack);
      EXPECT_LE(share.percent, 97 + share.slack);
    }
  }
}

/// Users and seeds crossed: value = what is common to all methods for the user + this method's own + seed + both.
struct Method {
  int users = 100, seeds = 1;
  double own = 0.5;          // standard deviation of what the method makes of a user
  double seed_effect = 0;    // of a seed, as a multiple of the standard error from `interaction`
  double interaction = 0.3;  // of a user with a seed
};

/// Rows of equal methods on the same users; each with seeds of its own.
std::vector<std::vector<Replicate>> draw_rows(std::uint64_t trial, const Method& method, int rows, Threads& threads) {
  World world(trial, 1);
  std::vector<double> common(static_cast<std::size_t>(method.users));
  for (double& value : common) value = world.normal();
  std::vector<UserValues> metrics;
  for (int row = 0; row < rows; ++row) {
    World of_row(trial, static_cast<std::uint64_t>(2 + row));
    std::vector<double> own = common;
    for (double& value : own) value += method.own * of_row.normal();
    for (int seed = 0; seed < method.seeds; ++seed) {
      const double shift = method.seed_effect * method.interaction / std::sqrt(method.users) * of_row.normal();
      metrics.push_back(empty_metric("ndcg@10", false));
      for (const double value : own) add_user(metrics.back(), value + shift + method.interaction * of_row.normal(), 1);
    }
  }
  const auto draws = bootstrap(metrics, threads);
  std::vector<std::vector<Replicate>> result(static_cast<std::size_t>(rows));
  for (std::size_t m = 0; m < metrics.size(); ++m) {
    result[m / static_cast<std::size_t>(method.seeds)].push_back(replicate_of(metrics[m], draws[m]));
  }
  return result;
}

Share told_apart(const Method& method, int trials) {
  Threads threads(2);
  int apart = 0;
  for (int trial = 0; trial < trials; ++trial) {
    const auto rows = draw_rows(static_cast<std::uint64_t>(trial), method, 2, threads);
    const Interval interval = estimate(difference(rows[0], rows[1]), method.users).interval();
    apart += static_cast<int>(interval.low > 0 || interval.high < 0);
  }
  return {apart, trials};
}

// The effects are those seen on MovieLens: at equal data, seeds of one method vary by 1 to 2 standard errors of users.
TEST(Coverage, TheSameMethodWithOtherSeedsIsNotToldApart) {
  for (const double effect : {0.0, 1.1, 1.7}) {
    const Share share = told_apart({.users = 100, .seeds = 5, .own = 0, .seed_effect = effect}, simulations(300));
    show("same method, 5 seeds each, effect " + std::to_string(effect).substr(0, 3), share);
    EXPECT_LE(share.percent, 7 + share.slack);
  }
}

// What one seed hides: the reason why rows with one seed say so.
TEST(Coverage, OneSeedTellsAMethodFromItself) {
  const Share share = told_apart({.users = 100, .seeds = 1, .own = 0, .seed_effect = 1.7}, simulations(300));
  show("same method, 1 seed each, effect 1.7", share);
  EXPECT_GT(share.percent, 20);
}

Share ties_lost(const Method& method, int rows, int trials) {
  Threads threads(2);
  int lost = 0;
  for (int trial = 0; trial < trials; ++trial) {
    std::vector<Competitor> competitors;
    for (auto& replicates : draw_rows(static_cast<std::uint64_t>(trial), method, rows, threads)) {
      competitors.push_back({std::move(replicates), static_cast<int>(competitors.size())});
    }
    const std::vector<bool> in = best_set(competitors, method.users, true);
    lost += static_cast<int>(std::count(in.begin(), in.end(), false) > 0);
  }
  return {lost, trials};
}

TEST(Coverage, OfSixteenEqualMethodsNoneLosesItsTie) {
  const int trials = simulations(100);
  for (const Method& method :
       {Method{.users = 100, .seeds = 1, .interaction = 0}, Method{.users = 100, .seeds = 5, .seed_effect = 1.1},
        Method{.users = 100, .seeds = 5, .own = 0, .seed_effect = 1.7}}) {
    const Share share = ties_lost(method, 16, trials);
    show("16 equal methods, a tie lost, seeds " + std::to_string(method.seeds) + ", own " +
             std::to_string(method.own).substr(0, 3),
         share);
    EXPECT_LE(share.percent, 7 + share.slack);
  }
}

}  // namespace
}  // namespace embrace
