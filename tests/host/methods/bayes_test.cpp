// `bayes`: each draw against its conditional distribution in plain double loops over ratings and features; the whole
// sampler of a block by Geweke's test; then what the method promises.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <numeric>
#include <vector>

#include "host/error.hpp"
#include "host/methods/bayes_block.hpp"
#include "host/methods/bayes_columns.hpp"
#include "host/methods/bayes_contexts.hpp"
#include "host/methods/bayes_kernel.hpp"
#include "host/methods/bayes_prior.hpp"
#include "host/methods/registry.hpp"
#include "tests/feature_problem.hpp"
#include "tests/same_bits.hpp"

namespace embrace::cpu {
namespace {

using test::FeatureProblem;
using Settings = std::vector<std::pair<std::string, double>>;

/// Mean and precision of a coefficient w of ratings residual + w · c, c = x · others, given its prior and α.
struct Conditional {
  double precision = 0, target = 0;
  void add_prior(double mean, double of_prior) {
    precision += of_prior;
    target += of_prior * mean;
  }
  void add_rating(double alpha, double c, double residual_without) {
    precision += alpha * c * c;
    target += alpha * c * residual_without;
  }
  double drawn(double noise) const { return target / precision + noise / std::sqrt(precision); }
};

/// Rows of 1, 5, 16, 17 and 40 ratings that meet one or two other blocks in three dimensions, the first of which is a
/// bias.
struct RowProblem {
  static constexpr std::int64_t dimensions = 3, first_rows = 9, second_rows = 4;
  std::vector<std::int64_t> length = {1, 5, 16, 17, 40};
  std::vector<std::int64_t> offsets{0};
  std::vector<std::int32_t> first, second;
  std::vector<float> residual, others, values[2][dimensions], value[dimensions], own[dimensions], noise[dimensions];
  std::vector<Dimension> model;
  bool two;

