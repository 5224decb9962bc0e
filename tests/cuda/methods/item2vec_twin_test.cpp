// item2vec on the device against its formulas in double (tests/reference/plain_item2vec.hpp), a batch at a time, and
// against item2vec on the CPU: the same baskets to the bit, whole epochs.
#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cuda/math/sums.hpp"
#include "cuda/methods/item2vec_model.hpp"
#include "cuda/trainers.hpp"
#include "host/methods/item2vec_negatives.hpp"
#include "host/random.hpp"
#include "tests/cuda/methods/vector_twins.hpp"
#include "tests/planted.hpp"
#include "tests/reference/plain_item2vec.hpp"

namespace embrace::gpu {
namespace {

using test::Dense;
using test::FeatureProblem;
using test::PlainBasket;
using test::Settings;

/// User u has u mod 7 parts of ten of 60 items, so that some have none; one has a single item, one the same item three
/// times, one an item twice beside others; the last has more items than a warp has lanes.
FeatureProblem uneven(std::int64_t users) {
  constexpr std::int64_t items = 60;
  const Random random(4, Stream::synthetic);
  std::vector<std::int32_t> row, column;
  const auto add = [&](std::int64_t u, std::int64_t i) {
    row.push_back(static_cast<std::int32_t>(u));
    column.push_back(static_cast<std::int32_t>(i));
  };
  for (std::int64_t u = 3; u < users; ++u) {
    const double share = u + 1 == users ? 0.9 : 0.1 * static_cast<double>(u % 7);
    for (std::int64_t i = 0; i < items; ++i) {
      if (i != 7 && random.uniform(static_cast<std::uint64_t>(items * u + i)) < share) add(u, i);
    }
  }
  add(0, 4);
  for (const std::int64_t item : {9, 9, 9}) add(1, item);
  for (const std::int64_t item : {5, 5, 8, 59}) add(2, item);
  FeatureProblem data;
  data.set_ratings(users, items, row, column, std::vector<float>(row.size(), 1.0F));
  data.with_user = data.with_item = data.with_context = false;
  return data;
}

/// Number k of row r.
using Numbers = std::function<double(std::int64_t r, std::int64_t k)>;

double normal(std::int64_t r, std::int64_t k) {
  return Random(6, Stream::synthetic).normal(static_cast<std::uint64_t>(r), static_cast<std::uint32_t>(k));
}

/// Baskets [first, last) with what their groups draw, counted from `group`, which becomes that of the next call.
std::vector<PlainBasket> plain_baskets(const NegativeItems& negatives, const embrace::Baskets& baskets,
                                       std::int64_t first, std::int64_t last, std::int64_t& group) {
  std::vector<PlainBasket> plain;
  const auto cuts = baskets.runs(first, last, embrace::Item2VecModel::group_items);
  for (std::int64_t g = 0; g + 1 < cuts.size(); ++g) {
    std::vector<std::int32_t> drawn(embrace::Item2VecModel::drawn_items);
    negatives.draw(group++, drawn);
    for (std::int64_t b = cuts[g]; b < cuts[g + 1]; ++b) {
      const auto items = baskets.of(b);
      plain.push_back({{items.begin(), items.end()}, {drawn.begin(), drawn.end()}});
    }
  }
  return plain;
}

class Item2VecTwinTest : public test::VectorTwinTest {
 protected:
  Item2VecTwinTest() : VectorTwinTest("item2vec", &make_item2vec) {}

  static Hyper hyper_of(const Settings& settings) {
    return make_hyper(*find_method("item2vec"), Task::ranking, settings);
  }

