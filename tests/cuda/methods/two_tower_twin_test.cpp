// two-tower on the device against its formulas in double (tests/reference/plain_two_tower.hpp): the gradient of one
// batch by both tables; and whole epochs against two-tower on the CPU, which tests/host/methods/two_tower_test.cpp
// compares with the same formulas.
#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "cuda/math/sums.hpp"
#include "cuda/methods/two_tower_model.hpp"
#include "cuda/trainers.hpp"
#include "tests/cuda/methods/vector_twins.hpp"
#include "tests/two_tower_problem.hpp"

namespace embrace::gpu {
namespace {

using test::Dense;
using test::FeatureProblem;
using test::Settings;
using test::TwoTowerCase;

constexpr TwoTowerCase everything{true, true};

/// Largest difference, and largest number, of what rows of numbers should be.
struct Distance {
  double most = 0, largest = 0;
};
Distance distance_of(const Matrix& found, const Dense& expected) {
  Distance out;
  for (std::int64_t r = 0; r < found.rows(); ++r) {
    for (std::int64_t k = 0; k < found.columns(); ++k) {
      const double value = expected[static_cast<std::size_t>(r)][static_cast<std::size_t>(k)];
      const double difference = std::fabs(static_cast<double>(found(r, k)) - value);
      out.most = std::isfinite(difference) ? std::max(out.most, difference) : HUGE_VAL;
      out.largest = std::max(out.largest, std::fabs(value));
    }
  }
  return out;
}

class TwoTowerTwinTest : public test::VectorTwinTest {
 protected:
  TwoTowerTwinTest() : VectorTwinTest("two-tower", &make_two_tower) {}

