#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "host/cpu/means.hpp"
#include "host/cpu/samples.hpp"
#include "host/error.hpp"
#include "tests/feature_problem.hpp"
#include "tests/reference/feature_models.hpp"

namespace embrace {
namespace {

using cpu::EmbeddingTable;

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

reference::Hybrid reference_of(const test::FeatureProblem& data, Task task) {
  reference::Hybrid out;
  out.ranking = task == Task::ranking;
  out.regularization = penalty;
  out.nu = nu;
  out.offset = out.ranking ? 0.0 : static_cast<double>(static_cast<float>(cpu::global_mean(data.ratings.view())));
  out.sides.push_back(side(users, true, &data.user, cpu::row_sizes(data.ratings.view()), 0));
  out.sides.push_back(side(items, true, &data.item, cpu::row_sizes(data.by_item.view()), 1));
  if (!out.ranking) {
    const std::vector<std::int64_t> all(static_cast<std::size_t>(data.ratings.entries()), 1);
    out.sides.push_back(side(data.ratings.entries(), false, &data.context, all, 2));
  }
  return out;
}

Hyper hyper_of(Task task) {
  return make_hyper(method(), task,
                    std::vector<std::pair<std::string, double>>{{"factors", factors},
                                                                {"regularization", penalty},
                                                                {"nu", nu},
                                                                {"learning_rate", rate},
                                                                {"identity_dropout", 0},
                                                                {"spread", spread},
                                                                {"batch", 1000}});
}

std::vector<reference::Sample> batch_of(const test::FeatureProblem& data, Task task, std::uint32_t epoch) {
  Threads threads(1);
  const Hyper hyper = hyper_of(task);
  const cpu::Samples samples(data.problem(hyper, task, seed, threads), cpu::Samples::Negatives::pairwise, 1);
  cpu::Batch batch;
  samples.fill(samples.order(epoch), epoch, 0, samples.size(), threads, batch);
  std::vector<reference::Sample> out;
  for (std::size_t s = 0; s < batch.users.size(); ++s) {
    reference::Sample sample{batch.users[s], batch.items[s]};
    if (task == Task::ranking) {
      sample.other = batch.items[batch.users.size() + s];
    } else {
      sample.context = batch.entries[s];
    }
    sample.target = static_cast<double>(batch.targets[s]);
    out.push_back(sample);
  }
  return out;
}

class HybridTasks : public testing::TestWithParam<Task> {};

// Central differences at h = 1e-5 err by h² times a third derivative plus rounding 1e-16 / h times the loss: ~1e-8.
TEST_P(HybridTasks, TheReferenceGradientAgreesWithCentralDifferences) {
  const auto data = test::mixed_problem(users, items);
  reference::Hybrid model = reference_of(data, GetParam());
  const auto batch = batch_of(data, GetParam(), 0);
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
TEST_P(HybridTasks, AStepAgreesWithTheReference) {
  const Task task = GetParam();
  const auto data = test::mixed_problem(users, items);
  reference::Hybrid model = reference_of(data, task);
  std::vector<std::vector<reference::Vector>> sums;
  std::vector<EmbeddingTable> tables;  // for the rates of rows
  const std::vector<const Features*> features{&data.user, &data.item, &data.context};
  for (std::size_t s = 0; s < model.sides.size(); ++s) {
    const auto entities = static_cast<std::int64_t>(model.sides[s].entities.size());
    const std::vector<std::int64_t> samples = s == 0   ? cpu::row_sizes(data.ratings.view())
                                              : s == 1 ? cpu::row_sizes(data.by_item.view())
                                                       : std::vector<std::int64_t>(model.sides[s].entities.size(), 1);
    tables.emplace_back(entities, s < 2, features[s], samples, EmbeddingTable::Slices::one, factors, 0.0, seed, 0);
    sums.emplace_back(model.sides[s].rows.size(), reference::Vector(factors + 1, 1.0));
  }
  for (std::uint32_t epoch = 0; epoch < 2; ++epoch) {
    const auto gradient = model.gradient(batch_of(data, task, epoch));
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
  const auto out = test::outputs(method(), data, task, 2, 2, hyper_of(task).values());
  ASSERT_EQ(out.size(), expected.size());
  for (std::size_t p = 0; p < out.size(); ++p) {
    ASSERT_NEAR(static_cast<double>(out[p]), expected[p], 1e-5 * std::max(1.0, std::abs(expected[p]))) << p;
  }
}

TEST_P(HybridTasks, BitsDoNotDependOnTheThreads) {
  const auto data = test::mixed_problem(40, 50);
  const std::vector<std::pair<std::string, double>> settings{{"batch", 128}, {"identity_dropout", 0.3}};
  const auto expected = test::outputs(method(), data, GetParam(), 1, 3, settings);
  for (const int workers : {2, 4, 8}) {
    EXPECT_EQ(test::outputs(method(), data, GetParam(), workers, 3, settings), expected) << workers << " threads";
  }
}

TEST_P(HybridTasks, NothingToLearnFromIsFine) {
  test::FeatureProblem data = test::mixed_problem(1, 1);
  data.user = data.item = Features{csr_from_triples(1, 0, {}, {}, {}), {}};
  data.with_context = false;
  for (const float value : test::outputs(method(), data, GetParam(), 2, 2, {})) EXPECT_TRUE(std::isfinite(value));
  data.set_ratings(1, 1, {0}, {0}, {4.0F});
  for (const float value : test::outputs(method(), data, GetParam(), 2, 2, {{"factors", 1}})) {
    EXPECT_TRUE(std::isfinite(value));
  }
}

INSTANTIATE_TEST_SUITE_P(Both, HybridTasks, testing::Values(Task::rating, Task::ranking),
                         [](const auto& task) { return task.param == Task::rating ? "Rating" : "Ranking"; });

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
