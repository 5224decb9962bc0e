// two-tower against its formulas in double (tests/reference/plain_two_tower.hpp): the gradient of one batch by both
// tables, whole epochs; what it learns, with and without ids and features, and who is folded in.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "host/learning/samples.hpp"
#include "host/methods/two_tower_model.hpp"
#include "tests/feature_problem.hpp"
#include "tests/planted.hpp"
#include "tests/reference/plain_adam.hpp"
#include "tests/reference/plain_two_tower.hpp"
#include "tests/same_bits.hpp"

namespace embrace {
namespace {

using test::Data;
using test::Dense;
using test::FeatureProblem;
using test::Pairs;
using test::PlainAdam;
using test::PlainPair;
using test::PlainTwoTower;
using test::Planted;
using test::Settings;
using test::Trained;

const Method& two_tower() { return *find_method("two-tower"); }

/// Entity × rows of the table: identities of rated entities, then features, then frozen vectors.
Dense plain_rows(CsrView ratings, bool identity, const Features* features) {
  Dense rows(static_cast<std::size_t>(ratings.rows));
  for (std::size_t e = 0; e < rows.size(); ++e) {
    const auto entity = static_cast<std::int64_t>(e);
    if (identity) {
      rows[e].resize(rows.size());
      rows[e][e] = ratings.row_size(entity) > 0 ? 1 : 0;
    }
    if (features == nullptr) continue;
    const auto sparse = test::dense_of(features->rows.view())[e];
    rows[e].insert(rows[e].end(), sparse.begin(), sparse.end());
    for (std::int64_t c = 0; c < features->vectors.columns(); ++c) {
      rows[e].push_back(static_cast<double>(features->vectors(entity, c)));
    }
  }
  return rows;
}

PlainTwoTower plain_of(const Problem& problem) {
  PlainTwoTower plain{
      .user_rows = plain_rows(problem.ratings, problem.hyper.integer("user_id") == 1, problem.user_features),
      .item_rows = plain_rows(problem.by_item, true, problem.item_features),
      .temperature = problem.hyper["temperature"]};
  for (std::int64_t u = 0; u < problem.users(); ++u) {
    const auto row = problem.ratings.row_indices(u);
    const std::set<std::size_t> items(row.begin(), row.end());
    plain.histories.emplace_back(items.begin(), items.end());
  }
  for (std::int64_t i = 0; i < problem.items(); ++i) {
    plain.shares.push_back(static_cast<double>(problem.by_item.row_size(i)) /
                           static_cast<double>(problem.ratings.entries()));
  }
  return plain;
}

/// A batch dealt to groups as the model says.
std::vector<std::vector<PlainPair>> plain_groups(const TwoTowerModel& model, const Batch& batch) {
  const std::int64_t n = batch.size(), count = model.groups(n);
  std::vector<std::vector<PlainPair>> groups;
  for (std::int64_t g = 0; g < count; ++g) {
    groups.emplace_back();
    for (std::int64_t s = n * g / count; s < n * (g + 1) / count; ++s) {
      groups.back().push_back({static_cast<std::size_t>(batch.users[s]), static_cast<std::size_t>(batch.items[s])});
    }
  }
  return groups;
}

Dense table_of(const TowerTable& side) { return test::to_dense(side.table().weights().left(side.table().factors())); }

/// Of the rate, by row: features have a tenth.
std::vector<double> shares_of(const EmbeddingTable& table) {
  std::vector<double> shares;
  for (std::int64_t r = 0; r < table.rows(); ++r) {
    shares.push_back((r < table.identities() ? 1 : 0.1) * static_cast<double>(table.rate(r)));
  }
  return shares;
}

/// User 3 and item 5 have no ratings; user 0 has all other items, user 1 has one, and user 2 names one twice.
FeatureProblem tiny_data() {
  constexpr std::int64_t users = 16, items = 15;
  const Random random(8, Stream::synthetic);
  Pairs pairs;
  for (std::int64_t u = 0; u < users; ++u) {
    for (std::int64_t i = 0; i < items; ++i) {
      if (u == 3 || i == 5) continue;
      const bool by_chance = u > 1 && random.uniform(static_cast<std::uint64_t>(items * u + i)) < 0.35;
      if (u == 0 || (u == 1 && i == 4) || by_chance) pairs.add(u, i, 1);
    }
  }
  pairs.add(2, 8, 1);
  pairs.add(2, 8, 1);
  FeatureProblem data;
  data.set_ratings(users, items, pairs.users, pairs.items, pairs.values);
  data.user = test::mixed_features(users, 1);
  data.item = test::mixed_features(items, 2);
  return test::with_vectors(data, 3, true);
}

/// Any ratings, some of them several times.
Batch tiny_batch(const FeatureProblem& data, std::uint64_t size) {
  const Random random(9, Stream::synthetic);
  const CsrView ratings = data.ratings.view();
  Batch batch;
  for (std::uint64_t s = 0; s < size; ++s) {
    const auto entry = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(ratings.entries()), s));
    const auto user = std::upper_bound(ratings.offsets, ratings.offsets + ratings.rows, entry) - ratings.offsets - 1;
    batch.users.push_back(static_cast<std::int32_t>(user));
    batch.items.push_back(ratings.indices[entry]);
  }
  return batch;
}