  explicit RowProblem(bool with_two) : two(with_two) {
    const Random random(3, Stream::synthetic);
    std::uint64_t n = 0;
    const auto normal = [&] { return static_cast<float>(random.normal(n++)); };
    for (const std::int64_t count : length) {
      for (std::int64_t e = 0; e < (count + 15) / 16 * 16; ++e) {
        first.push_back(static_cast<std::int32_t>(e < count ? (3 * e + count) % first_rows : first_rows));
        second.push_back(static_cast<std::int32_t>(e < count ? (e / 3) % second_rows : second_rows));
        residual.push_back(e < count ? normal() : 0.0F);
      }
      offsets.push_back(static_cast<std::int64_t>(first.size()));
    }
    others.resize(first.size());
    for (std::size_t d = 0; d < dimensions; ++d) {
      for (std::int64_t r = 0; r < first_rows; ++r) values[0][d].push_back(d == 0 ? 1.0F : normal());
      for (std::int64_t r = 0; r < second_rows; ++r) values[1][d].push_back(d == 0 ? 0.0F : normal());
      for (auto* side : {&values[0][d], &values[1][d]}) side->push_back(0.0F);
      for (std::size_t r = 0; r < length.size(); ++r) {
        own[d].push_back(normal());
        value[d].push_back(own[d].back() + normal());
        noise[d].push_back(normal());
      }
      model.push_back({.others = {values[0][d].data(), two ? values[1][d].data() : nullptr},
                       .value = value[d].data(),
                       .own = own[d].data(),
                       .draw = {0.3F, 2.0F + static_cast<float>(d), 1.7F, noise[d].data()}});
    }
  }
  RowRatings ratings() {
    return {offsets.data(), first.data(), two ? second.data() : nullptr, residual.data(), others.data()};
  }
  double c(std::size_t d, std::int64_t place) const {
    const auto at = static_cast<std::size_t>(place);
    return static_cast<double>(values[0][d][static_cast<std::size_t>(first[at])]) +
           (two ? static_cast<double>(values[1][d][static_cast<std::size_t>(second[at])]) : 0);
  }
};

// Float sums of 40 products of the size of 1 are off by less than 40 · 2^-24 · 40 = 1e-4.
class Rows : public testing::TestWithParam<bool> {};

TEST_P(Rows, AreDrawnFromTheirConditionalDistribution) {
  RowProblem problem(GetParam());
  const RowProblem before = problem;
  std::vector<std::int32_t> rows(problem.length.size());
  std::iota(rows.begin(), rows.end(), 0);
  std::vector<RowState> state(rows.size());
  sample_rows(problem.ratings(), rows, nullptr, problem.model, true, state.data());
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const std::int64_t begin = before.offsets[r], end = begin + before.length[r];
    std::vector<double> residual(before.residual.begin() + begin, before.residual.begin() + end);
    for (std::size_t d = 0; d < RowProblem::dimensions; ++d) {
      const Draw& draw = before.model[d].draw;
      const auto old = static_cast<double>(before.own[d][r]);
      Conditional own;
      own.add_prior(static_cast<double>(draw.mean), static_cast<double>(draw.precision));
      for (std::int64_t e = begin; e < end; ++e) {
        const double c = before.c(d, e);
        own.add_rating(static_cast<double>(draw.ratings), c, residual[static_cast<std::size_t>(e - begin)] + c * old);
      }
      const double drawn = own.drawn(static_cast<double>(before.noise[d][r]));
      for (std::int64_t e = begin; e < end; ++e)
        residual[static_cast<std::size_t>(e - begin)] -= before.c(d, e) * (drawn - old);
      EXPECT_NEAR(static_cast<double>(problem.own[d][r]), drawn, 1e-4) << "row " << r << " dimension " << d;
      EXPECT_NEAR(static_cast<double>(problem.value[d][r] - before.value[d][r]), drawn - old, 1e-4);
    }
    for (std::int64_t e = begin; e < before.offsets[r + 1]; ++e) {
      const double expected = e < end ? residual[static_cast<std::size_t>(e - begin)] : 0;
      EXPECT_NEAR(static_cast<double>(problem.residual[static_cast<std::size_t>(e)]), expected, 2e-4) << "place " << e;
    }
  }
}

// What features of the row are drawn by: the likelihood of a further change of its value.
TEST_P(Rows, LeaveTheLikelihoodOfAFurtherMove) {
  RowProblem problem(GetParam());
  std::vector<std::int32_t> rows(problem.length.size());
  std::iota(rows.begin(), rows.end(), 0);
  std::vector<RowState> state(rows.size());
  sample_rows(problem.ratings(), rows, nullptr, {problem.model.data(), 2}, false, state.data());
  for (std::size_t r = 0; r < rows.size(); ++r) {
    double squares = 0, target = 0;
    for (std::int64_t e = problem.offsets[r]; e < problem.offsets[r] + problem.length[r]; ++e) {
      const double c = problem.c(1, e);
      squares += c * c;
      target += c * (static_cast<double>(problem.residual[static_cast<std::size_t>(e)]) -
                     c * static_cast<double>(state[r].move));
    }
    EXPECT_NEAR(static_cast<double>(state[r].squares), squares, 1e-4);
    EXPECT_NEAR(static_cast<double>(state[r].target), target, 2e-4) << "row " << r;
  }
}

TEST_P(Rows, AreTheSameOneDimensionAtATime) {
  RowProblem together(GetParam()), apart(GetParam());
  std::vector<std::int32_t> rows(together.length.size());
  std::iota(rows.begin(), rows.end(), 0);
  std::vector<RowState> state(rows.size());
  sample_rows(together.ratings(), rows, nullptr, together.model, true, state.data());
  for (std::size_t d = 0; d < RowProblem::dimensions; ++d) {
    sample_rows(apart.ratings(), rows, d == 0 ? nullptr : apart.model[d - 1].value, {&apart.model[d], 1}, false,
                state.data());
  }
  sample_rows(apart.ratings(), rows, apart.model.back().value, {}, true, state.data());
  EXPECT_TRUE(test::same_bits(together.residual, apart.residual));
  for (std::size_t d = 0; d < RowProblem::dimensions; ++d)
    EXPECT_TRUE(test::same_bits(together.value[d], apart.value[d]));
}

INSTANTIATE_TEST_SUITE_P(Others, Rows, testing::Bool());

// The relation block's sums by row, against loops over every rating and every feature of its row.
TEST(Columns, AreDrawnFromTheirConditionalDistribution) {
  constexpr std::size_t rows = 12, columns = 7;
  const Random random(4, Stream::synthetic);
  std::uint64_t n = 0;
  double x[rows][columns] = {};
  std::vector<std::int32_t> row, column;
  std::vector<float> value, weights, noise;
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < columns; ++c) {
      if (c == 6 || random.uniform(n++) < 0.3) continue;  // nobody has the last
      row.push_back(static_cast<std::int32_t>(r));
      column.push_back(static_cast<std::int32_t>(c));
      value.push_back(static_cast<float>(random.normal(n++)));
      x[r][c] = static_cast<double>(value.back());
    }
  }
  const Csr readers = transposed(csr_from_triples(rows, columns, row, column, value).view());
  std::vector<std::vector<std::array<double, 2>>> ratings(rows);  // c, residual
  std::vector<RowState> state(rows);
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t e = 0; e < 1 + r % 5; ++e) {
      ratings[r].push_back({random.normal(n++), random.normal(n++)});
      const auto [c, residual] = ratings[r].back();
      state[r].squares += static_cast<float>(c * c);
      state[r].target += static_cast<float>(c * residual);
    }
    state[r].move = 0;
  }
  const std::vector<NormalPrior> priors = {{0.2F, 3.0F}, {-0.4F, 0.7F}};
  constexpr double alpha = 1.3;
  std::vector<Column> chosen;
  for (std::int32_t c = 0; c < 6; ++c) chosen.push_back({c, c < 3 ? 0 : 1});
  for (std::size_t c = 0; c < columns; ++c) {
    weights.push_back(static_cast<float>(random.normal(n++)));
    noise.push_back(static_cast<float>(random.normal(n++)));
  }
  std::vector<float> drawn = weights;
  draw_columns(readers.view(), chosen, priors.data(), static_cast<float>(alpha), noise.data(), drawn.data(),
               state.data());
  std::vector<double> moves(rows);
  for (const auto& [c, field] : chosen) {
    const auto at = static_cast<std::size_t>(c);
    const auto old = static_cast<double>(weights[at]);
    Conditional w;
    w.add_prior(static_cast<double>(priors[static_cast<std::size_t>(field)].mean),
                static_cast<double>(priors[static_cast<std::size_t>(field)].precision));
    for (std::size_t r = 0; r < rows; ++r) {
      for (const auto& [others, residual] : ratings[r])
        w.add_rating(alpha, x[r][at] * others, residual + x[r][at] * others * old);
    }
    const double expected = w.drawn(static_cast<double>(noise[at]));
    for (std::size_t r = 0; r < rows; ++r) {
      moves[r] += x[r][at] * (expected - old);
      for (auto& [others, residual] : ratings[r]) residual -= x[r][at] * others * (expected - old);
    }
    EXPECT_NEAR(static_cast<double>(drawn[at]), expected, 1e-4) << "column " << c;
  }
  EXPECT_EQ(drawn[6], weights[6]);
  for (std::size_t r = 0; r < rows; ++r) EXPECT_NEAR(static_cast<double>(state[r].move), moves[r], 1e-4);
}

