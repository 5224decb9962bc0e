#include "host/learning/samples.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tests/feature_problem.hpp"

namespace embrace {
namespace {

TEST(Permutation, IsABijectionOfAnySize) {
  for (const std::int64_t size : {1, 2, 3, 4, 5, 31, 32, 33, 1000, 4097}) {
    const Permutation order(size, Random(3, Stream::shuffle), 7);
    std::vector<char> seen(static_cast<std::size_t>(size), 0);
    for (std::int64_t p = 0; p < size; ++p) {
      const std::int64_t element = order(p);
      ASSERT_TRUE(element >= 0 && element < size);
      ASSERT_EQ(seen[static_cast<std::size_t>(element)]++, 0) << "of " << size;
    }
  }
}

// Of n elements a random order keeps one in place on average, with variance one: 20 or more have odds below 1e-18.
TEST(Permutation, OrdersOfDifferentEpochsHaveLittleInCommon) {
  const Random random(3, Stream::shuffle);
  const Permutation first(5000, random, 0), second(5000, random, 1);
  int same = 0, in_place = 0;
  for (std::int64_t p = 0; p < 5000; ++p) {
    same += first(p) == second(p) ? 1 : 0;
    in_place += first(p) == p ? 1 : 0;
  }
  EXPECT_LT(same, 20);
  EXPECT_LT(in_place, 20);
}

struct Filled {
  Batch batch;
  std::int64_t size;
};

Filled filled(const test::FeatureProblem& data, Samples::Negatives kind) {
  Threads threads(2);
  const Hyper hyper;
  const Samples samples(data.problem(hyper, Task::ranking, 1, threads), kind, 4);
  Filled out{{}, samples.size()};
  samples.fill(samples.order(0), 0, 0, samples.size(), threads, out.batch);
  return out;
}

bool rated(const test::FeatureProblem& data, std::int32_t user, std::int32_t item) {
  const auto row = data.ratings.view().row_indices(user);
  return std::binary_search(row.begin(), row.end(), item);
}

TEST(Samples, SampledMoviesAreTrainedAndNotTheUsers) {
  const auto data = test::mixed_problem(9, 12);
  for (const auto kind : {Samples::Negatives::pairwise, Samples::Negatives::pointwise}) {
    const auto [batch, size] = filled(data, kind);
    const bool pairwise = kind == Samples::Negatives::pairwise;
    EXPECT_EQ(size, data.ratings.entries() * (pairwise ? 1 : 5));
    std::set<std::int32_t> entries;
    for (std::int64_t s = 0; s < batch.users.size(); ++s) {
      const bool positive = batch.targets[s] == 1.0F;
      EXPECT_EQ(rated(data, batch.users[s], batch.items[s]), positive);
      if (positive) entries.insert(batch.entries[s]);
      const std::int32_t sampled = pairwise ? batch.items[batch.users.size() + s] : batch.items[s];
      if (pairwise) {
        EXPECT_FALSE(rated(data, batch.users[s], sampled));
      }
      EXPECT_NE(sampled, 11) << "the movie without ratings";
    }
    EXPECT_EQ(static_cast<std::int64_t>(entries.size()), data.ratings.entries()) << "each rating once";
  }
}

// A row's own columns are never said to be missing; of the others at most
// one in eight shares its bit with one of them on average.
TEST(RowFilter, IsNeverWrongAndSeldomUndecided) {
  const auto data = test::mixed_problem(60, 400);
  const RowFilter filter(data.ratings.view());
  int lacking = 0, undecided = 0;
  for (std::int32_t u = 0; u < 60; ++u) {
    for (std::int32_t i = 0; i < 400; ++i) {
      if (rated(data, u, i)) {
        ASSERT_FALSE(filter.surely_lacks(u, i)) << u << " " << i;
      } else {
        ++lacking;
        undecided += filter.surely_lacks(u, i) ? 0 : 1;
      }
    }
  }
  EXPECT_LT(undecided, lacking / 4);
}

TEST(Samples, CandidatesAreTrainedAndNotTheUsers) {
  const auto data = test::mixed_problem(9, 12);
  Threads threads(2);
  const Hyper hyper;
  const Samples samples(data.problem(hyper, Task::ranking, 1, threads), Samples::Negatives::searched, 4);
  Batch batch;
  samples.fill(samples.order(0), 0, 0, samples.size(), threads, batch);
  ASSERT_EQ(batch.items.size(), 2 * batch.users.size());
  std::set<std::int32_t> seen;
  for (std::int64_t s = 0; s < batch.users.size(); ++s) {
    for (int trial = 0; trial < Samples::most_candidates; ++trial) {
      const std::int32_t item = samples.candidate(batch.users[s], batch.numbers[s], 0, trial);
      EXPECT_FALSE(rated(data, batch.users[s], item));
      EXPECT_GT(data.by_item.view().row_size(item), 0);
      seen.insert(item);
    }
  }
  EXPECT_GT(seen.size(), 8U);  // of eleven
}

TEST(Samples, AUserWhoHasAllMoviesIsLeftOutAndOneWhoHasAllButOneIsNot) {
  test::FeatureProblem data = test::mixed_problem(1, 1);
  data.with_user = data.with_item = false;
  std::vector<std::int32_t> row, column;
  for (std::int32_t i = 0; i < 200; ++i) {
    row.push_back(0);
    column.push_back(i);
    if (i == 0) continue;
    row.push_back(1);
    column.push_back(i);
  }
  data.set_ratings(2, 200, row, column, std::vector<float>(row.size(), 1.0F));
  const auto [batch, size] = filled(data, Samples::Negatives::pairwise);
  EXPECT_EQ(size, 199);
  for (std::int64_t s = 0; s < batch.users.size(); ++s) {
    EXPECT_EQ(batch.users[s], 1);
    EXPECT_EQ(batch.items[batch.users.size() + s], 0);
  }
}

}  // namespace
}  // namespace embrace
