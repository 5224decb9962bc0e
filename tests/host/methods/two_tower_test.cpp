// two-tower against its formulas in double (tests/reference/plain_two_tower.hpp): the gradient of one batch by both
// tables, whole epochs; what it learns, with and without ids and features, and who is folded in.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "host/learning/samples.hpp"
#include "host/methods/two_tower_model.hpp"
#include "tests/reference/plain_adam.hpp"
#include "tests/same_bits.hpp"
#include "tests/two_tower_problem.hpp"

namespace embrace {
namespace {

using test::Data;
using test::Dense;
using test::FeatureProblem;
using test::FewPlanted;
using test::Pairs;
using test::PlainAdam;
using test::PlainTwoTower;
using test::Settings;
using test::Trained;
using test::TwoTowerCase;

const Method& two_tower() { return *find_method("two-tower"); }

/// Of the rate, by row: features have a tenth.
std::vector<double> shares_of(const EmbeddingTable& table) {
  std::vector<double> shares;
  for (std::int64_t r = 0; r < table.rows(); ++r) {
    shares.push_back((r < table.identities() ? 1 : 0.1) * static_cast<double>(table.rate(r)));
  }
  return shares;
}

void expect_near(const Matrix& found, const Dense& expected, double tolerance) {
  for (std::size_t r = 0; r < expected.size(); ++r) {
    for (std::size_t k = 0; k < expected[r].size(); ++k) {
      EXPECT_NEAR(static_cast<double>(found(static_cast<std::int64_t>(r), static_cast<std::int64_t>(k))),
                  expected[r][k], tolerance)
          << r << ", " << k;
    }
  }
}

double largest(const Dense& gradient) {
  double most = 0;
  for (const auto& row : gradient) {
    for (const double value : row) most = std::max(most, std::fabs(value));
  }
  return most;
}

TEST(TwoTower, LossAndGradientOfABatchAreThoseOfTheFormulas) {
  for (const TwoTowerCase& c : test::two_tower_cases) {
    SCOPED_TRACE(c.text());
    FeatureProblem data = test::two_tower_data();
    data.with_user = data.with_item = c.features;
    const Hyper hyper = c.hyper({{"negatives", 30}});
    Threads threads(2);
    const Problem problem = data.problem(hyper, Task::ranking, 1, threads);
    TwoTowerModel model(problem);
    const Batch batch = test::batch_of(data, 100);
    ASSERT_EQ(model.groups(batch.size()), 4);
    const double found = model.differentiate(batch);
    Dense by_user, by_item;
    const double mean =
        test::plain_two_tower(problem).differentiate(test::table_of(model.users()), test::table_of(model.items()), 5,
                                                     test::plain_groups(model, batch), by_user, by_item);
    EXPECT_NEAR(found, mean, 1e-6 * mean);
    // Sums of some hundred terms of size 0.1 and below with some ten roundings each; a user without others has a vector
    // of length 0.1, by which it is divided.
    expect_near(model.users().gradient(), by_user, 5e-6);
    expect_near(model.items().gradient(), by_item, 5e-6);
    EXPECT_GT(largest(by_item), 0.01);
    if (c.id || c.features) {
      EXPECT_GT(largest(by_user), 0.01);
    }
  }
}

// The reference itself: two-sided differences of the loss, right to the square of the step.
TEST(TwoTower, TheFormulasAreTheSlopesOfTheLoss) {
  for (const TwoTowerCase& c : test::two_tower_cases) {
    SCOPED_TRACE(c.text());
    FeatureProblem data = test::two_tower_data();
    data.with_user = data.with_item = c.features;
    const Hyper hyper = c.hyper({{"negatives", 9}});
    Threads threads(1);
    const Problem problem = data.problem(hyper, Task::ranking, 1, threads);
    TwoTowerModel model(problem);
    const PlainTwoTower plain = test::plain_two_tower(problem);
    const auto groups = test::plain_groups(model, test::batch_of(data, 20));
    Dense users = test::table_of(model.users()), items = test::table_of(model.items()), by_user, by_item, unused;
    plain.differentiate(users, items, 5, groups, by_user, by_item);
    const auto check = [&](Dense& table, const Dense& gradient) {
      for (std::size_t r = 0; r < table.size(); r += 3) {
        for (std::size_t k = 0; k < table[r].size(); ++k) {
          const double before = table[r][k], step = 1e-6;
          table[r][k] = before + step;
          const double above = plain.differentiate(users, items, 5, groups, unused, unused);
          table[r][k] = before - step;
          const double below = plain.differentiate(users, items, 5, groups, unused, unused);
          table[r][k] = before;
          EXPECT_NEAR((above - below) / (2 * step), gradient[r][k], 1e-7) << r << ", " << k;
        }
      }
    };
    check(users, by_user);
    check(items, by_item);
  }
}

TEST(TwoTower, EpochsAreThoseOfTheFormulas) {
  const FewPlanted planted;
  constexpr std::int64_t batch_size = 150;
  Data data(FewPlanted::users, FewPlanted::items, planted.seen);
  for (float& value : data.item_features.rows.values) value = 2;  // so that their rows take half of it
  for (const TwoTowerCase& c : test::two_tower_cases) {
    SCOPED_TRACE(c.text());
    const Hyper hyper = c.hyper({{"batch", batch_size}, {"learning_rate", 0.01}, {"negatives", 12}});
    const Trained trained{
        two_tower(), Task::ranking, data, {.features = c.features, .settings = Settings(hyper.values()), .epochs = 2}};
    Threads threads(1);
    Problem problem = data.problem(Task::ranking, hyper, 1, threads);
    if (c.features) {
      problem.user_features = &data.user_features;
      problem.item_features = &data.item_features;
    }
    TwoTowerModel model(problem);  // for its first tables, and for its groups
    const Samples samples(problem, Samples::Negatives::pointwise, 0);
    const PlainTwoTower plain = test::plain_two_tower(problem);
    PlainAdam users(test::table_of(model.users())), items(test::table_of(model.items()));
    for (std::uint32_t epoch = 0; epoch < 2; ++epoch) {
      double total = 0;
      for (std::int64_t at = 0; at < samples.size(); at += batch_size) {
        Batch batch;
        samples.fill(samples.order(epoch), epoch, at, std::min(batch_size, samples.size() - at), threads, batch);
        Dense by_user, by_item;
        total += static_cast<double>(batch.size()) *
                 plain.differentiate(users.table, items.table, 5, test::plain_groups(model, batch), by_user, by_item);
        users.step(by_user, 0.01, shares_of(model.users().table()));
        items.step(by_item, 0.01, shares_of(model.items().table()));
      }
      EXPECT_NEAR(trained.results()[epoch].objective, total / static_cast<double>(samples.size()), 1e-4) << epoch;
    }
    const Dense of_users = PlainTwoTower::product(plain.user_rows, users.table, 5);
    const Dense of_items = PlainTwoTower::product(plain.item_rows, items.table, 5);
    const auto embedding = trained.trainer().embedding();
    // Eight steps of Adam, which makes steps of one size of gradients of any: roundings of 1e-6 grow some hundred
    // times.
    const auto check = [&](const float* found, const std::vector<double>& vector, std::size_t row) {
      for (std::size_t k = 0; k < vector.size(); ++k) {
        EXPECT_NEAR(static_cast<double>(found[k]), vector[k] / std::sqrt(test::plain_dot(vector, vector)), 1e-3)
            << row << ", " << k;
      }
    };
    for (std::size_t u = 0; u < of_users.size(); ++u) {
      check(embedding->users.row(static_cast<std::int64_t>(u)),
            PlainTwoTower::pooled(of_users[u], of_items, plain.histories[u]), u);
    }
    for (std::size_t i = 0; i < of_items.size(); ++i) {
      check(embedding->items.row(static_cast<std::int64_t>(i)), of_items[i], i);
    }
  }
}

const Settings quick = {{"factors", 8}, {"batch", 48}, {"temperature", 0.3}, {"learning_rate", 0.02}};

Settings with_id(bool id) {
  Settings settings = quick;
  settings.emplace_back("user_id", id ? 1 : 0);
  return settings;
}

TEST(TwoTower, LearnsWithAndWithoutIds) {
  const FewPlanted planted;
  const Data data(FewPlanted::users, FewPlanted::items, planted.seen);
  for (const bool id : {false, true}) {
    const Trained trained(two_tower(), Task::ranking, data, {.features = false, .settings = with_id(id), .epochs = 12});
    // What knows of no clusters gives 0.5.
    EXPECT_GT(test::agreement(planted.unseen, trained.predict(planted.unseen)), 0.8) << "with ids: " << id;
  }
}

// The last 8 items have no ratings, but features that say which cluster they are of.
TEST(TwoTower, FeaturesSpeakForItemsWithoutRatings) {
  const FewPlanted planted;
  Pairs train, cold;
  for (const Pairs* pairs : {&planted.seen, &planted.unseen}) {
    for (std::size_t p = 0; p < pairs->users.size(); ++p) {
      const bool is_cold = pairs->items[p] >= FewPlanted::items - 8;
      if (!is_cold && pairs == &planted.unseen) continue;
      (is_cold ? cold : train).add(pairs->users[p], pairs->items[p], 1);
    }
  }
  const Data data(FewPlanted::users, FewPlanted::items, train);
  for (const bool features : {true, false}) {
    const Trained trained(two_tower(), Task::ranking, data, {.features = features, .settings = quick, .epochs = 12});
    const double agreement = test::agreement(cold, trained.predict(cold));
    if (features) {
      EXPECT_GT(agreement, 0.9);
    } else {
      EXPECT_EQ(agreement, 0.5) << "nothing is known of them";
    }
  }
}

// A user who was held out is represented by what is known of them, as one with the same items who was not.
TEST(TwoTower, WhoIsFoldedInIsAsOneWhoWasThere) {
  const FewPlanted planted;
  const Data data(FewPlanted::users + 1, FewPlanted::items, planted.seen);  // the last user has nothing
  const Trained trained(two_tower(), Task::ranking, data, {.features = false, .settings = with_id(false), .epochs = 2});
  Pairs known;
  for (const std::int32_t item : data.ratings.view().row_indices(3)) {
    known.add(FewPlanted::users, item, 1);
    known.add(FewPlanted::users, item, 1);  // twice is once
  }
  const Csr rows = csr_from_triples(FewPlanted::users + 1, FewPlanted::items, known.users, known.items, known.values);
  EXPECT_EQ(trained.trainer().embedding()->users(FewPlanted::users, 0), 0.0F);
  trained.trainer().fold_in(rows.view());
  const EmbeddingView embedding = *trained.trainer().embedding();
  for (std::int64_t k = 0; k < embedding.users.columns; ++k) {
    EXPECT_EQ(embedding.users(FewPlanted::users, k), embedding.users(3, k));
  }
}

TEST(TwoTower, BitsDoNotDependOnThreads) {
  const FewPlanted planted;
  const Data data(FewPlanted::users, FewPlanted::items, planted.seen);
  const auto bits = [&](int threads) {
    const Trained trained(two_tower(), Task::ranking, data,
                          {.threads = threads, .settings = {{"batch", 240}, {"negatives", 20}}, .epochs = 1});
    const auto items = trained.trainer().embedding()->items;
    return std::vector<float>(items.data, items.data + items.rows * items.columns);
  };
  for (const int threads : {2, 3}) EXPECT_TRUE(test::same_bits(bits(threads), bits(1))) << threads;
}

}  // namespace
}  // namespace embrace