/// Whether users have ids, and the sides features.
struct Case {
  bool id, features;
  Hyper hyper(const Settings& more) const {
    Settings settings = {{"user_id", id ? 1.0 : 0.0}, {"factors", 5}, {"temperature", 0.4}};
    settings.insert(settings.end(), more.begin(), more.end());
    return make_hyper(two_tower(), Task::ranking, settings);
  }
  std::string text() const {
    return std::string(id ? "with" : "without") + " ids, " + (features ? "with" : "without") + " features";
  }
};
constexpr Case cases[] = {{false, false}, {false, true}, {true, false}, {true, true}};

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
  for (const Case& c : cases) {
    SCOPED_TRACE(c.text());
    FeatureProblem data = tiny_data();
    data.with_user = data.with_item = c.features;
    const Hyper hyper = c.hyper({{"negatives", 30}});
    Threads threads(2);
    const Problem problem = data.problem(hyper, Task::ranking, 1, threads);
    TwoTowerModel model(problem);
    const Batch batch = tiny_batch(data, 100);
    ASSERT_EQ(model.groups(batch.size()), 4);
    const double found = model.differentiate(batch);
    Dense by_user, by_item;
    const double mean = plain_of(problem).differentiate(table_of(model.users()), table_of(model.items()), 5,
                                                        plain_groups(model, batch), by_user, by_item);
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
  for (const Case& c : cases) {
    SCOPED_TRACE(c.text());
    FeatureProblem data = tiny_data();
    data.with_user = data.with_item = c.features;
    const Hyper hyper = c.hyper({{"negatives", 30}});
    Threads threads(1);
    const Problem problem = data.problem(hyper, Task::ranking, 1, threads);
    TwoTowerModel model(problem);
    const PlainTwoTower plain = plain_of(problem);
    const auto groups = plain_groups(model, tiny_batch(data, 60));
    Dense users = table_of(model.users()), items = table_of(model.items()), by_user, by_item, unused;
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
  const Planted planted;
  Data data(Planted::users, Planted::items, planted.seen);
  for (float& value : data.item_features.rows.values) value = 2;  // so that their rows take half of it
  for (const Case& c : cases) {
    SCOPED_TRACE(c.text());
    const Hyper hyper = c.hyper({{"batch", 2000}, {"learning_rate", 0.01}, {"negatives", 60}});
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
    const PlainTwoTower plain = plain_of(problem);
    PlainAdam users(table_of(model.users())), items(table_of(model.items()));
    for (std::uint32_t epoch = 0; epoch < 2; ++epoch) {
      double total = 0;
      for (std::int64_t at = 0; at < samples.size(); at += 2000) {
        Batch batch;
        samples.fill(samples.order(epoch), epoch, at, std::min<std::int64_t>(2000, samples.size() - at), threads,
                     batch);
        Dense by_user, by_item;
        total += static_cast<double>(batch.size()) *
                 plain.differentiate(users.table, items.table, 5, plain_groups(model, batch), by_user, by_item);
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

const Settings quick = {{"factors", 8}, {"batch", 512}, {"temperature", 0.3}, {"learning_rate", 0.02}};

Settings with_id(bool id) {
  Settings settings = quick;
  settings.emplace_back("user_id", id ? 1 : 0);
  return settings;
}

TEST(TwoTower, LearnsWithAndWithoutIds) {
  const Planted planted;
  const Data data(Planted::users, Planted::items, planted.seen);
  for (const bool id : {false, true}) {
    const Trained trained(two_tower(), Task::ranking, data, {.features = false, .settings = with_id(id), .epochs = 12});
    // What knows of no clusters gives 0.5.
    EXPECT_GT(test::agreement(planted.unseen, trained.predict(planted.unseen)), 0.8) << "with ids: " << id;
  }
}

// The last 20 items have no ratings, but features that say which cluster they are of.
TEST(TwoTower, FeaturesSpeakForItemsWithoutRatings) {
  const Planted planted;
  Pairs train, cold;
  for (const Pairs* pairs : {&planted.seen, &planted.unseen}) {
    for (std::size_t p = 0; p < pairs->users.size(); ++p) {
      const bool is_cold = pairs->items[p] >= Planted::items - 20;
      if (!is_cold && pairs == &planted.unseen) continue;
      (is_cold ? cold : train).add(pairs->users[p], pairs->items[p], 1);
    }
  }
  const Data data(Planted::users, Planted::items, train);
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
  const Planted planted;
  const Data data(Planted::users + 1, Planted::items, planted.seen);  // the last user has nothing
  const Trained trained(two_tower(), Task::ranking, data, {.features = false, .settings = with_id(false), .epochs = 2});
  Pairs known;
  for (const std::int32_t item : data.ratings.view().row_indices(3)) {
    known.add(Planted::users, item, 1);
    known.add(Planted::users, item, 1);  // twice is once
  }
  const Csr rows = csr_from_triples(Planted::users + 1, Planted::items, known.users, known.items, known.values);
  EXPECT_EQ(trained.trainer().embedding()->users(Planted::users, 0), 0.0F);
  trained.trainer().fold_in(rows.view());
  const EmbeddingView embedding = *trained.trainer().embedding();
  for (std::int64_t k = 0; k < embedding.users.columns; ++k) {
    EXPECT_EQ(embedding.users(Planted::users, k), embedding.users(3, k));
  }
}

TEST(TwoTower, BitsDoNotDependOnThreads) {
  const Planted planted;
  const Data data(Planted::users, Planted::items, planted.seen);
  const auto bits = [&](int threads) {
    const Trained trained(two_tower(), Task::ranking, data,
                          {.threads = threads, .settings = {{"batch", 3000}, {"negatives", 100}}, .epochs = 1});
    const auto items = trained.trainer().embedding()->items;
    return std::vector<float>(items.data, items.data + items.rows * items.columns);
  };
  for (const int threads : {2, 3}) EXPECT_TRUE(test::same_bits(bits(threads), bits(1))) << threads;
}

}  // namespace
}  // namespace embrace
