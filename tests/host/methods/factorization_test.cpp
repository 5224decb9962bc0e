// als, ials and sgd against plain double loops, and what is particular to each.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "host/error.hpp"
#include "host/math/normal_equations.hpp"
#include "host/matrix.hpp"
#include "host/methods/registry.hpp"
#include "host/span.hpp"
#include "tests/planted.hpp"
#include "tests/reference/alternating_reference.hpp"
#include "tests/same_bits.hpp"

namespace embrace {
namespace {

using test::Data;
using test::Dense;
using test::Pairs;
using test::ReferenceModel;
using test::Settings;
using test::Trained;

/// 12 × 9, the last user and item without ratings, one user with all other items.
const Data& small_data() {
  static const Data data = [] {
    Pairs pairs;
    const Random random(7, Stream::synthetic);
    for (std::int64_t u = 0; u < 11; ++u) {
      for (std::int64_t i = 0; i < 8; ++i) {
        const auto pair = static_cast<std::uint64_t>(u * 8 + i);
        if (u == 3 || random.uniform(pair, 0) < 0.4) pairs.add(u, i, 1 + std::floor(5 * random.uniform(pair, 1)));
      }
    }
    return Data(12, 9, pairs);
  }();
  return data;
}

std::vector<double> to_double(Span<const float> values, std::int64_t size) {
  if (values.empty()) return std::vector<double>(static_cast<std::size_t>(size), 0);
  return {values.begin(), values.end()};
}

/// The model as the trainer holds it before its first epoch.
ReferenceModel initial_model(const EmbeddingView& e) {
  return {test::to_dense(e.users), test::to_dense(e.items), to_double(e.user_bias, e.users.rows),
          to_double(e.item_bias, e.items.rows), static_cast<double>(e.offset)};
}

/// A trainer that has not run an epoch, and what it refers to.
struct Untrained {
  Untrained(const std::string& name, Task task, const Data& data, const Settings& settings)
      : hyper(make_hyper(*find_method(name), task, settings)), threads(2) {
    trainer = find_method(name)->cpu(data.problem(task, hyper, 1, threads));
  }
  Hyper hyper;
  Threads threads;
  std::unique_ptr<Trainer> trainer;
};

double largest_difference(const ReferenceModel& reference, const EmbeddingView& e) {
  const ReferenceModel model = initial_model(e);
  double largest = 0;
  for (std::size_t u = 0; u < model.users.size(); ++u) {
    for (std::size_t i = 0; i < model.items.size(); ++i) {
      const double difference = std::fabs(model.predict(u, i) - reference.predict(u, i));
      if (!(difference <= largest)) largest = difference;  // a NaN stays
    }
  }
  return largest;
}

class Factors : public ::testing::TestWithParam<double> {};
INSTANTIATE_TEST_SUITE_P(Sweep, Factors, ::testing::Values(1, 2, 3, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129));
INSTANTIATE_TEST_SUITE_P(Large, Factors, ::testing::Values(255, 257));

// Tolerances. Backward-stable solving in float errs by about c · 2^-24 · κ relative, κ the condition of the system.
// With n ≤ 11 vectors y the largest eigenvalue is below Σ |y|² and the smallest is the regularization: 1.5 n^½ for als,
// so that κ < 10 while |y|² < 5; about 1 for ials with the settings below, and κ < 10 too. Half-sweeps add up; c stays
// below 10 as sums are short. Ratings are at most 5: 2 · 10 · 6e-8 · 10 · 5 = 6e-5 at worst, 1e-5 relative to the
// scale.
constexpr double als_tolerance = 5e-5;
constexpr double ials_tolerance = 1e-5;

TEST_P(Factors, AlsEpochIsTheExactMinimum) {
  const Data& data = small_data();
  Untrained als("als", Task::rating, data, {{"factors", GetParam()}});
  ReferenceModel reference = initial_model(*als.trainer->embedding());
  test::als_half_sweep(data.ratings.view(), reference.items, reference.item_bias, reference.offset, als.hyper,
                       reference.users, reference.user_bias);
  test::als_half_sweep(data.by_item.view(), reference.users, reference.user_bias, reference.offset, als.hyper,
                       reference.items, reference.item_bias);
  const EpochResult result = als.trainer->epoch();
  EXPECT_LE(largest_difference(reference, *als.trainer->embedding()), als_tolerance);

  double loss = 0;
  const CsrView ratings = data.ratings.view();
  const auto penalty = [&](CsrView rows, const Dense& vectors, const std::vector<double>& bias) {
    for (std::int64_t r = 0; r < rows.rows; ++r) {
      const auto row = static_cast<std::size_t>(r);
      double squares = 0;
      for (const double x : vectors[row]) squares += x * x;
      loss += als.hyper["regularization"] * std::pow(static_cast<double>(rows.row_size(r)), als.hyper["nu"]) * squares +
              als.hyper["bias_regularization"] * bias[row] * bias[row];
    }
  };
  for (std::int64_t u = 0; u < ratings.rows; ++u) {
    for (std::int64_t e = ratings.offsets[u]; e < ratings.offsets[u + 1]; ++e) {
      loss += std::pow(static_cast<double>(ratings.values[e]) -
                           reference.predict(static_cast<std::size_t>(u), static_cast<std::size_t>(ratings.indices[e])),
                       2);
    }
  }
  penalty(ratings, reference.users, reference.user_bias);
  penalty(data.by_item.view(), reference.items, reference.item_bias);
  EXPECT_NEAR(result.objective, loss / static_cast<double>(ratings.entries()), 1e-5);
}

TEST_P(Factors, IalsEpochIsTheExactMinimum) {
  const Data& data = small_data();
  Untrained ials("ials", Task::ranking, data, {{"factors", GetParam()}, {"regularization", 0.1}});
  ReferenceModel reference = initial_model(*ials.trainer->embedding());
  test::ials_half_sweep(data.ratings.view(), reference.items, ials.hyper, reference.users);
  test::ials_half_sweep(data.by_item.view(), reference.users, ials.hyper, reference.items);
  ials.trainer->epoch();
  EXPECT_LE(largest_difference(reference, *ials.trainer->embedding()), ials_tolerance);
}

// Errors of a step carry over to the next by at most the condition of the system, as in a solution.
TEST_P(Factors, IalsGradientStepsFollowTheFormula) {
  const Data& data = small_data();
  for (const int steps : {1, 3}) {
    Untrained ials("ials", Task::ranking, data,
                   {{"factors", GetParam()}, {"regularization", 0.1}, {"cg_steps", static_cast<double>(steps)}});
    ReferenceModel reference = initial_model(*ials.trainer->embedding());
    for (int epoch = 0; epoch < 2; ++epoch) {  // the second starts from what the first has reached
      test::ials_gradient_half_sweep(data.ratings.view(), reference.items, ials.hyper, steps, reference.users);
      test::ials_gradient_half_sweep(data.by_item.view(), reference.users, ials.hyper, steps, reference.items);
      ials.trainer->epoch();
      EXPECT_LE(largest_difference(reference, *ials.trainer->embedding()), 2 * ials_tolerance) << steps << " " << epoch;
    }
  }
}

TEST_P(Factors, IalsBlocksFollowTheFormula) {
  const Data& data = small_data();
  for (const std::size_t block : {16U, 48U}) {
    Untrained ials("ials", Task::ranking, data,
                   {{"factors", GetParam()}, {"regularization", 0.1}, {"block", static_cast<double>(block)}});
    ReferenceModel reference = initial_model(*ials.trainer->embedding());
    for (int epoch = 0; epoch < 2; ++epoch) {
      test::ials_block_half_sweep(data.ratings.view(), reference.items, ials.hyper, block, reference.users);
      test::ials_block_half_sweep(data.by_item.view(), reference.users, ials.hyper, block, reference.items);
      ials.trainer->epoch();
      EXPECT_LE(largest_difference(reference, *ials.trainer->embedding()), 2 * ials_tolerance) << block << " " << epoch;
    }
  }
}

TEST(Ials, ARowIsSolvedInOneWay) {
  EXPECT_THROW(Untrained("ials", Task::ranking, small_data(), {{"cg_steps", 1}, {"block", 16}}), UsageError);
}

TEST_P(Factors, IalsWithManyGradientStepsIsTheExactMinimum) {
  const Data& data = small_data();
  Untrained ials("ials", Task::ranking, data, {{"factors", GetParam()}, {"regularization", 0.1}, {"cg_steps", 60}});
  Untrained exact("ials", Task::ranking, data, {{"factors", GetParam()}, {"regularization", 0.1}});
  const double loss = ials.trainer->epoch().objective;
  // The loss is flat at the minimum: what remains is rounding of float sums of some ten terms, relative to 1.
  EXPECT_NEAR(loss, exact.trainer->epoch().objective, 5e-6);
  EXPECT_LE(largest_difference(initial_model(*exact.trainer->embedding()), *ials.trainer->embedding()),
            2 * ials_tolerance);
}

TEST(Ials, AGramOfManyPartsIsTheSum) {
  Pairs pairs;  // 1100 users: the sum over them is cut into four parts
  for (std::int64_t u = 0; u < 1100; ++u) pairs.add(u, (u * u) % 7, 1);
  const Data data(1100, 7, pairs);
  Untrained ials("ials", Task::ranking, data, {{"factors", 3}, {"regularization", 0.1}});
  ReferenceModel reference = initial_model(*ials.trainer->embedding());
  test::ials_half_sweep(data.ratings.view(), reference.items, ials.hyper, reference.users);
  test::ials_half_sweep(data.by_item.view(), reference.users, ials.hyper, reference.items);
  ials.trainer->epoch();
  EXPECT_LE(largest_difference(reference, *ials.trainer->embedding()), ials_tolerance);
}

TEST(Als, RowsShorterAndLongerThanTheFactorsAreExactMinima) {
  Pairs pairs;  // user u has u + 1 of 70 movies; movies have from 1 to 70 users
  for (std::int64_t u = 0; u < 70; ++u) {
    for (std::int64_t i = 0; i <= u; ++i) pairs.add(u, i, 1 + static_cast<double>((3 * u + i * i) % 5));
  }
  const Data data(70, 70, pairs);
  for (const double factors : {17.0, 32.0, 48.0}) {
    Untrained als("als", Task::rating, data, {{"factors", factors}});
    ReferenceModel reference = initial_model(*als.trainer->embedding());
    test::als_half_sweep(data.ratings.view(), reference.items, reference.item_bias, reference.offset, als.hyper,
                         reference.users, reference.user_bias);
    test::als_half_sweep(data.by_item.view(), reference.users, reference.user_bias, reference.offset, als.hyper,
                         reference.items, reference.item_bias);
    als.trainer->epoch();
    // As above, with sums up to seven times as long.
    EXPECT_LE(largest_difference(reference, *als.trainer->embedding()), 3 * als_tolerance) << factors << " factors";
  }
}

TEST(Als, TheLossNeverRises) {
  const test::Planted planted;
  const Data data(test::Planted::users, test::Planted::items, planted.seen);
  const std::vector<std::pair<std::string, Settings>> cases = {
      {"als", {}}, {"ials", {}}, {"ials", {{"cg_steps", 2}}}, {"ials", {{"block", 32}}}};
  for (const auto& [name, settings] : cases) {
    const Task task = find_method(name)->info.traits.rating ? Task::rating : Task::ranking;
    const Trained trained(*find_method(name), task, data, {.settings = settings, .epochs = 20});
    for (std::size_t e = 1; e < trained.results().size(); ++e) {
      // Float solutions miss the minimum by little, and the loss by the square of that: rounding of the sum remains.
      EXPECT_LE(trained.results()[e].objective, trained.results()[e - 1].objective * (1 + 1e-6)) << name << " " << e;
    }
  }
}

TEST(Als, SingularSystemsHaveFiniteSolutions) {
  for (const double factors : {1.0, 8.0, 64.0}) {
    const Trained als(*find_method("als"), Task::rating, small_data(),
                      {.settings = {{"factors", factors}, {"regularization", 0}, {"bias_regularization", 0}}});
    const Trained ials(*find_method("ials"), Task::ranking, small_data(),
                       {.settings = {{"factors", factors}, {"regularization", 0}, {"alpha", 0}}});
    for (std::size_t u = 0; u < 12; ++u) {
      Pairs pairs;
      for (std::int64_t i = 0; i < 9; ++i) pairs.add(static_cast<std::int64_t>(u), i, 0);
      for (const float p : als.predict(pairs)) EXPECT_LT(std::fabs(p), 1e4F);
      for (const float p : ials.predict(pairs)) EXPECT_LT(std::fabs(p), 1e4F);
    }
  }
}

TEST(Als, FoldingATrainedUserInGivesTheSameUser) {
  const Data& data = small_data();
  Untrained als("als", Task::rating, data, {});
  als.trainer->epoch();
  // A second fold-in of the same ratings is the same computation on the same items.
  als.trainer->fold_in(data.ratings.view());
  const ReferenceModel first = initial_model(*als.trainer->embedding());
  als.trainer->fold_in(data.ratings.view());
  EXPECT_EQ(largest_difference(first, *als.trainer->embedding()), 0.0);
  ReferenceModel reference = first;
  test::als_half_sweep(data.ratings.view(), reference.items, reference.item_bias, reference.offset, als.hyper,
                       reference.users, reference.user_bias);
  EXPECT_LE(largest_difference(reference, *als.trainer->embedding()), als_tolerance);
}

TEST(Ials, ValuesOfRatingsDoNotMatter) {
  const Data& data = small_data();
  Data other = data;
  std::fill(other.ratings.values.begin(), other.ratings.values.end(), 1.0F);
  std::fill(other.by_item.values.begin(), other.by_item.values.end(), 1.0F);
  const Trained a(*find_method("ials"), Task::ranking, data, {});
  const Trained b(*find_method("ials"), Task::ranking, other, {});
  EXPECT_EQ(largest_difference(initial_model(*a.trainer().embedding()), *b.trainer().embedding()), 0.0);
}

// Every user rates one movie of its own: the order of updates does not matter, and a plain loop can follow.
TEST_P(Factors, SgdFollowsTheFormula) {
  constexpr std::int64_t n = 40;
  Pairs pairs;
  for (std::int64_t p = 0; p < n; ++p) pairs.add(p, (7 * p) % n, static_cast<double>(p % 5 + 1));
  const Data data(n, n, pairs);
  Untrained sgd("sgd", Task::rating, data, {{"factors", GetParam()}, {"epochs", 4}, {"nu", 0.7}});
  ReferenceModel m = initial_model(*sgd.trainer->embedding());
  for (int epoch = 0; epoch < 5; ++epoch) {
    const double rate = sgd.hyper["learning_rate"] * std::max(0.05, 1 - epoch / 4.0);
    const double decay = sgd.hyper["regularization"];  // n^(nu-1) = 1
    const double bias_decay = sgd.hyper["bias_regularization"];
    double squares = 0;
    for (std::size_t u = 0; u < n; ++u) {
      const std::size_t i = 7 * u % n;
      const double error = static_cast<double>(pairs.values[u]) - m.predict(u, i);
      squares += error * error;
      m.user_bias[u] += rate * (error - bias_decay * m.user_bias[u]);
      m.item_bias[i] += rate * (error - bias_decay * m.item_bias[i]);
      for (std::size_t k = 0; k < m.users[u].size(); ++k) {
        const double p = m.users[u][k];
        const double q = m.items[i][k];
        m.users[u][k] += rate * (error * q - decay * p);
        m.items[i][k] += rate * (error * p - decay * q);
      }
    }
    const EpochResult result = sgd.trainer->epoch();
    EXPECT_EQ(result.updates, n);
    // Five steps, each rounding values below 5 a few times at 2^-24.
    EXPECT_NEAR(result.objective, squares / n, 1e-5);
    EXPECT_LE(largest_difference(m, *sgd.trainer->embedding()), 1e-5);
  }
}

TEST(Sgd, DivergenceIsThrownInTheEpochWhereItHappens) {
  const test::Planted planted;
  const Data data(test::Planted::users, test::Planted::items, planted.seen);
  Untrained sgd("sgd", Task::rating, data, {{"learning_rate", 50}});
  EXPECT_THROW(sgd.trainer->epoch(), Diverged);
}

TEST(Sgd, EveryRatingIsVisitedOnceAnEpochAlsoOnAGridOfManyBlocks) {
  // 60,000 ratings make 4 × 4 blocks. Without regularization and with one tiny step for each rating, a user's bias is
  // rate · Σ (r - mean) up to terms of second order: a rating left out or taken twice would be off by rate · 1.
  constexpr std::int64_t users = 600;
  constexpr std::int64_t items = 100;
  constexpr double rate = 1e-6;
  Pairs pairs;
  for (std::int64_t u = 0; u < users; ++u) {
    for (std::int64_t i = 0; i < items; ++i) pairs.add(u, i, (u + i) % 2 == 0 ? 1 : 4);
  }
  const Data data(users, items, pairs);
  Untrained sgd("sgd", Task::rating, data,
                {{"learning_rate", rate}, {"regularization", 0}, {"bias_regularization", 0}, {"factors", 1}});
  EXPECT_EQ(sgd.trainer->epoch().updates, users * items);
  const auto e = *sgd.trainer->embedding();
  for (std::int64_t u = 0; u < users; ++u) {
    double sum = 0;
    for (std::int64_t i = 0; i < items; ++i) {
      sum += ((u + i) % 2 == 0 ? 1.0 : 4.0) - static_cast<double>(e.offset) -
             static_cast<double>(e.users(u, 0)) * static_cast<double>(e.items(i, 0));
    }
    EXPECT_NEAR(static_cast<double>(e.user_bias[static_cast<std::size_t>(u)]) / rate, sum, 0.1) << "user " << u;
  }
}

struct Kind {
  std::string name;
  std::string method;
  Task task;
  Settings settings;
};
void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.name; }

class FactorsOfThreads : public testing::TestWithParam<Kind> {};

// 150,000 ratings: sgd's grid has 8 × 8 blocks, and rows are both shorter and longer than the factors are many.
TEST_P(FactorsOfThreads, AreTheSameBitsForAnyNumber) {
  static const Data data = [] {
    constexpr std::int64_t users = 1000, items = 300;
    const Random random(11, Stream::synthetic);
    Pairs pairs;
    for (std::int64_t u = 0; u < users; ++u) {
      for (std::int64_t i = 0; i < items; ++i) {
        const auto pair = static_cast<std::uint64_t>(u * items + i);
        const double share = static_cast<double>(u + 1) / static_cast<double>(users);
        if (random.uniform(pair, 0) < share) pairs.add(u, i, 1 + std::floor(5 * random.uniform(pair, 1)));
      }
    }
    return Data(users, items, pairs);
  }();
  const auto bits = [&](int threads) {
    const Trained trained(*find_method(GetParam().method), GetParam().task, data,
                          {.threads = threads, .settings = GetParam().settings, .epochs = 2});
    const EmbeddingView e = *trained.trainer().embedding();
    std::vector<float> all(e.user_bias.begin(), e.user_bias.end());
    all.insert(all.end(), e.item_bias.begin(), e.item_bias.end());
    for (const auto* side : {&e.users, &e.items}) {
      for (std::int64_t r = 0; r < side->rows; ++r) all.insert(all.end(), side->row(r), side->row(r) + side->columns);
    }
    return all;
  };
  EXPECT_TRUE(test::same_bits_for_any_threads(bits));
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, FactorsOfThreads,
    testing::Values(Kind{"sgd", "sgd", Task::rating, {{"factors", 16}}},
                    Kind{"sgd_beyond_registers", "sgd", Task::rating, {{"factors", 40}}},
                    Kind{"als", "als", Task::rating, {{"factors", 32}}},
                    Kind{"ials", "ials", Task::ranking, {{"factors", 32}}},
                    Kind{"ials_gradient_steps", "ials", Task::ranking, {{"factors", 32}, {"cg_steps", 3}}},
                    Kind{"ials_blocks", "ials", Task::ranking, {{"factors", 32}, {"block", 16}}}),
    [](const auto& kind) { return kind.param.name; });

TEST(NormalEquations, SolveALargeSystem) {
  constexpr std::int64_t k = 1024;
  constexpr std::int64_t rows = 1500;
  Matrix y(rows, k);
  const Random random(3, Stream::synthetic);
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t c = 0; c < k; ++c) {
      y(r, c) = static_cast<float>(random.uniform(static_cast<std::uint64_t>(r), static_cast<std::uint32_t>(c)) - 0.5);
    }
  }
  NormalEquations equations(k);
  equations.clear(k);
  std::vector<std::int32_t> all(rows);
  std::iota(all.begin(), all.end(), 0);
  equations.add(y.view(), all, nullptr);
  equations.add_diagonal(50);
  equations.factorize();
  AlignedVector<float> x(k);
  equations.solve(equations.sum(), x.data());
  // Residual of (Y'Y + 50 I) x = Y'1 in double, relative to the right-hand side. A backward-stable solver leaves
  // about 2^-24 · (largest eigenvalue · |x|) / |b| with a factor of tens; eigenvalues are below 1500 · 4 / 12 + 50.
  double residual = 0;
  double size = 0;
  std::vector<double> fitted(rows, 0);
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t c = 0; c < k; ++c) {
      fitted[static_cast<std::size_t>(r)] +=
          static_cast<double>(y(r, c)) * static_cast<double>(x[static_cast<std::size_t>(c)]);
    }
  }
  for (std::int64_t c = 0; c < k; ++c) {
    double left = 50 * static_cast<double>(x[static_cast<std::size_t>(c)]);
    double right = 0;
    for (std::int64_t r = 0; r < rows; ++r) {
      left += static_cast<double>(y(r, c)) * fitted[static_cast<std::size_t>(r)];
      right += static_cast<double>(y(r, c));
    }
    residual += (left - right) * (left - right);
    size += right * right;
  }
  EXPECT_LE(std::sqrt(residual / size), 2e-5);
}

}  // namespace
}  // namespace embrace
