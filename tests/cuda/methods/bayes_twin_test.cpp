// `bayes` on the device: each draw against its conditional distribution in plain double loops over ratings and
// features, from the random numbers of the host; then whole sweeps against those of the CPU, which
// tests/host/methods/bayes_test.cpp compares with plain loops itself.
#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cuda/methods/bayes_block.hpp"
#include "cuda/trainers.hpp"
#include "host/error.hpp"
#include "host/math/normal_numbers.hpp"
#include "host/methods/registry.hpp"
#include "tests/cuda/methods/feature_twins.hpp"

namespace embrace::gpu {
namespace {

using Numbers = std::vector<std::vector<double>>;  // by dimension and row
using test::Settings;

/// What a case of a block is made of.
struct BlockCase {
  std::vector<std::int64_t> sizes;  // ratings of each row
  std::int64_t factors;
  bool identity, features, second, reordered;
};

/// Kinds, of which nobody has the last and a row has one; words, of which a row has several; a number.
Csr features_of(std::int64_t rows) {
  const Random random(7, Stream::features);
  std::vector<std::int32_t> row, column;
  std::vector<float> value;
  const auto add = [&](std::int64_t r, std::int64_t c, double v) {
    row.push_back(static_cast<std::int32_t>(r));
    column.push_back(static_cast<std::int32_t>(c));
    value.push_back(static_cast<float>(v));
  };
  for (std::int64_t r = 0; r < rows; ++r) {
    const auto id = static_cast<std::uint64_t>(r);
    add(r, static_cast<std::int64_t>(random.below(9, id, 0)), 1);
    for (std::int64_t w = 0; w < 3; ++w) {
      if (random.uniform(id, 1 + static_cast<std::uint32_t>(w)) < 0.6) add(r, 10 + w, 0.5);
    }
    add(r, 13, random.normal(id, 5));
  }
  return csr_from_triples(rows, 14, row, column, value);
}

/// A block on the device and all that it refers to; and a sweep of it in plain double.
struct Block {
  static constexpr std::int64_t first_rows = 9, second_rows = 4;
  static constexpr std::uint64_t sweep = 3;
  static constexpr double alpha = 1.3, beta = 0.5;
  static constexpr float shift = 0.25F;

  Block(Device& on, const BlockCase& made_of);
  double c(std::int64_t d, std::int64_t entry) const {
    if (d == 0) return 1;
    const auto e = static_cast<std::size_t>(entry);
    return static_cast<double>(first_values(first[e], d - 1)) +
           (with.second ? static_cast<double>(second_values(second[e], d - 1)) : 0);
  }
  std::int64_t entry(std::int64_t e) const { return order.empty() ? e : order[static_cast<std::size_t>(e)]; }
  Numbers numbers(const ConstBayesView& view) const;
  void sample();
  void sample_plainly();
  /// Of rows or columns, as the host numbers these purposes: 1 or 2.
  std::vector<float> noise(std::int64_t d, std::uint64_t purpose, std::int64_t count) const;

  Device& device;
  BlockCase with;
  std::int64_t rows, size = 0;
  std::vector<std::int64_t> offsets{0}, order;
  std::vector<std::int32_t> first, second;
  Csr features;
  std::vector<Field> fields;
  Matrix first_values, second_values;
  DeviceMatrix first_on_device, second_on_device;
  BayesTable values;
  Random random{1, Stream::sampling};
  std::unique_ptr<BayesBlock> block;
  DeviceBuffer<float> residuals;  // of the ratings matrix, where that has another order
  DeviceBuffer<BayesSweep> state;