// 20,000 draws; five standard errors.
TEST(Priors, AreDrawnFromTheirConditionalDistribution) {
  Moments moments;
  for (const float v : {0.5F, -1.0F, 2.0F, 0.25F}) moments.add(v);
  const NormalPrior now{0.3F, 1.0F};
  // λ ~ Gamma(shape (1 + n + 1) / 2, rate (β + Σ (v - μ)² + μ²) / 2)
  const double shape = 3, rate = (0.5 + 0.04 + 1.69 + 2.89 + 0.0025 + 0.09) / 2;
  constexpr int draws = 20000;
  double sum = 0, squares = 0, means = 0, scaled = 0;
  for (int d = 0; d < draws; ++d) {
    const NormalPrior prior =
        draw_prior(moments, now, 0.5, Random(1, Stream::sampling), static_cast<std::uint64_t>(d), 0);
    const auto precision = static_cast<double>(prior.precision);
    sum += precision;
    squares += precision * precision;
    const double distance = (static_cast<double>(prior.mean) - 1.75 / 5) * std::sqrt(5 * precision);
    means += distance;
    scaled += distance * distance;
  }
  const double deviation = std::sqrt(shape) / rate;
  EXPECT_NEAR(sum / draws, shape / rate, 5 * deviation / std::sqrt(draws));
  EXPECT_NEAR(std::sqrt(squares / draws - std::pow(sum / draws, 2)), deviation, 0.05 * deviation);
  EXPECT_NEAR(means / draws, 0, 5 / std::sqrt(draws));
  EXPECT_NEAR(scaled / draws, 1, 5 * std::sqrt(2.0 / draws));
}

