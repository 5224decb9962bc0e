// Synthetic data: the shape that was asked for, the same bytes everywhere, and a known truth that is true.
#include "host/data/synthetic/synthetic.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "host/array.hpp"
#include "host/data/split/split.hpp"
#include "host/data/split/split_name.hpp"
#include "host/data/synthetic/synthetic_world.hpp"
#include "host/error.hpp"
#include "host/method.hpp"
#include "host/methods/registry.hpp"

namespace embrace {
namespace {

std::size_t at(std::int64_t position) { return static_cast<std::size_t>(position); }

void expect_sound(const SyntheticSpec& spec, const Dataset& data) {
  const Ratings& r = data.ratings;
  ASSERT_EQ(r.size(), spec.ratings);
  std::set<std::pair<std::int32_t, std::int32_t>> pairs;
  std::vector<std::int64_t> of_user(r.user_ids.size()), of_item(r.item_ids.size());
  for (std::size_t p = 0; p < at(r.size()); ++p) {
    pairs.insert({r.users[p], r.items[p]});
    ++of_user[at(r.users[p])];
    ++of_item[at(r.items[p])];
    ASSERT_TRUE(r.values[p] >= 1 && r.values[p] <= 5 && r.values[p] == std::floor(r.values[p]));
    ASSERT_TRUE(p == 0 || r.users[p] != r.users[p - 1] || r.times[p] >= r.times[p - 1]);
  }
  EXPECT_EQ(pairs.size(), at(r.size())) << "a pair occurs twice";
  EXPECT_GE(*std::min_element(of_user.begin(), of_user.end()),
            std::min({std::int64_t{20}, spec.ratings / spec.users, spec.items}));
  EXPECT_GE(*std::min_element(of_item.begin(), of_item.end()), 1);
  EXPECT_GE(r.user_ids.front(), 1);
  EXPECT_LE(r.user_ids.back(), spec.users);
  EXPECT_LE(r.item_ids.back(), spec.items);
}

TEST(Synthetic, TheDefaultHasTheShapeOfMl100k) {
  Threads threads(2);
  const Dataset data = make_synthetic({}, threads);
  expect_sound({}, data);
  EXPECT_EQ(data.ratings.user_count(), 943);
  EXPECT_EQ(data.ratings.item_count(), 1682);
  EXPECT_EQ(data.catalogue.users.size(), 943U);
  EXPECT_EQ(data.catalogue.movies.size(), 1682U);
  EXPECT_NEAR(static_cast<double>(data.catalogue.tags.size()), 5000, 5 * std::sqrt(5000.0));  // 5 deviations
  std::set<std::string> titles;
  for (const Movie& movie : data.catalogue.movies) titles.insert(movie.title);
  EXPECT_EQ(titles.size(), 1682U);
}

TEST(Synthetic, OddSizesAreMadeWhole) {
  Threads threads(2);
  // Every pair; one of each; fewer ratings than users and items; one user; one item; nearly every pair.
  for (const SyntheticSpec& spec :
       {SyntheticSpec{7, 11, 77}, SyntheticSpec{1, 1, 1}, SyntheticSpec{50, 60, 5}, SyntheticSpec{1, 40, 30},
        SyntheticSpec{40, 1, 30}, SyntheticSpec{300, 40, 11990}, SyntheticSpec{300, 200, 3000}}) {
    SCOPED_TRACE(std::to_string(spec.users) + "x" + std::to_string(spec.items));
    const Dataset data = make_synthetic(spec, threads);
    expect_sound(spec, data);
    EXPECT_TRUE(std::isfinite(*data.best_rmse));
  }
}

TEST(Synthetic, TheNumberOfThreadsDoesNotMatter) {
  const SyntheticSpec spec{3000, 500, 90000, 7};
  Threads one(1), two(2), five(5);
  const Dataset a = make_synthetic(spec, one), b = make_synthetic(spec, two), c = make_synthetic(spec, five);
  for (const Dataset* other : {&b, &c}) {
    EXPECT_EQ(a.sha256, other->sha256);
    EXPECT_EQ(a.ratings.users, other->ratings.users);
    EXPECT_EQ(a.ratings.items, other->ratings.items);
    EXPECT_EQ(a.ratings.values, other->ratings.values);
    EXPECT_EQ(a.ratings.times, other->ratings.times);
    EXPECT_EQ(a.best_rmse, other->best_rmse);  // to the bit
    EXPECT_EQ(a.catalogue.tags.size(), other->catalogue.tags.size());
  }
}

TEST(Synthetic, TheSeedMatters) {
  Threads threads(2);
  SyntheticSpec other;
  other.seed = 2;
  EXPECT_NE(make_synthetic({}, threads).sha256, make_synthetic(other, threads).sha256);
}

TEST(Synthetic, NamesAreParsedStrictly) {
  EXPECT_EQ(parse_synthetic("synth").ratings, 100000);
  const SyntheticSpec spec = parse_synthetic("synth:10x20x150");
  EXPECT_EQ(spec.users, 10);
  EXPECT_EQ(spec.items, 20);
  EXPECT_EQ(spec.ratings, 150);
  for (const char* wrong : {"", "synt", "synth:", "synth:10", "synth:10x20", "synth:10x20x", "synth:10x20x150x",
                            "synth:10x20x150 ", "synth: 10x20x150", "synth:0x20x150", "synth:10x20x0", "synth:-1x20x5",
                            "synth:10x20x201", "synth:10X20X5", "synth:99999999999999999999x1x1", "synth:60000000x10x5",
                            "synth:10x20000000x5", "synth:50000000x100x1000000001"}) {
    EXPECT_THROW(parse_synthetic(wrong), UsageError) << wrong;
  }
}

TEST(SyntheticNoise, TheDistributionIsThatOfTheNumbers) {
  const Random random(3, Stream::synthetic);
  constexpr int draws = 200000;
  std::vector<double> noise;
  for (std::uint64_t n = 0; n < draws; ++n) noise.push_back(synthetic::bell(random.bits(n)));
  double sum = 0, squares = 0;
  for (const double e : noise) {
    sum += e;
    squares += e * e;
  }
  EXPECT_NEAR(sum / draws, 0, 5 / std::sqrt(draws));
  EXPECT_NEAR(squares / draws, 1, 5 * std::sqrt(2.0 / draws));  // variance of e^2 is below that of the normal, 2
  for (const double x : {-3.0, -1.5, -0.4, 0.0, 0.3, 1.0, 2.5}) {
    const double p = synthetic::bell_distribution(x);
    const auto below = std::count_if(noise.begin(), noise.end(), [&](double e) { return e < x; });
    EXPECT_NEAR(static_cast<double>(below) / draws, p, 5 * std::sqrt(p * (1 - p) / draws) + 1e-9) << x;
  }
  EXPECT_EQ(synthetic::bell_distribution(-4), 0);
  EXPECT_EQ(synthetic::bell_distribution(4), 1);
  EXPECT_EQ(synthetic::bell_distribution(0), 0.5);
}

TEST(SyntheticNoise, TheExpectedRatingIsTheMeanOfNoisyRatings) {
  const Random random(4, Stream::synthetic);
  constexpr int draws = 100000;
  for (const double mean : {-1.0, 1.2, 2.5, 3.3, 4.9, 7.0}) {
    double sum = 0;
    for (std::uint64_t n = 0; n < draws; ++n) sum += synthetic::noisy_rating(mean, synthetic::bell(random.bits(n)));
    EXPECT_NEAR(sum / draws, synthetic::expected_rating(mean), 5 * 1.0 / std::sqrt(draws)) << mean;
  }
}

/// RMSE on the test of biases fitted by the registered method.
double bias_rmse(const Dataset& data, const Fold& fold, Threads& threads) {
  std::vector<std::int32_t> users, items, test_users, test_items;
  std::vector<float> values, predicted(fold.test.size());
  for (const std::int64_t p : fold.train) {
    users.push_back(data.ratings.users[at(p)]);
    items.push_back(data.ratings.items[at(p)]);
    values.push_back(data.ratings.values[at(p)]);
  }
  for (const std::int64_t p : fold.test) {
    test_users.push_back(data.ratings.users[at(p)]);
    test_items.push_back(data.ratings.items[at(p)]);
  }
  const Csr rows = csr_from_triples(data.ratings.user_count(), data.ratings.item_count(), users, items, values);
  Array<std::int64_t> order;
  const Csr columns = transposed(rows.view(), &order);
  const Hyper hyper = make_hyper(*find_method("bias"), Task::rating, {});
  const auto trainer = find_method("bias")->cpu({.ratings = rows.view(),
                                                 .by_item = columns.view(),
                                                 .by_item_order = order,
                                                 .task = Task::rating,
                                                 .hyper = hyper,
                                                 .seed = 1,
                                                 .threads = threads});
  for (int epoch = 0; epoch < 15; ++epoch) trainer->epoch();
  trainer->predict({test_users, test_items, {}}, predicted);
  double squares = 0;
  for (std::size_t n = 0; n < predicted.size(); ++n) {
    const double error = static_cast<double>(predicted[n] - data.ratings.values[at(fold.test[n])]);
    squares += error * error;
  }
  return std::sqrt(squares / static_cast<double>(predicted.size()));
}

TEST(Synthetic, BiasesLeaveRoomAboveTheBestReachableRmse) {
  Threads threads(2);
  const Dataset data = make_synthetic({}, threads);
  const auto folds = make_folds(data, parse_split("kfold:5"), 1, {}, threads);
  EXPECT_GT(*data.best_rmse, 0.80);
  EXPECT_LT(*data.best_rmse, 0.88);
  // Five times the least gain that factorization is meant to have is beyond reach; twice must be there.
  EXPECT_GT(bias_rmse(data, folds[0], threads), *data.best_rmse + 2 * 0.03);
}

}  // namespace
}  // namespace embrace
