#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "host/error.hpp"
#include "host/learning/samples.hpp"
#include "host/methods/registry.hpp"
#include "tests/feature_problem.hpp"
#include "tests/reference/feature_models.hpp"
#include "tests/reference/plain_mean.hpp"

namespace embrace {
namespace {

constexpr std::int64_t users = 9, items = 12, factors = 5;
constexpr double spread = 0.7, penalty = 0.1, nu = 0.5, rate = 0.2;
constexpr std::uint64_t seed = 1;

const Method& method() { return *find_method("hybrid"); }

reference::Side side(std::int64_t entities, bool identity, const Features* features,
                     const std::vector<std::int64_t>& samples, std::uint32_t stream) {
  return {entities,
          identity,
          features,
          samples,
          false,
          EmbeddingTable(entities, identity, features, samples, EmbeddingTable::Slices::one, factors,
                         spread / std::sqrt(static_cast<double>(factors)), seed, stream)};
}

using Loss = reference::Hybrid::Loss;

Task task_of(Loss loss) { return loss == Loss::squared ? Task::rating : Task::ranking; }

reference::Hybrid reference_of(const test::FeatureProblem& data, Loss loss) {
  reference::Hybrid out;
  out.kind = loss;
  out.regularization = penalty;
  out.nu = nu;
  if (loss == Loss::squared)
    out.offset = static_cast<double>(static_cast<float>(test::plain_mean(data.ratings.view())));
  if (loss == Loss::logistic) out.offset = -std::log(4.0);
  out.sides.push_back(side(users, true, &data.user, row_sizes(data.ratings.view()), 0));
  out.sides.push_back(side(items, true, &data.item, row_sizes(data.by_item.view()), 1));
  if (loss == Loss::squared) {
    const std::vector<std::int64_t> all(static_cast<std::size_t>(data.ratings.entries()), 1);
    out.sides.push_back(side(data.ratings.entries(), false, &data.context, all, 2));
  }
  return out;
}

Hyper hyper_of(Loss loss) {
  return make_hyper(method(), task_of(loss),
                    std::vector<std::pair<std::string, double>>{{"factors", factors},
                                                                {"regularization", penalty},
                                                                {"nu", nu},
                                                                {"learning_rate", rate},
                                                                {"identity_dropout", 0},
                                                                {"spread", spread},
                                                                {"loss", static_cast<double>(loss)},
                                                                {"batch", 1000}});
}

/// The samples of an epoch, which is one batch; `model` is the one before it.
std::vector<reference::Sample> batch_of(const test::FeatureProblem& data, const reference::Hybrid& model,
                                        std::uint32_t epoch) {
  using Negatives = Samples::Negatives;
  const Negatives kind = model.kind == Loss::logistic ? Negatives::pointwise
                         : model.kind == Loss::warp   ? Negatives::searched
                                                      : Negatives::pairwise;
  Threads threads(1);
  const Hyper hyper = hyper_of(model.kind);
  const Samples samples(data.problem(hyper, task_of(model.kind), seed, threads), kind, 4);
  Batch batch;
  samples.fill(samples.order(epoch), epoch, 0, samples.size(), threads, batch);
  std::vector<reference::Sample> out;
  for (std::int64_t s = 0; s < batch.users.size(); ++s) {
    reference::Sample sample{batch.users[s], batch.items[s]};
    if (model.kind == Loss::squared) sample.context = batch.entries[s];
    if (model.kind == Loss::bpr) sample.other = batch.items[batch.users.size() + s];
    if (model.kind == Loss::warp) {
      std::vector<std::int64_t> candidates;
      for (int t = 0; t < 10; ++t) candidates.push_back(samples.candidate(batch.users[s], batch.numbers[s], epoch, t));
      model.search(sample, candidates, items - 1);  // the last movie has no ratings
    }
    sample.target = static_cast<double>(batch.targets[s]);
    out.push_back(sample);
  }
  return out;
}

class HybridLosses : public testing::TestWithParam<Loss> {};

// Central differences at h = 1e-5 err by h² times a third derivative plus rounding 1e-16 / h times the loss: ~1e-8.
TEST_P(HybridLosses, TheReferenceGradientAgreesWithCentralDifferences) {
  const auto data = test::mixed_problem(users, items);
  reference::Hybrid model = reference_of(data, GetParam());
  const auto batch = batch_of(data, model, 0);
  const auto gradient = model.gradient(batch);
  for (std::size_t side = 0; side < model.sides.size(); ++side) {
    const auto expected = reference::central_differences(model.sides[side].rows, [&] { return model.loss(batch); });
    for (std::size_t r = 0; r < expected.size(); ++r) {
      for (std::size_t k = 0; k < expected[r].size(); ++k) {
        ASSERT_NEAR(gradient[side][r][k], expected[r][k], 1e-6) << "side " << side << " row " << r << " column " << k;
      }
    }
  }
}

// Two steps of one batch each. Float sums of a few hundred terms of size 1: 1e-6, well below the 1e-5 asked for.
TEST_P(HybridLosses, AStepAgreesWithTheReference) {
  const Task task = task_of(GetParam());
  const auto data = test::mixed_problem(users, items);
  reference::Hybrid model = reference_of(data, GetParam());
  std::vector<std::vector<reference::Vector>> sums;
  std::vector<EmbeddingTable> tables;  // for the rates of rows
  const std::vector<const Features*> features{&data.user, &data.item, &data.context};
  for (std::size_t s = 0; s < model.sides.size(); ++s) {
    const auto entities = static_cast<std::int64_t>(model.sides[s].entities.size());
    const std::vector<std::int64_t> samples = s == 0   ? row_sizes(data.ratings.view())
                                              : s == 1 ? row_sizes(data.by_item.view())
                                                       : std::vector<std::int64_t>(model.sides[s].entities.size(), 1);
    tables.emplace_back(entities, s < 2, features[s], samples, EmbeddingTable::Slices::one, factors, 0.0, seed, 0);
    sums.emplace_back(model.sides[s].rows.size(), reference::Vector(factors + 1, 1.0));
  }
  for (std::uint32_t epoch = 0; epoch < 2; ++epoch) {
    const auto gradient = model.gradient(batch_of(data, model, epoch));
    for (std::size_t s = 0; s < gradient.size(); ++s) {
      for (std::size_t r = 0; r < gradient[s].size(); ++r) {
        for (std::size_t k = 0; k <= factors; ++k) {
          const double g = gradient[s][r][k];
          sums[s][r][k] += g * g;
          model.sides[s].rows[r][k] -=
              rate * static_cast<double>(tables[s].rate(static_cast<std::int64_t>(r))) * g / std::sqrt(sums[s][r][k]);
        }
      }
    }
  }
  std::vector<double> expected;
  for (std::int64_t u = 0; u < users; ++u) {
    for (std::int64_t e = data.ratings.offsets[static_cast<std::size_t>(u)];
         e < data.ratings.offsets[static_cast<std::size_t>(u) + 1]; ++e) {
      expected.push_back(
          model.score(u, data.ratings.indices[static_cast<std::size_t>(e)], task == Task::rating ? e : -1));
    }
  }
  for (std::int64_t u = 0; u < users; ++u) {
    for (std::int64_t i = 0; i < items; ++i) expected.push_back(model.score(u, i, -1));
  }
  const auto out = test::outputs(method(), data, task, 2, 2, hyper_of(GetParam()).values());
  ASSERT_EQ(out.size(), expected.size());
  for (std::size_t p = 0; p < out.size(); ++p) {
    ASSERT_NEAR(static_cast<double>(out[p]), expected[p], 1e-5 * std::max(1.0, std::abs(expected[p]))) << p;
  }
}

// The same sums in another order: of at most 100 terms of size 1, 100 * 2^-24 = 6e-6, and Adagrad's shrinking steps do
// not amplify what one is off by.
TEST_P(HybridLosses, FrozenVectorsSayWhatAFieldOfNumbersSays) {
  const std::vector<std::pair<std::string, double>> settings{
      {"factors", factors}, {"batch", 64}, {"identity_dropout", 0.3}, {"loss", static_cast<double>(GetParam())}};
  const Task task = task_of(GetParam());
  const auto mixed = test::mixed_problem(30, 41);
  for (const std::int64_t length : {1, 16, 37}) {
    const auto out = test::outputs(method(), test::with_vectors(mixed, length, true), task, 2, 3, settings);
    const auto expected = test::outputs(method(), test::with_vectors(mixed, length, false), task, 2, 3, settings);
    ASSERT_EQ(out.size(), expected.size());
    for (std::size_t p = 0; p < out.size(); ++p) {
      ASSERT_NEAR(out[p], expected[p], 1e-5F * std::max(1.0F, std::abs(expected[p]))) << p << ", length " << length;
    }
  }
}

TEST_P(HybridLosses, BitsDoNotDependOnTheThreads) {
  const auto data = test::with_vectors(test::mixed_problem(40, 50), 70, true);
  const std::vector<std::pair<std::string, double>> settings{
      {"batch", 128}, {"identity_dropout", 0.3}, {"loss", static_cast<double>(GetParam())}};
  const auto expected = test::outputs(method(), data, task_of(GetParam()), 1, 3, settings);
  for (const int workers : {2, 4, 8}) {
    EXPECT_EQ(test::outputs(method(), data, task_of(GetParam()), workers, 3, settings), expected)
        << workers << " threads";
  }
}

TEST_P(HybridLosses, NothingToLearnFromIsFine) {
  test::FeatureProblem data = test::mixed_problem(1, 1);
  data.user = data.item = Features{.rows = csr_from_triples(1, 0, {}, {}, {}), .fields = {}};
  data.with_context = false;
  const std::pair<std::string, double> loss{"loss", static_cast<double>(GetParam())};
  const Task task = task_of(GetParam());
  for (const float value : test::outputs(method(), data, task, 2, 2, {loss})) EXPECT_TRUE(std::isfinite(value));
  data.set_ratings(1, 1, {0}, {0}, {4.0F});
  for (const float value : test::outputs(method(), data, task, 2, 2, {loss, {"factors", 1}})) {
    EXPECT_TRUE(std::isfinite(value));
  }
}

std::string loss_name(const testing::TestParamInfo<Loss>& loss) {
  const std::vector<std::string> names = {"Squared", "Logistic", "Bpr", "Warp"};
  return names[static_cast<std::size_t>(loss.param)];
}
INSTANTIATE_TEST_SUITE_P(All, HybridLosses, testing::Values(Loss::squared, Loss::logistic, Loss::bpr, Loss::warp),
                         loss_name);

// Users like the movies of their kind. A quarter of those pairs is held out and must rank above movies of other kinds.
TEST(Hybrid, EveryRankingLossLearnsTheOrderOfMovies) {
  constexpr std::int32_t user_count = 40, item_count = 50;
  const auto held_out = [](std::int32_t u, std::int32_t i) { return (u + i) % 4 == 0; };
  test::FeatureProblem data = test::mixed_problem(user_count, item_count);
  std::vector<std::int32_t> row, column, all(user_count);
  for (std::int32_t u = 0; u < user_count; ++u) {
    for (std::int32_t i = 0; i < item_count; ++i) {
      if (u % 3 != i % 3 || held_out(u, i)) continue;
      row.push_back(u);
      column.push_back(i);
    }
  }
  data.set_ratings(user_count, item_count, row, column, std::vector<float>(row.size(), 1.0F));
  data.with_user = data.with_item = false;
  std::iota(all.begin(), all.end(), 0);
  Threads threads(2);
  for (const Loss loss : {Loss::logistic, Loss::bpr, Loss::warp}) {
    const std::vector<std::pair<std::string, double>> settings{{"loss", static_cast<double>(loss)}, {"batch", 64}};
    const Hyper hyper = make_hyper(method(), Task::ranking, settings);
    const auto trainer = method().cpu(data.problem(hyper, Task::ranking, seed, threads));
    for (int epoch = 0; epoch < 20; ++epoch) trainer->epoch();
    Matrix scores(user_count, item_count);
    trainer->score(all, scores.view());
    int right = 0, pairs = 0;
    for (std::int32_t u = 0; u < user_count; ++u) {
      for (std::int32_t i = 0; i < item_count; ++i) {
        if (u % 3 != i % 3 || !held_out(u, i)) continue;
        for (std::int32_t j = 0; j < item_count; ++j) {
          if (j % 3 == u % 3) continue;
          right += scores(u, i) > scores(u, j) ? 1 : 0;
          ++pairs;
        }
      }
    }
    EXPECT_GT(right, pairs * 9 / 10) << "loss " << static_cast<int>(loss);
  }
}

TEST(Hybrid, ALossOfAnotherTaskIsRefused) {
  const auto data = test::mixed_problem(users, items);
  Threads threads(1);
  for (const auto& [task, loss] : {std::pair(Task::rating, 1.0), {Task::rating, 3.0}, {Task::ranking, 0.0}}) {
    const Hyper hyper = make_hyper(method(), task, std::vector<std::pair<std::string, double>>{{"loss", loss}});
    EXPECT_THROW(method().cpu(data.problem(hyper, task, seed, threads)), UsageError) << loss;
  }
}

TEST(Hybrid, FrozenVectorsOfContextsAreRefused) {
  auto data = test::mixed_problem(users, items);
  data.context.vectors = Matrix(data.ratings.entries(), 2);
  Threads threads(1);
  const Hyper hyper = make_hyper(method(), Task::rating, {});
  EXPECT_THROW(method().cpu(data.problem(hyper, Task::rating, seed, threads)), Unsupported);
}

TEST(Hybrid, AMovieWithoutRatingsAndFeaturesContributesNothing) {
  auto data = test::mixed_problem(users, items);
  data.with_item = data.with_context = false;
  Threads threads(1);
  const Hyper hyper =
      make_hyper(method(), Task::rating, std::vector<std::pair<std::string, double>>{{"identity_dropout", 0}});
  const auto trainer = method().cpu(data.problem(hyper, Task::rating, seed, threads));
  trainer->epoch();
  const auto view = *trainer->embedding();
  EXPECT_EQ(view.item_bias.back(), 0.0F);
  for (std::int64_t k = 0; k < view.items.columns; ++k) EXPECT_EQ(view.items(items - 1, k), 0.0F);
  EXPECT_NE(view.item_bias.front(), 0.0F);
}

TEST(Hybrid, MetadataSpeakForColdMovies) {
  const std::vector<std::pair<std::string, double>> settings{{"epochs", 40}, {"batch", 128}, {"regularization", 0.4}};
  auto ids = test::cold_problem(false);
  ids.with_item = false;
  const double with = test::cold_rmse(method(), test::cold_problem(false), settings);
  const double without = test::cold_rmse(method(), ids, settings);
  const double shuffled = test::cold_rmse(method(), test::cold_problem(true), settings);
  // The kinds' worths spread by 0.68 and tastes by 0.5 around them, the noise is 0.3.
  EXPECT_LT(with, 0.6);
  EXPECT_GT(without, 0.75);
  EXPECT_GT(shuffled, without - 0.02);
}

TEST(Hybrid, DivergenceIsNoticedInItsEpoch) {
  auto data = test::mixed_problem(users, items);
  for (float& value : data.item.rows.values) value = 1e30F;
  Threads threads(1);
  const Hyper hyper = make_hyper(method(), Task::rating, {});
  const auto trainer = method().cpu(data.problem(hyper, Task::rating, seed, threads));
  EXPECT_THROW(trainer->epoch(), Diverged);
}

}  // namespace
}  // namespace embrace