TEST(Priors, GammaHasItsMomentsForSmallAndLargeShapes) {
  const Random random(6, Stream::sampling);
  constexpr int draws = 20000;
  for (const double shape : {0.5, 0.9, 1.0, 7.5, 5e5}) {
    double sum = 0, squares = 0;
    for (int d = 0; d < draws; ++d) {
      const double x = gamma(random, static_cast<std::uint64_t>(d), 0, shape, 2) - shape / 2;
      sum += x;
      squares += x * x;
    }
    const double variance = shape / 4;  // its own variance is (2 + 6 / shape) variance²
    EXPECT_NEAR(sum / draws, 0, 5 * std::sqrt(variance / draws)) << shape;
    EXPECT_NEAR(squares / draws, variance, 5 * variance * std::sqrt((2 + 6 / shape) / draws)) << shape;
  }
}

/// A block of five rows, the last without ratings, with identities and two fields of features, that meets a fixed
/// other.
struct TinyBlock {
  static constexpr std::int64_t dimensions = 2, fields = 3;  // identity's the last
  static constexpr float prior = 0.5F;
  std::vector<std::int64_t> offsets = {0, 2, 3, 6, 8, 8};
  std::vector<std::int32_t> other = {0, 1, 2, 0, 1, 2, 1, 2};
  std::vector<float> ones = {1, 1, 1, 0}, values = {0.8F, -1.5F, 0.6F, 0};
  Csr features = csr_from_triples(5, 3, std::vector<std::int32_t>{0, 0, 1, 1, 2, 2, 3, 4},
                                  std::vector<std::int32_t>{0, 2, 1, 2, 0, 2, 1, 0},
                                  std::vector<float>{1, 0.5F, 1, -1.2F, 1, 0.9F, 1, 1});
  std::vector<Field> named = {{"kind", 0, 2, Field::Kind::one_hot}, {"number", 2, 3, Field::Kind::numbers}};
  Threads threads{1};
  BayesBlock block;

  explicit TinyBlock(std::uint64_t seed)
      : block({.rows = 5, .identity = true, .features = features.view(), .fields = named},
              {.offsets = offsets, .first = other, .first_rows = 3}, {}, {dimensions, static_cast<double>(prior)},
              Random(seed, Stream::sampling), threads) {}
  void sample(float precision, std::uint64_t sweep, std::vector<float>& residuals) {
    const std::array<Others, 2> others = {{{ones.data(), nullptr}, {values.data(), nullptr}}};
    block.sample(others, precision, sweep, residuals.data());
  }
};