  // Before the sweep and, once it was sampled plainly, after it.
  std::vector<double> residual;
  Numbers own, weight;
};

Block::Block(Device& on, const BlockCase& made_of)
    : device(on), with(made_of), rows(static_cast<std::int64_t>(made_of.sizes.size())) {
  for (const std::int64_t n : with.sizes) offsets.push_back(size += n);
  const Random chance(5, Stream::synthetic);
  std::vector<float> start;
  for (std::int64_t e = 0; e < size; ++e) {
    const auto id = static_cast<std::uint64_t>(e);
    if (with.reordered) order.push_back(size - 1 - e);
    first.push_back(static_cast<std::int32_t>(chance.below(first_rows, id, 0)));
    if (with.second) second.push_back(static_cast<std::int32_t>(chance.below(second_rows, id, 1)));
    start.push_back(static_cast<float>(chance.normal(id, 2)));
  }
  const auto fill = [&](std::int64_t count, std::uint32_t part) {
    Matrix out(count, with.factors);
    for (std::int64_t i = 0; i < out.size(); ++i)
      out.data()[i] = static_cast<float>(chance.normal(static_cast<std::uint64_t>(i), part));
    return out;
  };
  first_values = fill(first_rows, 3);
  second_values = fill(second_rows, 4);
  first_on_device = {device, first_rows, with.factors};
  first_on_device.upload(device, first_values.view());
  second_on_device = {device, second_rows, with.factors};
  second_on_device.upload(device, second_values.view());
  if (with.features) {
    features = features_of(rows);
    fields = {{"kind", 0, 10, Field::Kind::one_hot},
              {"words", 10, 13, Field::Kind::multi_hot},
              {"number", 13, 14, Field::Kind::numbers}};
  }
  values = {device, rows, with.factors};
  const cpu::BlockShape shape{.rows = rows,
                              .identity = with.identity,
                              .features = with.features ? features.view() : CsrView{},
                              .fields = fields};
  const cpu::BlockRatings ratings{.offsets = offsets,
                                  .entries = order,
                                  .first = first,
                                  .second = second,
                                  .first_rows = first_rows,
                                  .second_rows = second_rows};
  block = std::make_unique<BayesBlock>(device, shape, ratings, cpu::BlockModel{1 + with.factors, beta}, random,
                                       values.view());
  residuals = {device, Span<const float>(start)};
  if (order.empty()) device.upload(Span<const float>(start), block->residuals());
  BayesSweep now;
  now.precision = alpha;
  now.shift = shift;
  state = {device, Span<const BayesSweep>(&now, 1)};
  residual.assign(start.begin(), start.end());
  own = numbers(block->view().own);
  own.resize(static_cast<std::size_t>(1 + with.factors));
  weight = numbers(block->weights());
}

Numbers Block::numbers(const ConstBayesView& view) const {
  Matrix vectors(view.vectors.rows, view.vectors.columns);
  download(device, view.vectors, vectors.view());
  std::vector<float> bias(static_cast<std::size_t>(view.bias.size));
  device.download(view.bias, Span<float>(bias));
  Numbers out{{bias.begin(), bias.end()}};
  for (std::int64_t d = 0; d < vectors.columns(); ++d) {
    out.emplace_back();
    for (std::int64_t r = 0; r < vectors.rows(); ++r) out.back().push_back(static_cast<double>(vectors(r, d)));
  }
  return out;
}

void Block::sample() {
  block->sample(device, {.first = first_on_device.view(),
                         .second = with.second ? second_on_device.view() : DeviceMatrixView<float>{},
                         .residuals = order.empty() ? block->residuals() : residuals.span(),
                         .sweep = state.span(),
                         .number = sweep});
}

std::vector<float> Block::noise(std::int64_t d, std::uint64_t purpose, std::int64_t count) const {
  std::vector<float> out(static_cast<std::size_t>((count + 3) / 4 * 4));
  const auto counter = (sweep + 1) * static_cast<std::uint64_t>(1 + with.factors) + static_cast<std::uint64_t>(d);
  normal_numbers(cpu::random_of(random, purpose), counter, 0, (count + 3) / 4, out.data());
  return out;
}

/// Mean and precision of a coefficient, given its prior and the ratings that it explains by c.
struct Conditional {
  explicit Conditional(const NormalPrior& prior)
      : precision(static_cast<double>(prior.precision)),
        target(static_cast<double>(prior.precision) * static_cast<double>(prior.mean)) {}
  void add(double alpha, double c, double residual_without) {
    precision += alpha * c * c;
    target += alpha * c * residual_without;
  }
  double drawn(float noise) const { return target / precision + static_cast<double>(noise) / std::sqrt(precision); }
  double precision, target;
};

/// With the priors that the device has drawn.
void Block::sample_plainly() {
  std::vector<NormalPrior> priors(static_cast<std::size_t>(block->view().priors.size));
  device.download(DeviceSpan<const NormalPrior>(block->view().priors), Span<NormalPrior>(priors));
  const std::size_t all = fields.size() + 1;
  const CsrView x = features.view();
  if (order.empty()) {
    for (double& r : residual) r -= static_cast<double>(shift);
  }
  const auto explain = [&](std::int64_t d, std::int64_t row, double by) {
    for (std::int64_t e = offsets[static_cast<std::size_t>(row)]; e < offsets[static_cast<std::size_t>(row) + 1]; ++e)
      residual[static_cast<std::size_t>(entry(e))] -= by * c(d, entry(e));
  };
  const auto add_ratings = [&](Conditional& to, std::int64_t d, std::int64_t row, double scale, double old) {
    for (std::int64_t e = offsets[static_cast<std::size_t>(row)]; e < offsets[static_cast<std::size_t>(row) + 1]; ++e) {
      const double here = scale * c(d, entry(e));
      to.add(alpha, here, residual[static_cast<std::size_t>(entry(e))] + here * old);
    }
  };
  for (std::int64_t d = 0; d <= with.factors; ++d) {
    const NormalPrior* of_field = priors.data() + static_cast<std::size_t>(d) * all;
    const std::vector<float> of_rows = noise(d, 1, rows), of_columns = noise(d, 2, x.columns);
    auto& mine = own[static_cast<std::size_t>(d)];
    for (std::int64_t r = 0; with.identity && r < rows; ++r) {
      const auto at = static_cast<std::size_t>(r);
      double drawn = static_cast<double>(of_field[all - 1].mean);
      if (with.sizes[at] > 0) {
        Conditional conditional(of_field[all - 1]);
        add_ratings(conditional, d, r, 1, mine[at]);
        drawn = conditional.drawn(of_rows[at]);
        explain(d, r, drawn - mine[at]);
      }
      mine[at] = drawn;
    }
    for (std::size_t f = 0; f < fields.size(); ++f) {
      for (std::int64_t column = fields[f].first; column < fields[f].last; ++column) {
        double& w = weight[static_cast<std::size_t>(d)][static_cast<std::size_t>(column)];
        Conditional conditional(of_field[f]);
        std::vector<std::pair<std::int64_t, double>> readers;
        for (std::int64_t r = 0; r < rows; ++r) {
          for (std::int64_t n = 0; with.sizes[static_cast<std::size_t>(r)] > 0 && n < x.row_size(r); ++n) {
            if (x.row_indices(r)[n] == column) readers.emplace_back(r, static_cast<double>(x.row_values(r)[n]));
          }
        }
        for (const auto& [r, value] : readers) add_ratings(conditional, d, r, value, w);
        const double drawn = readers.empty() ? static_cast<double>(of_field[f].mean)
                                             : conditional.drawn(of_columns[static_cast<std::size_t>(column)]);
        for (const auto& [r, value] : readers) explain(d, r, value * (drawn - w));
        w = drawn;
      }
    }
  }
}

class BayesBlockTwinTest : public test::GpuTest {
 protected:
  /// Values are of the size of 1 and sums of thousands at most, in float: off by 1e-6 of them, and so are what is drawn
  /// by them and what a residual of dozens of moves becomes.
  static constexpr double tolerance = 1e-4;

