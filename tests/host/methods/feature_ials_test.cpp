// feature-ials against plain double loops, and what its features are for.
#include <gtest/gtest.h>

#include <cmath>
#include <memory>

#include "tests/feature_problem.hpp"
#include "tests/planted.hpp"
#include "tests/reference/feature_ials_reference.hpp"
#include "tests/same_bits.hpp"

namespace embrace {
namespace {

using test::Data;
using test::FeatureProblem;
using test::FeatureSide;
using test::largest_difference;
using test::Pairs;
using test::Planted;
using test::Settings;
using test::Trained;

constexpr std::int64_t users = 12, items = 16;

const Method& method() { return *find_method("feature-ials"); }

/// About half of all pairs, features of every kind on both sides; the last user and movie have features alone.
const FeatureProblem& small_problem() {
  static const FeatureProblem problem = test::mixed_problem(users, items);
  return problem;
}

/// A trainer that has not run an epoch, and what it refers to.
struct Untrained {
  Untrained(const FeatureProblem& data, const Settings& settings, int workers = 2)
      : hyper(make_hyper(method(), Task::ranking, settings)), threads(workers) {
    trainer = method().cpu(data.problem(hyper, Task::ranking, 1, threads));
  }
  Hyper hyper;
  Threads threads;
  std::unique_ptr<Trainer> trainer;
};

struct PlainModel {
  PlainModel(const FeatureProblem& data, const EmbeddingView& start)
      : user_side(data.ratings.view(), data.user, start.users),
        item_side(data.by_item.view(), data.item, start.items) {}
  FeatureSide user_side, item_side;
};

std::vector<float> bits_of(const Trainer& trainer) {
  const EmbeddingView e = *trainer.embedding();
  std::vector<float> all;
  for (const auto* side : {&e.users, &e.items}) {
    for (std::int64_t r = 0; r < side->rows; ++r) all.insert(all.end(), side->row(r), side->row(r) + side->columns);
  }
  return all;
}

Settings mild() { return {{"factors", 3}, {"regularization", 0.05}, {"alpha", 0.3}, {"feature_regularization", 0.7}}; }

TEST(FeatureIals, IdentitiesAloneAreIals) {
  const Planted planted;
  const Data data(Planted::users, Planted::items, planted.seen);
  const Settings settings = {{"factors", 20}};
  const Trained one(method(), Task::ranking, data, {.features = false, .settings = settings, .epochs = 3});
  const Trained other(*find_method("ials"), Task::ranking, data, {.settings = settings, .epochs = 3});
  EXPECT_TRUE(test::same_bits(bits_of(one.trainer()), bits_of(other.trainer())));
  for (std::size_t e = 0; e < one.results().size(); ++e) {
    // Float sums of twenty terms and of a hundred users each, all of the size of the loss.
    EXPECT_NEAR(one.results()[e].objective, other.results()[e].objective, 1e-5 * other.results()[e].objective);
  }
}

// Systems of both kinds have conditions below 100 (penalties of 0.05 · 10 against vectors of length 1), are solved in
// float, and follow each other six times: 2^-24 · 100 · 6 = 4e-5 at worst, of vectors of length 1.
TEST(FeatureIals, EpochsFollowTheFormula) {
  for (const double nu : {1.0, 0.5}) {
    Settings settings = mild();
    settings.emplace_back("nu", nu);
    const FeatureProblem& data = small_problem();
    Untrained fast(data, settings);
    PlainModel plain(data, *fast.trainer->embedding());
    for (int epoch = 0; epoch < 3; ++epoch) {
      test::feature_ials_half_sweep(plain.item_side, fast.hyper, plain.user_side);
      test::feature_ials_half_sweep(plain.user_side, fast.hyper, plain.item_side);
      const double objective = fast.trainer->epoch().objective;
      const EmbeddingView e = *fast.trainer->embedding();
      EXPECT_LE(largest_difference(plain.user_side.vectors, e.users), 4e-5) << nu << " " << epoch;
      EXPECT_LE(largest_difference(plain.item_side.vectors, e.items), 4e-5) << nu << " " << epoch;
      const double loss = test::feature_ials_loss(plain.user_side, plain.item_side, fast.hyper);
      EXPECT_NEAR(objective, loss / static_cast<double>(data.ratings.entries()), 1e-5) << nu << " " << epoch;
    }
  }
}

TEST(FeatureIals, ASideEndsAtTheMinimumInAllItsFeaturesAtOnce) {
  const FeatureProblem& data = small_problem();
  Untrained fast(data, mild());
  double objective = 0;
  for (int epoch = 0; epoch < 300; ++epoch) objective = fast.trainer->epoch().objective;
  const EmbeddingView e = *fast.trainer->embedding();
  PlainModel plain(data, e);
  test::feature_ials_joint(plain.item_side, fast.hyper, plain.user_side);
  EXPECT_LE(largest_difference(plain.user_side.vectors, e.users), 1e-3);
  test::feature_ials_joint(plain.user_side, fast.hyper, plain.item_side);
  EXPECT_LE(largest_difference(plain.item_side.vectors, e.items), 1e-3);
  // The loss is flat at its minimum.
  const double loss = test::feature_ials_loss(plain.user_side, plain.item_side, fast.hyper);
  EXPECT_NEAR(objective, loss / static_cast<double>(data.ratings.entries()), 1e-6);
}

TEST(FeatureIals, TheLossNeverRises) {
  for (const double regularization : {0.001, 0.05, 1.0}) {
    for (const double feature_regularization : {0.01, 1.0, 100.0}) {
      const Settings settings = {
          {"factors", 8}, {"regularization", regularization}, {"feature_regularization", feature_regularization}};
      Untrained fast(small_problem(), settings);
      double before = fast.trainer->epoch().objective;
      for (int epoch = 1; epoch < 30; ++epoch) {
        const double after = fast.trainer->epoch().objective;
        // Float solutions miss the minimum by little, and the loss by the square of that: rounding of the sum remains.
        EXPECT_LE(after, before * (1 + 1e-6)) << regularization << " " << feature_regularization << " " << epoch;
        before = after;
      }
    }
  }
}

/// Planted clusters, where the last twenty movies have no ratings; `cold` are the pairs of these.
struct ColdPlanted {
  static constexpr std::int64_t warm_items = 80;
  Pairs seen, cold;
  ColdPlanted() {
    const Planted planted;
    for (const Pairs* pairs : {&planted.seen, &planted.unseen}) {
      for (std::int64_t p = 0; p < pairs->size(); ++p) {
        const auto n = static_cast<std::size_t>(p);
        const bool is_cold = pairs->items[n] >= warm_items;
        if (!is_cold && pairs == &planted.unseen) continue;
        (is_cold ? cold : seen).add(pairs->users[n], pairs->items[n], static_cast<double>(pairs->values[n]));
      }
    }
  }
};

TEST(FeatureIals, ColdMoviesAreRankedByTheirFeatures) {
  const ColdPlanted planted;
  const Data data(Planted::users, Planted::items, planted.seen);
  for (const bool features : {true, false}) {
    const Trained trained(method(), Task::ranking, data, {.features = features, .settings = {{"factors", 16}}});
    const double agreement = test::agreement(planted.cold, trained.predict(planted.cold));
    if (features) {
      EXPECT_GT(agreement, 0.95);  // both clusters are known, of movies and of users
      const EmbeddingView e = *trained.trainer().embedding();
      for (std::int64_t k = 0; k < e.items.columns; ++k) {  // one feature each, and the same
        EXPECT_EQ(e.items(ColdPlanted::warm_items, k), e.items(ColdPlanted::warm_items + 2, k));
      }
    } else {
      EXPECT_EQ(agreement, 0.5) << "vectors are zero";
    }
  }
}

// With nu 0 penalties do not depend on how many movies there are.
TEST(FeatureIals, MoviesWithoutRatingsAreNoPairs) {
  const ColdPlanted planted;
  const Settings settings = {{"factors", 16}, {"alpha", 0.5}, {"nu", 0}, {"regularization", 5}};
  const Data with(Planted::users, Planted::items, planted.seen);
  const Data without(Planted::users, ColdPlanted::warm_items, planted.seen);
  const Trained one(method(), Task::ranking, with, {.settings = settings, .epochs = 4});
  const Trained other(method(), Task::ranking, without, {.settings = settings, .epochs = 4});
  EXPECT_TRUE(test::same_bits(one.predict(planted.seen), other.predict(planted.seen)));
}

TEST(FeatureIals, AUserWhoIsFoldedInMovesFromWhatItsFeaturesSay) {
  constexpr std::size_t last = users - 1;
  const FeatureProblem& data = small_problem();
  Untrained fast(data, mild());
  for (int epoch = 0; epoch < 2; ++epoch) fast.trainer->epoch();
  const test::Dense before = test::to_dense(fast.trainer->embedding()->users);
  EXPECT_GT(test::square_of(before[last]), 1e-3) << "it has features";
  std::vector<std::int32_t> row, column;
  std::vector<float> value;
  for (const std::int32_t item : data.ratings.view().row_indices(0)) {
    row.push_back(static_cast<std::int32_t>(last));
    column.push_back(item);
    value.push_back(1);
  }
  const Csr known = csr_from_triples(users, items, row, column, value);
  fast.trainer->fold_in(known.view());
  const EmbeddingView e = *fast.trainer->embedding();
  const FeatureSide folded(known.view(), data.user, e.users), fixed(data.by_item.view(), data.item, e.items);
  auto [a, b] = test::pairs_of_row(folded, last, fixed, fast.hyper);
  for (std::size_t k = 0; k < b.size(); ++k) {
    a[k][k] += folded.penalty(last, fast.hyper);
    b[k] += folded.penalty(last, fast.hyper) * before[last][k];
  }
  test::Dense expected = before;  // others stay
  expected[last] = test::solve_dense(a, b);
  EXPECT_LE(largest_difference(expected, e.users), 4e-5);
}

TEST(FeatureIals, FrozenVectorsAreFeaturesLikeOthers) {
  const FeatureProblem frozen = test::with_vectors(small_problem(), 4, true);
  const FeatureProblem numbers = test::with_vectors(small_problem(), 4, false);
  const auto expected = test::outputs(method(), numbers, Task::ranking, 2, 3, mild());
  EXPECT_TRUE(test::same_bits(test::outputs(method(), frozen, Task::ranking, 2, 3, mild()), expected));
  EXPECT_FALSE(test::same_bits(test::outputs(method(), small_problem(), Task::ranking, 2, 3, mild()), expected));
}

TEST(FeatureIals, WithoutPenaltiesVectorsAreFinite) {
  for (const double regularization : {0.0, 0.01}) {
    Untrained fast(small_problem(), {{"regularization", regularization}, {"feature_regularization", 0}});
    for (int epoch = 0; epoch < 5; ++epoch) fast.trainer->epoch();
    for (const float x : bits_of(*fast.trainer)) EXPECT_LT(std::fabs(x), 1e4F);
  }
}

/// More users, movies and features than a task has, each with some features.
FeatureProblem large_problem() {
  FeatureProblem out;
  constexpr std::int64_t user_count = 900, item_count = 600, columns = 700;
  const Random random(9, Stream::synthetic);
  std::vector<std::int32_t> row, column;
  std::vector<float> value;
  const auto draw = [&](std::int64_t rows, std::int64_t among, double share, std::uint32_t number) {
    row.clear();
    column.clear();
    value.clear();
    for (std::int64_t r = 0; r < rows; ++r) {
      for (std::int64_t c = 0; c < among; ++c) {
        const auto pair = static_cast<std::uint64_t>(r * among + c);
        if (random.uniform(pair, number) > share) continue;
        row.push_back(static_cast<std::int32_t>(r));
        column.push_back(static_cast<std::int32_t>(c));
        value.push_back(static_cast<float>(random.uniform(pair, number + 1)));
      }
    }
    return csr_from_triples(rows, among, row, column, value);
  };
  out.user.rows = draw(user_count, columns, 0.01, 1);
  out.item.rows = draw(item_count, columns, 0.01, 3);
  out.user.fields = out.item.fields = {{"words", 0, columns, Field::Kind::multi_hot}};
  draw(user_count, item_count, 0.05, 5);
  out.set_ratings(user_count, item_count, row, column, value);
  out.with_context = false;
  return out;
}

TEST(FeatureIals, VectorsAreTheSameBitsForAnyNumberOfThreads) {
  const FeatureProblem data = large_problem();
  const auto bits = [&](int workers) {
    Untrained fast(data, {{"factors", 24}}, workers);
    for (int epoch = 0; epoch < 2; ++epoch) fast.trainer->epoch();
    return bits_of(*fast.trainer);
  };
  EXPECT_TRUE(test::same_bits_for_any_threads(bits, test::sanitized ? 1 : 5));
}

}  // namespace
}  // namespace embrace
