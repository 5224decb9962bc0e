// item2vec against its formulas in double (tests/reference/plain_item2vec.hpp): the gradient of one batch, whole
// epochs; what baskets hold, what is drawn, and what scores are made of.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <utility>
#include <vector>

#include "host/methods/item2vec_baskets.hpp"
#include "host/methods/item2vec_model.hpp"
#include "host/random.hpp"
#include "tests/planted.hpp"
#include "tests/reference/plain_adam.hpp"
#include "tests/reference/plain_item2vec.hpp"
#include "tests/same_bits.hpp"

namespace embrace {
namespace {

using test::Data;
using test::Dense;
using test::Pairs;
using test::PlainAdam;
using test::PlainBasket;
using test::Planted;
using test::Settings;
using test::Trained;

Hyper hyper_of(const Settings& settings) { return make_hyper(*find_method("item2vec"), Task::ranking, settings); }

/// Baskets [first, last) with what their groups draw, counted from `group`, which becomes that of the next call.
std::vector<PlainBasket> plain_baskets(const Item2VecModel& model, const Baskets& baskets, std::int64_t first,
                                       std::int64_t last, std::int64_t& group) {
  std::vector<PlainBasket> plain;
  const auto cuts = baskets.runs(first, last, Item2VecModel::group_items);
  for (std::int64_t g = 0; g + 1 < cuts.size(); ++g) {
    std::vector<std::int32_t> drawn(Item2VecModel::drawn_items);
    model.draw(group++, drawn);
    for (std::int64_t b = cuts[g]; b < cuts[g + 1]; ++b) {
      const auto items = baskets.of(b);
      plain.push_back({{items.begin(), items.end()}, {drawn.begin(), drawn.end()}});
    }
  }
  return plain;
}

/// 40 users, the first with nothing, the last with most of 50 items; item 7 is nobody's, and user 2 names one twice.
Data tiny_data() {
  const Random random(4, Stream::synthetic);
  Pairs pairs;
  for (std::int64_t u = 0; u < 40; ++u) {
    for (std::int64_t i = 0; i < 50; ++i) {
      if (i != 7 && random.uniform(static_cast<std::uint64_t>(50 * u + i)) < 0.022 * static_cast<double>(u)) {
        pairs.add(u, i, 1);
      }
    }
  }
  pairs.add(2, 9, 1);
  pairs.add(2, 9, 1);
  return {40, 50, pairs};
}

TEST(Item2Vec, LossAndGradientOfABatchAreThoseOfTheFormulas) {
  const Data data = tiny_data();
  for (const double window : {1.0, 4.0, 1023.0}) {
    SCOPED_TRACE(window);
    const Hyper hyper = hyper_of({{"factors", 5}, {"window", window}, {"negatives", 3}, {"exponent", -0.5}});
    Threads threads(2);
    const Problem problem = data.problem(Task::ranking, hyper, 1, threads);
    Item2VecModel model(problem);
    const Random random(6, Stream::synthetic);
    for (std::int64_t r = 0; r < model.table().rows(); ++r) {
      for (std::int64_t k = 0; k < 5; ++k) {
        model.table()(r, k) =
            static_cast<float>(random.normal(static_cast<std::uint64_t>(r), static_cast<std::uint32_t>(k)));
      }
    }
    const Baskets baskets = UserBaskets(problem).draw(0);
    const Dense table = test::to_dense(model.table().view());
    std::int64_t group = 0;
    const std::int64_t half = baskets.size() / 2;
    for (const auto& [first, last] : {std::pair{std::int64_t{0}, half}, std::pair{half, baskets.size()}}) {
      ASSERT_GT(baskets.begins[last] - baskets.begins[first], Item2VecModel::group_items) << "more than one group";
      const double found = model.differentiate(baskets, first, last);
      Dense gradient;
      const double loss = test::plain_skip_gram(table, 3, plain_baskets(model, baskets, first, last, group), gradient);
      EXPECT_NEAR(found, loss, 1e-5 * loss);
      for (std::size_t r = 0; r < gradient.size(); ++r) {
        for (std::size_t k = 0; k < gradient[r].size(); ++k) {
          // Sums of up to a thousand terms of size 1 to 10 that may cancel, each with some roundings of 2^-24.
          EXPECT_NEAR(static_cast<double>(model.gradient()(static_cast<std::int64_t>(r), static_cast<std::int64_t>(k))),
                      gradient[r][k], 2e-3)
              << r << ", " << k;
        }
      }
    }
  }
}

// The reference itself: two-sided differences of the loss, right to the square of the step.
TEST(Item2Vec, TheFormulasAreTheSlopesOfTheLoss) {
  const Random random(5, Stream::synthetic);
  Dense table(12, std::vector<double>(3)), gradient, unused;
  for (std::size_t r = 0; r < table.size(); ++r) {
    for (std::size_t k = 0; k < 3; ++k) table[r][k] = random.normal(r, static_cast<std::uint32_t>(k));
  }
  const std::vector<PlainBasket> baskets = {{{0, 1, 4}, {2, 2, 5}}, {{3, 1}, {0, 4}}};
  test::plain_skip_gram(table, 2, baskets, gradient);
  for (std::size_t r = 0; r < table.size(); ++r) {
    for (std::size_t k = 0; k < 3; ++k) {
      const double before = table[r][k], step = 1e-5;
      table[r][k] = before + step;
      const double above = test::plain_skip_gram(table, 2, baskets, unused);
      table[r][k] = before - step;
      const double below = test::plain_skip_gram(table, 2, baskets, unused);
      table[r][k] = before;
      EXPECT_NEAR((above - below) / (2 * step), gradient[r][k], 1e-7) << r << ", " << k;
    }
  }
}

TEST(Item2Vec, EpochsAreThoseOfTheFormulas) {
  const Planted planted;
  const Data data(Planted::users, Planted::items, planted.seen);
  const Settings settings = {{"factors", 5},   {"batch", 2000}, {"learning_rate", 0.01}, {"last_rate", 0.2},
                             {"window", 9},    {"epochs", 2},   {"subsampling", 0.005},  {"exponent", 0.75},
                             {"negatives", 3}, {"score", 0}};
  const Hyper hyper = hyper_of(settings);
  const Trained trained{*find_method("item2vec"), Task::ranking, data, {.settings = settings}};
  Threads threads(1);
  const Problem problem = data.problem(Task::ranking, hyper, 1, threads);
  const Item2VecModel model(problem);  // for its first table, and for what groups draw
  PlainAdam training(test::to_dense(model.table().view()));
  std::int64_t group = 0;
  for (std::uint32_t epoch = 0; epoch < 2; ++epoch) {
    const Baskets baskets = UserBaskets(problem).draw(epoch);
    const auto cuts = baskets.runs(0, baskets.size(), 2000);
    const auto steps = static_cast<double>(cuts.size() - 1);
    ASSERT_GE(steps, 2);
    double loss = 0;
    for (std::int64_t s = 0; s + 1 < cuts.size(); ++s) {
      Dense gradient;
      loss += test::plain_skip_gram(training.table, 3, plain_baskets(model, baskets, cuts[s], cuts[s + 1], group),
                                    gradient);
      const double done = (epoch + static_cast<double>(s) / steps) / 2;
      training.step(gradient, hyper["learning_rate"] * ((1 - done) + done * hyper["last_rate"]));
    }
    EXPECT_NEAR(trained.results()[epoch].objective, loss / static_cast<double>(baskets.pairs()), 1e-4) << epoch;
  }
  const auto embedding = trained.trainer().embedding();
  for (std::int64_t i = 0; i < Planted::items; ++i) {
    for (std::int64_t k = 0; k < 5; ++k) {
      // Some steps of Adam, which makes steps of one size of gradients of any: roundings of 1e-6 grow some hundred
      // times.
      const double expected = training.table[static_cast<std::size_t>(Planted::items + i)][static_cast<std::size_t>(k)];
      EXPECT_NEAR(static_cast<double>(embedding->items(i, k)), expected, 1e-3) << i << ", " << k;
    }
  }
  for (const std::int64_t user : {std::int64_t{0}, std::int64_t{77}}) {
    const auto row = data.ratings.view().row_indices(user);
    for (std::int64_t k = 0; k < 5; ++k) {
      double mean = 0;
      for (const std::int32_t item : row) {
        mean += training.table[static_cast<std::size_t>(item)][static_cast<std::size_t>(k)] /
                static_cast<double>(row.size());
      }
      EXPECT_NEAR(static_cast<double>(embedding->users(user, k)), mean, 1e-3) << user << ", " << k;
    }
  }
}

TEST(Item2Vec, BasketsDealEachUsersItemsOnce) {
  Pairs pairs;  // user 0 has 10 items from 0 on, user 1 one item, 100, user 2 has 23 from 200 on, one of them twice
  for (std::int64_t i = 0; i < 10; ++i) pairs.add(0, i, 1);
  pairs.add(1, 100, 1);
  for (std::int64_t i = 200; i < 223; ++i) pairs.add(2, i, 1);
  pairs.add(2, 210, 1);
  const Data data(4, 300, pairs);
  std::vector<std::int32_t> expected(33);
  std::iota(expected.begin(), expected.begin() + 10, 0);
  std::iota(expected.begin() + 10, expected.end(), 200);
  for (const auto& [window, count] : {std::pair{4.0, 2 + 5}, std::pair{9.0, 1 + 3}, std::pair{1023.0, 2}}) {
    SCOPED_TRACE(window);
    const Hyper hyper = hyper_of({{"window", window}});
    Threads threads(1);
    const UserBaskets users(data.problem(Task::ranking, hyper, 1, threads));
    const Baskets baskets = users.draw(3);
    EXPECT_EQ(baskets.size(), count);
    std::int64_t pairs_of_all = 0;
    for (std::int64_t b = 0; b < baskets.size(); ++b) {
      const auto items = baskets.of(b);
      EXPECT_EQ(*std::min_element(items.begin(), items.end()) < 100,
                *std::max_element(items.begin(), items.end()) < 100);
      EXPECT_LE(static_cast<double>(items.size()), window + 1);
      EXPECT_GE(items.size(), 4) << "baskets of a user have about one size";
      pairs_of_all += items.size() * (items.size() - 1);
    }
    EXPECT_EQ(baskets.pairs(), pairs_of_all);
    std::vector<std::int32_t> all(baskets.items.begin(), baskets.items.end());
    std::sort(all.begin(), all.end());
    EXPECT_EQ(all, expected);
    EXPECT_NE(baskets.items, users.draw(4).items) << "drawn anew";
  }
}

TEST(Item2Vec, RunsOfBasketsAreNoShorterThanAsked) {
  Baskets baskets;
  for (const std::int64_t size : {3, 2, 5, 2, 2, 1}) {
    baskets.items.resize(baskets.items.size() + size);
    baskets.begins.push_back(baskets.items.size());
  }
  EXPECT_EQ(baskets.runs(0, 6, 5), (Array<std::int64_t>{0, 2, 3, 6}));
  EXPECT_EQ(baskets.runs(1, 5, 100), (Array<std::int64_t>{1, 5}));
  EXPECT_EQ(baskets.runs(2, 2, 5), (Array<std::int64_t>{2}));
}

// Item 0 is every user's, 40 of 440 ratings, the others are 1 in 440 each: sqrt(threshold / share) of the times.
TEST(Item2Vec, FrequentItemsAreLeftOutAtTimes) {
  Pairs pairs;
  for (std::int64_t u = 0; u < 40; ++u) {
    pairs.add(u, 0, 1);
    for (std::int64_t i = 0; i < 10; ++i) pairs.add(u, 1 + 10 * u + i, 1);
  }
  const Data data(40, 401, pairs);
  const Hyper hyper = hyper_of({{"subsampling", 0.01}});
  Threads threads(1);
  const UserBaskets users(data.problem(Task::ranking, hyper, 1, threads));
  constexpr std::uint32_t epochs = 100;
  std::int64_t seen = 0;
  for (std::uint32_t epoch = 0; epoch < epochs; ++epoch) {
    const Baskets baskets = users.draw(epoch);
    const auto here = std::count(baskets.items.begin(), baskets.items.end(), 0);
    EXPECT_EQ(baskets.items.size() - here, 400) << "rare ones stay";
    seen += here;
  }
  const double expected = std::sqrt(0.01 * 440 / 40), times = 40.0 * epochs;
  EXPECT_NEAR(static_cast<double>(seen) / times, expected, 5 * std::sqrt(expected * (1 - expected) / times));
}

TEST(Item2Vec, ItemsAreDrawnByThePowerOfTheirRatings) {
  Pairs pairs;  // item i has i ratings
  for (std::int64_t i = 0; i < 6; ++i) {
    for (std::int64_t u = 0; u < i; ++u) pairs.add(u, i, 1);
  }
  const Data data(6, 6, pairs);
  for (const double exponent : {-1.0, 0.0, 0.75}) {
    const Hyper hyper = hyper_of({{"exponent", exponent}});
    Threads threads(1);
    const Item2VecModel model(data.problem(Task::ranking, hyper, 1, threads));
    std::map<std::int32_t, double> drawn;
    std::vector<std::int32_t> items(Item2VecModel::drawn_items);
    constexpr std::int64_t groups = 200;
    for (std::int64_t g = 0; g < groups; ++g) {
      model.draw(g, items);
      for (const std::int32_t item : items) ++drawn[item];
    }
    double all = 0;
    for (int i = 1; i < 6; ++i) all += std::pow(i, exponent);
    EXPECT_EQ(drawn.count(0), 0U) << "without ratings";
    for (int i = 1; i < 6; ++i) {
      const double share = std::pow(i, exponent) / all,
                   times = static_cast<double>(groups * Item2VecModel::drawn_items);
      EXPECT_NEAR(drawn[i] / times, share, 5 * std::sqrt(share * (1 - share) / times)) << i << ", " << exponent;
    }
  }
}

TEST(Item2Vec, CosinesAreOfVectorsOfLengthOne) {
  const Data data = tiny_data();
  const Trained trained{
      *find_method("item2vec"), Task::ranking, data, {.settings = {{"score", 1}, {"factors", 6}}, .epochs = 2}};
  const auto embedding = trained.trainer().embedding();
  for (std::int64_t i = 0; i < 50; ++i) {
    double square = 0;
    for (std::int64_t k = 0; k < 6; ++k) square += std::pow(static_cast<double>(embedding->items(i, k)), 2);
    if (i != 7) {
      EXPECT_NEAR(square, 1, 1e-6) << i;
    }
  }
  for (std::int64_t k = 0; k < 6; ++k) {
    double of_user = 0, of_all = 0;
    const auto row = data.ratings.view().row_indices(15);
    for (const std::int32_t i : row) {
      of_user += static_cast<double>(embedding->items(i, k)) / static_cast<double>(row.size());
    }
    for (std::int64_t i = 0; i < 50; ++i) of_all += i == 7 ? 0 : static_cast<double>(embedding->items(i, k)) / 49;
    EXPECT_NEAR(static_cast<double>(embedding->users(15, k)), of_user, 1e-6) << k;
    EXPECT_NEAR(static_cast<double>(embedding->items(7, k)), of_all, 1e-6) << "the mean of the others, " << k;
  }
}

TEST(Item2Vec, BothScoresLearn) {
  const Planted planted;
  const Data data(Planted::users, Planted::items, planted.seen);
  for (const double score : {0.0, 1.0}) {
    const Trained trained(
        *find_method("item2vec"), Task::ranking, data,
        {.settings = {{"score", score}, {"factors", 8}, {"batch", 512}, {"learning_rate", 0.02}}, .epochs = 20});
    // What knows of no clusters gives 0.5.
    EXPECT_GT(test::agreement(planted.unseen, trained.predict(planted.unseen)), 0.8) << score;
  }
}

TEST(Item2Vec, BitsDoNotDependOnThreads) {
  const Planted planted;
  const Data data(Planted::users, Planted::items, planted.seen);
  const auto bits = [&](int threads) {
    const Trained trained(*find_method("item2vec"), Task::ranking, data,
                          {.threads = threads, .settings = {{"batch", 3000}, {"window", 30}}, .epochs = 1});
    const auto items = trained.trainer().embedding()->items;
    return std::vector<float>(items.data, items.data + items.rows * items.columns);
  };
  for (const int threads : {2, 3}) EXPECT_TRUE(test::same_bits(bits(threads), bits(1))) << threads;
}

}  // namespace
}  // namespace embrace