  void expect_conditionals(const BlockCase& made_of) {
    Block block(device(), made_of);
    block.sample();
    block.sample_plainly();
    const Numbers own = block.numbers(block.block->view().own), weight = block.numbers(block.block->weights());
    const Numbers value = block.numbers(block.values.view());
    for (std::int64_t dimension = 0; dimension <= made_of.factors; ++dimension) {
      const auto d = static_cast<std::size_t>(dimension);
      for (std::size_t column = 0; column < weight[d].size(); ++column) {
        ASSERT_NEAR(weight[d][column], block.weight[d][column], tolerance) << d << ", column " << column;
      }
      for (std::int64_t r = 0; r < block.rows; ++r) {
        const auto at = static_cast<std::size_t>(r);
        double expected = made_of.identity ? block.own[d][at] : 0;
        for (std::int64_t n = 0; made_of.features && n < block.features.view().row_size(r); ++n) {
          expected += static_cast<double>(block.features.view().row_values(r)[n]) *
                      block.weight[d][static_cast<std::size_t>(block.features.view().row_indices(r)[n])];
        }
        if (made_of.identity) {
          ASSERT_NEAR(own[d][at], made_of.features ? block.own[d][at] : expected, tolerance);
        }
        ASSERT_NEAR(value[d][at], expected, tolerance) << d << ", row " << r;
      }
    }
    std::vector<float> residual(block.residual.size());
    device().download(DeviceSpan<const float>(made_of.reordered ? block.residuals.span() : block.block->residuals()),
                      Span<float>(residual));
    for (std::size_t e = 0; e < residual.size(); ++e) {
      ASSERT_NEAR(static_cast<double>(residual[e]), block.residual[e], 10 * tolerance) << "rating " << e;
    }
  }
};

/// Of a lane, of eight lanes and a warp, of pieces of a block; none.
std::vector<std::int64_t> sizes() { return {1, 5, 0, 32, 33, 70, 2048, 2049, 8, 0, 300}; }

TEST_F(BayesBlockTwinTest, IdentitiesAreDrawnFromTheirConditionalDistributions) {
  for (const std::int64_t factors : {1, 4, 6}) {
    SCOPED_TRACE(factors);
    expect_conditionals({sizes(), factors, true, false, factors > 1, factors == 6});
  }
}

TEST_F(BayesBlockTwinTest, FeaturesAreDrawnFromTheirConditionalDistributions) {
  for (const bool identity : {true, false}) {
    SCOPED_TRACE(identity);
    std::vector<std::int64_t> some = sizes();
    some.resize(40, 3);
    if (!identity) std::replace(some.begin(), some.end(), std::int64_t{0}, std::int64_t{2});
    expect_conditionals({some, 5, identity, true, identity, !identity});
  }
}

// More readers of a column than one block sums.
TEST_F(BayesBlockTwinTest, ColumnsOfManyReadersAreDrawnFromTheirConditionalDistributions) {
  expect_conditionals({std::vector<std::int64_t>(8300, 1), 1, true, true, false, true});
}

// Sums are exact: values are multiples of 1/8. What is left are the last bits of the device's logarithms and cosines.
TEST_F(BayesBlockTwinTest, PriorsAreThoseOfTheHost) {
  Block made(device(), {std::vector<std::int64_t>(40, 1), 2, true, true, false, false});
  std::vector<float> bias;
  for (std::int64_t r = 0; r < made.rows; ++r) bias.push_back(0.125F * static_cast<float>(r % 11) - 0.5F);
  device().upload(Span<const float>(bias), made.block->view().own.bias);
  draw_priors(device(), made.block->view(), 5);
  std::vector<NormalPrior> priors(static_cast<std::size_t>(made.block->view().priors.size));
  device().download(DeviceSpan<const NormalPrior>(made.block->view().priors), Span<NormalPrior>(priors));
  cpu::Moments moments;
  for (const float v : bias) moments.add(v);
  const auto fields = static_cast<std::uint32_t>(made.fields.size());
  const NormalPrior expected =
      cpu::draw_prior(moments, NormalPrior{}, 1, cpu::random_of(made.random, 0), 5 * 3, 512 * fields);
  EXPECT_NEAR(static_cast<double>(priors[fields].mean), static_cast<double>(expected.mean), 1e-6);
  EXPECT_NEAR(static_cast<double>(priors[fields].precision), static_cast<double>(expected.precision),
              1e-6 * static_cast<double>(expected.precision));
}

TEST_F(BayesBlockTwinTest, PrecisionAndOffsetAreThoseOfTheHost) {
  const Random random(4, Stream::sampling);
  for (const std::int64_t size : {1, 255, 257, 3000}) {
    std::vector<float> residuals;
    double sum = 0, squares = 0;
    for (std::int64_t e = 0; e < size; ++e) {
      residuals.push_back(0.25F * static_cast<float>(e % 9) - 0.75F);
      sum += static_cast<double>(residuals.back());
      squares += static_cast<double>(residuals.back()) * static_cast<double>(residuals.back());
    }
    DeviceBuffer<BayesSums> partials(device(), bayes_partials(size));
    const BayesSweep before{3.5, 1, 0, 0};
    DeviceBuffer<BayesSweep> sweep(device(), Span<const BayesSweep>(&before, 1));
    draw_precision(device(), on_device(residuals).span(), BayesNumbers(random), 7, partials.span(), sweep.span());
    const BayesSweep after = sweep.download()[0];
    const auto n = static_cast<double>(size);
    const double precision = cpu::gamma(random, 7, 1, (1 + n) / 2, (1 + squares) / 2);
    const double shift = sum / n + random.normal(7, 0) / std::sqrt(precision * n);
    EXPECT_EQ(after.squares, squares) << size;  // multiples of 1/16
    EXPECT_NEAR(after.precision, precision, 1e-9 * precision) << size;
    EXPECT_NEAR(after.offset, 3.5 + shift, 1e-9) << size;
    EXPECT_NEAR(static_cast<double>(after.shift), shift, 1e-6) << size;
  }
}

TEST(BayesColumns, ThatShareNoRowAreDrawnApart) {
  using Kind = ColumnStep::Kind;
  // Ten kinds of 9000 rows, of which the first has nearly all; two words of the same few; ten kinds again.
  std::vector<std::int32_t> row, column;
  const auto add = [&](std::int32_t r, std::int32_t c) {
    row.push_back(r);
    column.push_back(c);
  };
  for (std::int32_t r = 0; r < 9000; ++r) {
    add(r, r < 8900 ? 0 : 1 + r % 9);
    if (r < 4) {
      add(r, 10);
      add(r, 11);
    }
    if (r < 100) add(r, 12 + r % 10);
  }
  const Csr readers =
      embrace::transposed(csr_from_triples(9000, 22, row, column, std::vector<float>(row.size(), 1.0F)).view());
  std::vector<cpu::Column> columns;
  for (std::int32_t c = 0; c < 22; ++c) columns.push_back({c, 0});
  const std::vector<ColumnStep> expected = {{Kind::spread, 0, 1, 8900},
                                            {Kind::apart, 1, 10, 0},  // and the first word
                                            {Kind::in_turn, 11, 1, 0},
                                            {Kind::apart, 12, 10, 0}};
  EXPECT_EQ(column_steps(readers.view(), columns), expected);
}

const Method& method() { return *find_method("bayes"); }

/// Ratings from 1 to 5.
test::FeatureProblem of_levels(std::int64_t users, std::int64_t items) {
  auto data = test::mixed_problem(users, items);
  for (float& value : data.ratings.values) value = std::round(value);
  return data;
}

class BayesTwinTest : public test::GpuTest {
 protected:
  test::Outputs on_cpu(const test::FeatureProblem& data, int epochs, const Settings& settings) {
    return test::train(method(), nullptr, nullptr, data, Task::rating, epochs, settings);
  }
  test::Outputs on_gpu(const test::FeatureProblem& data, int epochs, const Settings& settings) {
    return test::train(method(), &make_bayes, shared(), data, Task::rating, epochs, settings);
  }
  void expect_agreement(const test::FeatureProblem& data, int epochs, const Settings& settings, double tolerance) {
    const auto gpu = on_gpu(data, epochs, settings), cpu = on_cpu(data, epochs, settings);
    EXPECT_LT(test::distance(gpu.values, cpu.values), tolerance);
    for (std::size_t e = 0; e < gpu.objectives.size(); ++e) {
      EXPECT_NEAR(gpu.objectives[e], cpu.objectives[e], tolerance * std::max(1.0, cpu.objectives[e])) << "epoch " << e;
    }
  }
};

// The same random numbers: what the two differ by are roundings, which later sweeps carry on.
TEST_F(BayesTwinTest, SweepsAgreeWithTheCpu) {
  const auto data = test::mixed_problem(30, 40);
  for (const double factors : {1, 5}) expect_agreement(data, 3, {{"factors", factors}}, 1e-3);
  auto ratings_alone = data;
  ratings_alone.with_user = ratings_alone.with_item = ratings_alone.with_context = false;
  expect_agreement(ratings_alone, 3, {{"factors", 8}}, 1e-3);
}

TEST_F(BayesTwinTest, FrozenVectorsAgreeWithTheCpu) {
  expect_agreement(test::with_vectors(test::mixed_problem(30, 40), 5, true), 2, {{"factors", 3}}, 1e-3);
}

TEST_F(BayesTwinTest, TheSameBitsAgain) {
  const auto data = test::mixed_problem(30, 40);
  EXPECT_EQ(on_gpu(data, 2, {{"factors", 6}}).values, on_gpu(data, 2, {{"factors", 6}}).values);
}

TEST_F(BayesTwinTest, NothingToLearnFromIsFine) {
  test::FeatureProblem data = test::mixed_problem(1, 1);
  data.user = data.item = Features{.rows = csr_from_triples(1, 0, {}, {}, {}), .fields = {}};
  data.with_context = false;
  expect_agreement(data, 2, {{"factors", 1}}, 1e-5);
  data.set_ratings(1, 1, {0}, {0}, {4.0F});
  expect_agreement(data, 2, {{"factors", 1}}, 1e-4);
}

/// Predictions of the training pairs after each epoch: of a trainer that was told them, or not.
std::vector<std::vector<float>> predictions(const DevicePtr& device, const test::FeatureProblem& data, bool told,
                                            double output, int epochs) {
  Threads threads(1);
  const Hyper hyper = make_hyper(method(), Task::rating, Settings{{"factors", 3}, {"burn_in", 2}, {"output", output}});
  const auto trainer = make_bayes(device, data.problem(hyper, Task::rating, 1, threads));
  return test::predictions_by_epoch(*trainer, data, told, epochs);
}

// A prediction is of the size of 5; three of them summed in double, each rounded to float, and added up in another
// order where there are no contexts.
TEST_F(BayesTwinTest, PredictsTheMeanOverTheSamplesAfterBurnIn) {
  for (const bool context : {true, false}) {
    auto data = of_levels(20, 15);
    data.with_context = context;
    const double output = context ? 1 : 0;
    const auto averages = predictions(shared(), data, true, output, 5);
    const auto samples = predictions(shared(), data, false, output, 5);
    const std::size_t first_of[5] = {0, 1, 2, 2, 2};
    for (std::size_t e = 0; e < 5; ++e) {
      for (std::size_t p = 0; p < averages[e].size(); ++p) {
        double sum = 0;
        for (std::size_t s = first_of[e]; s <= e; ++s) sum += static_cast<double>(samples[s][p]);
        ASSERT_NEAR(static_cast<double>(averages[e][p]), sum / static_cast<double>(e + 1 - first_of[e]), 3e-6)
            << "epoch " << e << ", with contexts: " << context;
      }
    }
  }
}

TEST_F(BayesTwinTest, DivergenceIsNoticedInItsEpoch) {
  auto data = test::mixed_problem(9, 12);
  for (Features* features : {&data.user, &data.item}) {
    for (float& value : features->rows.values) value = 1e30F;
  }
  EXPECT_THROW(on_gpu(data, 1, {}), Diverged);
}

// The last bits of truncated normal numbers, too, are the device's.
TEST_F(BayesTwinTest, ProbitAgreesWithTheCpu) {
  expect_agreement(of_levels(30, 40), 3, {{"factors", 4}, {"output", 1}}, 1e-3);
}

TEST_F(BayesTwinTest, RefusesProbitOfRatingsOfManyValues) {
  EXPECT_THROW(on_gpu(test::mixed_problem(20, 15), 1, {{"output", 1}}), Unsupported);
}

// What is on the device is what was planned; and what no device holds is refused before anything is there.
TEST_F(BayesTwinTest, MemoryIsPlanned) {
  const auto fresh = std::make_shared<Device>(0);
  auto data = test::mixed_problem(90, 200);
  Threads threads(1);
  Hyper hyper = make_hyper(method(), Task::rating, Settings{{"factors", 16}});
  {
    const auto trainer = make_bayes(fresh, data.problem(hyper, Task::rating, 1, threads));
    const std::string words = trainer->device_memory();  // "cuda:0: 12.4 MiB planned (…"
    const double planned = std::stod(words.substr(words.find(": ") + 2));
    const double most = static_cast<double>(fresh->peak_bytes()) / 0x1p20;
    EXPECT_LE(most, planned + 0.05) << "rounded to tenths: " << words;
    EXPECT_GE(most, 0.9 * planned - 0.05) << "rounded to tenths: " << words;
  }
  data.user.rows.columns = 2'000'000'000;
  data.user.fields.push_back({"many", 10, data.user.rows.columns, Field::Kind::numbers});
  hyper.set("factors", 1024);  // of 2^31 weights, 8 TB
  const std::int64_t before = fresh->used_bytes();
  try {
    make_bayes(fresh, data.problem(hyper, Task::rating, 1, threads));
    ADD_FAILURE();
  } catch (const OutOfMemory& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("above all its blocks"), std::string::npos) << text;
    EXPECT_NE(text.find("; lower factors"), std::string::npos) << text;
  }
  EXPECT_EQ(fresh->used_bytes(), before);
}

}  // namespace
}  // namespace embrace::gpu