// Geweke 2004, "Getting it right": drawing the model given the ratings and the ratings given the model by turns, one
// has samples of both together, in which the model is distributed as its prior. Ratings given the model are new
// residuals. Then β λ has quartiles of chi squared with one degree of freedom, μ sqrt(λ) those of a normal number, for
// every field.
TEST(Block, SamplesThePriorWhenRatingsAreDrawnFromTheModel) {
  TinyBlock tiny(1);
  const Random noise(2, Stream::synthetic);
  constexpr float precision = 0.3F;
  constexpr int sweeps = 150000, batches = 30;
  std::vector<float> residuals(static_cast<std::size_t>(tiny.block.begins().back()));
  constexpr std::size_t checks = TinyBlock::dimensions * TinyBlock::fields * 4;
  std::vector<std::array<double, checks>> shares(batches);
  for (int s = 0; s < sweeps; ++s) {
    for (std::size_t r = 0; r + 1 < tiny.offsets.size(); ++r) {
      for (std::int64_t e = 0; e < tiny.offsets[r + 1] - tiny.offsets[r]; ++e) {
        const std::int64_t place = tiny.block.begins()[r] + e;
        residuals[static_cast<std::size_t>(place)] =
            static_cast<float>(noise.normal(static_cast<std::uint64_t>(s), static_cast<std::uint32_t>(place)) /
                               std::sqrt(static_cast<double>(precision)));
      }
    }
    tiny.sample(precision, static_cast<std::uint64_t>(s), residuals);
    auto& share = shares[static_cast<std::size_t>(s / (sweeps / batches))];
    std::size_t check = 0;
    for (std::int64_t d = 0; d < TinyBlock::dimensions; ++d) {
      for (std::int64_t f = 0; f < TinyBlock::fields; ++f) {
        const NormalPrior& prior = tiny.block.prior(d, f);
        const float beta_lambda = (f + 1 == TinyBlock::fields ? 1.0F : TinyBlock::prior) * prior.precision;
        const double mean = static_cast<double>(prior.mean) * std::sqrt(static_cast<double>(prior.precision));
        for (const bool in : {beta_lambda < 0.101531F, beta_lambda < 1.3233F, mean < -0.67449, mean < 0.67449}) {
          share[check++] += in ? static_cast<double>(batches) / sweeps : 0;
        }
      }
    }
  }
  const double expected[4] = {0.25, 0.75, 0.25, 0.75};
  for (std::size_t c = 0; c < checks; ++c) {
    double sum = 0, squares = 0;
    for (const auto& batch : shares) {
      sum += batch[c] / batches;
      squares += batch[c] * batch[c] / batches;
    }
    // Batches of 5,000 sweeps are as good as independent. 24 checks: four standard errors have odds of 1 in 600.
    EXPECT_NEAR(sum, expected[c % 4], 4 * std::sqrt((squares - sum * sum) / (batches - 1))) << "check " << c;
  }
}

TEST(Block, RowsWithoutRatingsAreWherePriorsExpectThem) {
  TinyBlock tiny(3);
  std::vector<float> residuals(static_cast<std::size_t>(tiny.block.begins().back()));
  tiny.sample(1.0F, 1, residuals);
  Matrix features(TinyBlock::dimensions, 5);
  tiny.block.represent(tiny.features.view(), features);
  for (std::int64_t d = 0; d < TinyBlock::dimensions; ++d) {
    EXPECT_FLOAT_EQ(tiny.block.values(d)[4], tiny.block.prior(d, 2).mean + features(d, 4));
  }
}

TEST(Contexts, EqualRowsAreOne) {
  const Csr rows = csr_from_triples(5, 3, std::vector<std::int32_t>{0, 0, 1, 2, 2, 4},
                                    std::vector<std::int32_t>{0, 2, 0, 0, 2, 0}, std::vector<float>{1, 1, 1, 1, 1, 2});
  const DistinctRows distinct = distinct_rows(rows.view());
  EXPECT_EQ(distinct.row_of, (Array<std::int32_t>{0, 1, 0, 2, 3}));
  EXPECT_EQ(distinct.rows.rows(), 4);
  EXPECT_EQ(distinct.rows.values, (Array<float>{1, 1, 1, 2}));
  const Grouped grouped = group(distinct.row_of, 4);
  EXPECT_EQ(grouped.offsets, (Array<std::int64_t>{0, 2, 3, 4, 5}));
  EXPECT_EQ(grouped.entries, (Array<std::int64_t>{0, 2, 1, 3, 4}));
}

const Method& bayes() { return *find_method("bayes"); }

TEST(Bayes, GivesTheSameBitsForAnyNumberOfThreads) {
  for (const double output : {0, 1}) {
    FeatureProblem data = test::mixed_problem(40, 30);
    if (output == 1) {
      for (float& v : data.ratings.values) v = std::round(v);
    }
    EXPECT_TRUE(test::same_bits_for_any_threads(
        [&](int workers) {
          return test::outputs(bayes(), data, Task::rating, workers, 3, {{"factors", 5}, {"output", output}});
        },
        4));
  }
}

TEST(Bayes, ReadsFrozenVectorsAsAFieldOfNumbers) {
  const FeatureProblem data = test::mixed_problem(20, 15);
  const auto outputs = [&](bool frozen) {
    return test::outputs(bayes(), test::with_vectors(data, 4, frozen), Task::rating, 2, 3, {{"factors", 3}});
  };
  EXPECT_TRUE(test::same_bits(outputs(true), outputs(false)));
}