  /// The batches of an epoch, by a table of such numbers, each gradient to within the tolerance.
  void expect_gradients(const FeatureProblem& data, const Settings& settings, const Numbers& numbers,
                        double tolerance) {
    constexpr std::uint32_t epoch = 2;
    constexpr std::int64_t first_group = 5;
    const Hyper hyper = hyper_of(settings);
    Threads threads(1);
    const Problem problem = data.problem(hyper, Task::ranking, 1, threads);
    Item2VecModel model(device(), problem);
    Matrix table(model.table().rows(), model.table().columns());
    for (std::int64_t r = 0; r < table.rows(); ++r) {
      for (std::int64_t k = 0; k < table.columns(); ++k) table(r, k) = static_cast<float>(numbers(r, k));
    }
    model.table().upload(device(), table.view());
    const UserRows rows(device(), problem.ratings);
    UserBaskets drawing(device(), problem);
    const Item2VecCuts cuts(drawing.draw(device(), rows.items.view(), epoch), hyper.integer("batch"));
    const DeviceBuffer<std::int64_t> begins(device(), cuts.begins());
    DeviceBuffer<double> losses(device(), model.loss_blocks());
    losses.clear();

    const Dense plain_table = test::to_dense(std::as_const(table).view());
    const NegativeItems negatives(problem);
    const embrace::Baskets baskets = embrace::UserBaskets(problem).draw(epoch);
    const auto runs = baskets.runs(0, baskets.size(), hyper.integer("batch"));
    ASSERT_EQ(cuts.batches(), runs.size() - 1);
    std::int64_t group = first_group;
    double loss = 0;
    for (std::int64_t b = 0; b < cuts.batches(); ++b) {
      model.differentiate(device(), cuts.batch(b, drawing.view(), begins.span(), first_group), losses.span());
      const Matrix found = download(device(), model.gradient());
      Dense expected;
      loss += test::plain_skip_gram(plain_table, hyper["negatives"],
                                    plain_baskets(negatives, baskets, runs[b], runs[b + 1], group), expected);
      for (std::int64_t r = 0; r < found.rows(); ++r) {
        for (std::int64_t k = 0; k < found.columns(); ++k) {
          ASSERT_NEAR(static_cast<double>(found(r, k)),
                      expected[static_cast<std::size_t>(r)][static_cast<std::size_t>(k)], tolerance)
              << "batch " << b << ", row " << r << ", number " << k;
        }
      }
    }
    EXPECT_EQ(cuts.groups(), group - first_group);
    EXPECT_NEAR(sum(device(), std::as_const(losses).span()), loss, 1e-6 * loss);
  }
};

TEST_F(Item2VecTwinTest, BasketsAreThoseOfTheCpu) {
  const FeatureProblem data = uneven(50);
  for (const auto& [window, subsampling] : {std::pair{1.0, 1.0}, std::pair{4.0, 0.003}, std::pair{1023.0, 0.02}}) {
    SCOPED_TRACE(window);
    const Hyper hyper = hyper_of({{"window", window}, {"subsampling", subsampling}});
    Threads threads(1);
    const Problem problem = data.problem(hyper, Task::ranking, 3, threads);
    const UserRows rows(device(), problem.ratings);
    UserBaskets drawing(device(), problem);
    for (const std::uint32_t epoch : {0U, 3U}) {
      const embrace::Baskets expected = embrace::UserBaskets(problem).draw(epoch);
      const embrace::Baskets drawn = drawing.draw(device(), rows.items.view(), epoch);
      ASSERT_EQ(drawn.begins, expected.begins);
      ASSERT_EQ(drawn.pairs(), expected.pairs());
      Array<std::int32_t> items(expected.items.size());
      Array<std::uint32_t> basket(items.size());
      device().download<std::int32_t>(drawing.view().items.part(0, items.size()), items);
      device().download<std::uint32_t>(drawing.view().basket.part(0, items.size()), basket);
      EXPECT_EQ(items, expected.items);
      for (std::int64_t p = 0; p < items.size(); ++p) {
        EXPECT_LE(expected.begins[basket[p]], p);
        EXPECT_GT(expected.begins[std::int64_t{basket[p]} + 1], p);
      }
    }
  }
}

// Where one side is whole numbers and the other zeros, all slopes are halves: of a pair -1/2, of an item with what is
// drawn 1/2 for each of its contexts, as many as items are drawn being asked for. So sums are exact in any order.
TEST_F(Item2VecTwinTest, SumsOfWholeNumbersAreExact) {
  const FeatureProblem data = uneven(50);
  for (const bool contexts : {false, true}) {
    SCOPED_TRACE(contexts);
    const Numbers numbers = [&](std::int64_t r, std::int64_t k) {
      return (r >= data.ratings.columns) == contexts ? static_cast<double>((5 * r + 3 * k) % 9 - 4) : 0.0;
    };
    expect_gradients(data, {{"factors", 6}, {"window", 9}, {"batch", 300}, {"negatives", 128}}, numbers, 0);
  }
}

// Sums of up to a thousand terms of size 1 to 10 that may cancel, each with some roundings of 2^-24. Of groups of many
// baskets; of one or two each, of more rows than a block has.
TEST_F(Item2VecTwinTest, GradientsAreThoseOfTheFormulas) {
  const FeatureProblem data = uneven(50);
  for (const double window : {1, 4, 1023}) {
    SCOPED_TRACE(window);
    expect_gradients(data, {{"factors", 5}, {"window", window}, {"batch", 300}, {"negatives", 3}, {"exponent", -0.5}},
                     normal, 2e-3);
  }
  expect_gradients(test::half_rated(4, 500), {{"factors", 5}, {"window", 1023}, {"batch", 300}, {"negatives", 0.1}},
                   normal, 2e-3);
}

// Around a quad, and around each number of lanes that share a vector and of quads that a lane has. Scores stay of one
// size.
TEST_F(Item2VecTwinTest, GradientsOfAnyNumberOfFactors) {
  const FeatureProblem data = uneven(20);
  for (const double factors : {1, 31, 33, 64, 65, 130, 258, 514}) {
    SCOPED_TRACE(factors);
    const Numbers numbers = [&](std::int64_t r, std::int64_t k) { return normal(r, k) / std::pow(factors, 0.25); };
    expect_gradients(data, {{"factors", factors}, {"window", 12}, {"batch", 200}}, numbers, 1e-3);
  }
}

// Some steps of Adam, which makes steps of one size of gradients of any: roundings of 1e-6 grow some hundred times.
TEST_F(Item2VecTwinTest, EpochsAgreeWithTheCpu) {
  const auto data = test::half_rated(60, 40);
  for (const double score : {0, 1}) {
    SCOPED_TRACE(score);
    const Settings settings = {{"factors", 6},     {"window", 9},   {"batch", 400},        {"negatives", 3},
                               {"exponent", 0.75}, {"epochs", 3},   {"subsampling", 0.01}, {"learning_rate", 0.01},
                               {"last_rate", 0.2}, {"score", score}};
    expect_agreement(data, 3, settings, 1e-4);
  }
}

TEST_F(Item2VecTwinTest, WholeTrainingsRankAsWellAsTheCpus) {
  const test::Planted planted;
  const test::Data data(test::Planted::users, test::Planted::items, planted.seen);
  const auto agreement = [&](const test::Maker& make) {
    const test::Trained trained(*find_method("item2vec"), Task::ranking, data,
                                {.settings = {{"factors", 8}, {"batch", 1024}, {"learning_rate", 0.05}}, .epochs = 4},
                                make);
    return test::agreement(planted.unseen, trained.predict(planted.unseen));
  };
  const double cpu = agreement(test::make_on_cpu);
  const double gpu = agreement([&](const Method&, const Problem& problem) { return make_item2vec(shared(), problem); });
  EXPECT_GT(cpu, 0.7) << "what knows of no clusters gives 0.5";
  EXPECT_NEAR(gpu, cpu, find_method("item2vec")->info.parity.ranking * cpu);
}

TEST_F(Item2VecTwinTest, TheSameBitsAgain) {
  expect_the_same_bits(test::half_rated(60, 40), {{"factors", 20}, {"batch", 300}, {"subsampling", 0.01}});
}

TEST_F(Item2VecTwinTest, WhoIsFoldedInIsAsOnTheCpu) {
  expect_fold_in({{"factors", 12}, {"batch", 200}, {"score", 1}}, 1e-4);
}

TEST_F(Item2VecTwinTest, NothingToLearnFromIsFine) {
  FeatureProblem data = test::half_rated(2, 2);
  const Settings settings = {{"factors", 3}};
  data.set_ratings(1, 1, {}, {}, {});
  expect_agreement(data, 2, settings, 1e-6);
  data.set_ratings(1, 1, {0}, {0}, {4.0F});  // no contexts
  expect_agreement(data, 2, settings, 1e-6);
  data.set_ratings(1, 2, {0, 0}, {0, 1}, {4.0F, 4.0F});
  expect_agreement(data, 2, {{"factors", 3}, {"subsampling", 1e-9}}, 1e-6);  // nothing is kept
}

TEST_F(Item2VecTwinTest, MemoryIsPlanned) {
  const FeatureProblem data = test::half_rated(40, 100);
  const auto fresh = std::make_shared<Device>(0);
  const Hyper hyper = hyper_of({{"factors", 100}, {"batch", 1000}});
  Threads threads(1);
  const auto trainer = make_item2vec(fresh, data.problem(hyper, Task::ranking, 1, threads));
  trainer->epoch();
  const std::string words = trainer->device_memory();  // "cuda:0: 12.4 MiB planned (…"
  const double planned = std::stod(words.substr(words.find(": ") + 2));
  const double most = static_cast<double>(fresh->peak_bytes()) / 0x1p20;
  EXPECT_LE(most, planned + 0.05) << "rounded to tenths: " << words;
  EXPECT_GE(most, 0.9 * planned - 0.05) << "rounded to tenths: " << words;
}

TEST_F(Item2VecTwinTest, WhatDoesNotFitIsRefusedWithItsNumbers) {
  FeatureProblem large;
  large.set_ratings(1, 8'000'000, {0}, {0}, {1.0F});  // 10 vectors of 4 KiB an item
  large.with_user = large.with_item = large.with_context = false;
  const Hyper hyper = hyper_of({{"factors", 1024}});
  Threads threads(1);
  const std::int64_t before = device().used_bytes();
  try {
    const auto refused = make_item2vec(shared(), large.problem(hyper, Task::ranking, 1, threads));
    ADD_FAILURE() << refused->device_memory();
  } catch (const OutOfMemory& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("above all its vectors and gradient"), std::string::npos) << text;
    EXPECT_NE(text.find("; lower batch, window or factors"), std::string::npos) << text;
  }
  EXPECT_EQ(device().used_bytes(), before);
}

}  // namespace
}  // namespace embrace::gpu