  /// Of any pairs, as many as `size`, which are one batch.
  void expect_the_formulas(const TwoTowerCase& c, const Settings& settings, std::uint64_t size) {
    SCOPED_TRACE(testing::Message() << c.text() << ", " << size << " pairs");
    FeatureProblem data = test::two_tower_data();
    data.with_user = data.with_item = c.features;
    const Hyper hyper = c.hyper(settings);
    Threads threads(1);
    const Problem problem = data.problem(hyper, Task::ranking, 1, threads);
    const Batch batch = test::batch_of(data, size);
    const std::int64_t factors = hyper.integer("factors");
    TwoTowerModel model(device(), problem, embrace::TwoTowerStart(problem), batch.size());
    const DeviceBuffer<std::int32_t> users(device(), Span<const std::int32_t>(batch.users));
    const DeviceBuffer<std::int32_t> items(device(), Span<const std::int32_t>(batch.items));
    DeviceBuffer<double> losses(device(), model.shape().loss_blocks());
    model.differentiate(device(), {users.span(), items.span()}, losses.span());

    const embrace::TwoTowerModel host(problem);  // for its first tables, and for its groups
    Dense by_user, by_item;
    const double mean = test::plain_two_tower(problem).differentiate(
        test::table_of(host.users()), test::table_of(host.items()), static_cast<std::size_t>(factors),
        test::plain_groups(host, batch), by_user, by_item);
    EXPECT_NEAR(sum(device(), std::as_const(losses).span()) / static_cast<double>(size), mean,
                1e-6 * std::max(1.0, mean));
    // Sums of some hundred terms of size 0.1 and below with some ten roundings each; a user without others has a vector
    // of length 0.1, by which it is divided.
    const Distance of_users = distance_of(download(device(), model.users().gradient()), by_user);
    const Distance of_items = distance_of(download(device(), model.items().gradient()), by_item);
    EXPECT_LT(of_users.most, 5e-6 * std::max(1.0, of_users.largest));
    EXPECT_LT(of_items.most, 5e-6 * std::max(1.0, of_items.largest));
    if (factors > 1 && size > 2) {  // else pairs may have nothing to stand against, and vectors nowhere to turn
      EXPECT_GT(of_items.largest, 0.01);
    }
  }
};

TEST_F(TwoTowerTwinTest, GradientsOfABatchAreThoseOfTheFormulas) {
  for (const TwoTowerCase& c : test::two_tower_cases) expect_the_formulas(c, {{"negatives", 30}}, 97);
}

// Of groups of one size and of two, of as many pairs as a warp has lanes, fewer and more.
TEST_F(TwoTowerTwinTest, GradientsOfBatchesAndGroupsOfAnySize) {
  const std::pair<std::uint64_t, double> sizes[] = {{1, 5}, {2, 1}, {7, 2}, {64, 31}, {65, 32}, {100, 49}, {100, 512}};
  for (const auto& [size, negatives] : sizes) expect_the_formulas(everything, {{"negatives", negatives}}, size);
}

// Around a quad, and around each number of lanes that share a vector.
TEST_F(TwoTowerTwinTest, GradientsOfAnyNumberOfFactors) {
  for (const double factors : {1, 5, 31, 32, 33, 64, 65, 130}) {
    expect_the_formulas(everything, {{"negatives", 30}, {"factors", factors}}, 60);
  }
}

// Some ten steps of Adam, which makes steps of one size of gradients of any: roundings of 1e-6 grow some hundred times.
// The last batch of an epoch is smaller, and has other groups.
TEST_F(TwoTowerTwinTest, EpochsAgreeWithTheCpu) {
  FeatureProblem data = test::with_vectors(test::mixed_problem(30, 40), 5, true);
  for (const TwoTowerCase& c : test::two_tower_cases) {
    SCOPED_TRACE(c.text());
    data.with_user = data.with_item = c.features;
    expect_agreement(data, 2,
                     {{"user_id", c.id ? 1.0 : 0.0},
                      {"factors", 6},
                      {"batch", 150},
                      {"negatives", 40},
                      {"learning_rate", 0.01},
                      {"temperature", 0.3}},
                     1e-3);
  }
}

TEST_F(TwoTowerTwinTest, WholeTrainingsRankAsWellAsTheCpus) {
  const test::FewPlanted planted;
  const test::Data data(test::FewPlanted::users, test::FewPlanted::items, planted.seen);
  const Method& method = *find_method("two-tower");
  const auto agreement = [&](const test::Maker& make) {
    const Settings settings = {{"factors", 8}, {"batch", 96}, {"temperature", 0.3}, {"learning_rate", 0.02}};
    const test::Trained trained(method, Task::ranking, data, {.features = false, .settings = settings, .epochs = 10},
                                make);
    return test::agreement(planted.unseen, trained.predict(planted.unseen));
  };
  const double cpu = agreement(test::make_on_cpu);
  const double gpu =
      agreement([&](const Method&, const Problem& problem) { return make_two_tower(shared(), problem); });
  EXPECT_NEAR(gpu, cpu, method.info.parity.ranking * cpu);
}

TEST_F(TwoTowerTwinTest, TheSameBitsAgain) {
  expect_the_same_bits(test::with_vectors(test::mixed_problem(30, 40), 5, true), {{"batch", 150}, {"negatives", 40}});
}

TEST_F(TwoTowerTwinTest, WhoIsFoldedInIsAsOnTheCpu) {
  expect_fold_in({{"factors", 12}, {"batch", 256}, {"negatives", 60}}, 1e-4);
}

TEST_F(TwoTowerTwinTest, NothingToLearnFromIsFine) {
  FeatureProblem data = test::half_rated(2, 2);
  const Settings settings{{"factors", 3}};
  data.set_ratings(1, 1, {}, {}, {});
  expect_agreement(data, 2, settings, 1e-6);
  data.set_ratings(1, 1, {0}, {0}, {4.0F});  // whose user has all there is
  expect_agreement(data, 2, settings, 1e-6);
}

TEST_F(TwoTowerTwinTest, MemoryIsPlanned) {
  expect_memory_as_planned(test::with_vectors(test::mixed_problem(60, 100), 20, true),
                           {{"factors", 60}, {"batch", 800}, {"negatives", 100}});
}

TEST_F(TwoTowerTwinTest, WhatDoesNotFitIsRefusedWithItsNumbers) {
  const FeatureProblem data = test::half_rated(30, 40);
  const Hyper hyper = make_hyper(*find_method("two-tower"), Task::ranking, Settings{{"factors", 1024}});
  Threads threads(1);
  Problem problem = data.problem(hyper, Task::ranking, 1, threads);
  const embrace::TwoTowerStart start(problem);
  Csr wide = data.ratings;  // the same ratings, among more items than any device has room for
  wide.columns = 400'000'000;
  problem.ratings = wide.view();
  try {
    TwoTowerModel::plan(problem, start, data.ratings.entries()).require(device());
    FAIL() << "was not refused";
  } catch (const OutOfMemory& error) {
    EXPECT_NE(std::string(error.what()).find("above all its sums and gradients"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace embrace::gpu