TEST(Bayes, RefusesProbitOfRatingsOfManyValues) {
  const FeatureProblem data = test::mixed_problem(20, 15);
  EXPECT_THROW(test::outputs(bayes(), data, Task::rating, 1, 1, {{"output", 1}}), Unsupported);
}

/// Predictions of the training pairs after each epoch: of a trainer that was told them, or not.
std::vector<std::vector<float>> predictions(const FeatureProblem& data, bool told, double output, int epochs) {
  Threads threads(2);
  const Hyper hyper = make_hyper(bayes(), Task::rating, Settings{{"factors", 3}, {"burn_in", 5}, {"output", output}});
  const auto trainer = bayes().cpu(data.problem(hyper, Task::rating, 1, threads));
  return test::predictions_by_epoch(*trainer, data, told, epochs);
}

// A prediction is of the size of 5; 8 of them summed in double, each rounded to float.
TEST(Bayes, PredictsTheMeanOverTheSamplesAfterBurnIn) {
  for (const double output : {0, 1}) {
    FeatureProblem data = test::mixed_problem(20, 15);
    for (float& v : data.ratings.values) v = std::round(v);
    const auto averages = predictions(data, true, output, 13);
    const auto samples = predictions(data, false, output, 13);
    // Before burn-in ends, after samples 1, 2 and 4, the average begins anew.
    const int first_of[13] = {0, 1, 2, 2, 4, 5, 5, 5, 5, 5, 5, 5, 5};
    for (std::size_t e = 0; e < 13; ++e) {
      for (std::size_t p = 0; p < averages[e].size(); ++p) {
        double sum = 0;
        for (auto s = static_cast<std::size_t>(first_of[e]); s <= e; ++s) sum += static_cast<double>(samples[s][p]);
        ASSERT_NEAR(static_cast<double>(averages[e][p]),
                    sum / static_cast<double>(e + 1 - static_cast<std::size_t>(first_of[e])), 2e-6)
            << "epoch " << e << " output " << output;
      }
    }
  }
}

TEST(Bayes, ColdUsersDifferByTheirFeaturesAlone) {
  FeatureProblem data = test::mixed_problem(30, 20);
  const auto scores_of = [&](bool features) {
    FeatureProblem tried = data;
    tried.with_user = features;
    tried.with_context = false;
    // Users 28 and 29 have no ratings; the last has none in mixed_problem().
    std::vector<std::int32_t> row, column;
    std::vector<float> value;
    for (std::int32_t u = 0; u < 28; ++u) {
      const auto items = data.ratings.view().row_indices(u);
      for (std::int64_t n = 0; n < items.size(); ++n) {
        row.push_back(u);
        column.push_back(items[n]);
        value.push_back(data.ratings.view().row_values(u)[n]);
      }
    }
    tried.set_ratings(30, 20, row, column, value);
    const auto outputs = test::outputs(bayes(), tried, Task::rating, 2, 4, {{"factors", 3}});
    return std::vector<float>(outputs.end() - 40, outputs.end());
  };
  const auto halves = [](const std::vector<float>& scores) {
    return std::pair(std::vector<float>(scores.begin(), scores.begin() + 20),
                     std::vector<float>(scores.begin() + 20, scores.end()));
  };
  const auto [with_first, with_second] = halves(scores_of(true));
  const auto [without_first, without_second] = halves(scores_of(false));
  EXPECT_TRUE(test::same_bits(without_first, without_second));
  EXPECT_FALSE(test::same_bits(with_first, with_second));
}

// The kinds' worth alone deviates by 0.7 over the movies; taste 0.5 and noise 0.3 remain for users, of which 0.3 is out
// of reach.
TEST(Bayes, FeaturesSpeakForColdMovies) {
  const Settings settings = {{"factors", 4}, {"epochs", 60}};
  const double informed = test::cold_rmse(bayes(), test::cold_problem(false), settings);
  const double shuffled = test::cold_rmse(bayes(), test::cold_problem(true), settings);
  EXPECT_LT(informed, 0.55);
  EXPECT_GT(shuffled, informed + 0.2);
}

}  // namespace
}  // namespace embrace::cpu
