// feature-ials on the device against its formulas in double, against feature-ials on the CPU, and its kernels on whole
// numbers, of which all sums are exact.
#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "cuda/methods/feature_ials_kernels.hpp"
#include "cuda/methods/feature_ials_regression.hpp"
#include "cuda/trainers.hpp"
#include "host/math/normal_equations.hpp"
#include "host/methods/feature_ials_regression.hpp"
#include "tests/cuda/methods/vector_twins.hpp"
#include "tests/planted.hpp"
#include "tests/reference/feature_ials_reference.hpp"

namespace embrace::gpu {
namespace {

using test::FeatureProblem;
using test::FeatureSide;
using test::largest_difference;
using test::Settings;
using test::VectorTwin;

const Method& method() { return *find_method("feature-ials"); }

class FeatureIalsTwinTest : public test::VectorTwinTest {
 protected:
  FeatureIalsTwinTest() : VectorTwinTest("feature-ials", &make_feature_ials) {}
};

Settings mild(double factors) {
  return {{"factors", factors}, {"regularization", 0.05}, {"alpha", 0.3}, {"feature_regularization", 0.7}};
}

// The tolerance is that of the same test on the CPU (tests/host/methods/feature_ials_test.cpp).
TEST_F(FeatureIalsTwinTest, EpochsFollowTheFormula) {
  const FeatureProblem data = test::mixed_problem(12, 16);
  for (const double nu : {1.0, 0.5}) {
    Settings settings = mild(3);
    settings.emplace_back("nu", nu);
    VectorTwin gpu = on_gpu(data, settings);
    const EmbeddingView start = *gpu.trainer->embedding();
    FeatureSide users(data.ratings.view(), data.user, start.users), items(data.by_item.view(), data.item, start.items);
    for (int epoch = 0; epoch < 3; ++epoch) {
      test::feature_ials_half_sweep(items, gpu.hyper, users);
      test::feature_ials_half_sweep(users, gpu.hyper, items);
      gpu.train(1);
      const EmbeddingView e = *gpu.trainer->embedding();
      EXPECT_LE(largest_difference(users.vectors, e.users), 4e-5) << nu << " " << epoch;
      EXPECT_LE(largest_difference(items.vectors, e.items), 4e-5) << nu << " " << epoch;
      const double loss = test::feature_ials_loss(users, items, gpu.hyper);
      EXPECT_NEAR(gpu.objectives.back(), loss / static_cast<double>(data.ratings.entries()), 1e-5) << nu;
    }
  }
}

// Both backends solve the same systems in single precision and differ by the order of their sums, 2^-24 times the
// condition of the systems, which the penalties keep below 100, four times in an epoch.
constexpr double an_epoch = 2e-5;

// Within a quad, and beyond a slice of factors.
TEST_F(FeatureIalsTwinTest, EpochsAgreeWithTheCpu) {
  for (const double factors : {5, 33}) {
    SCOPED_TRACE(factors);
    expect_agreement(test::mixed_problem(30, 40), 2, mild(factors), 2 * an_epoch);
  }
}

// Beyond 160 rows are solved by conjugate gradients.
TEST_F(FeatureIalsTwinTest, EpochsOfAnyNumberOfFactors) {
  for (const double factors : {1, 4, 31, 32, 65, 100, 160, 161}) {
    SCOPED_TRACE(factors);
    expect_agreement(test::mixed_problem(30, 40), 1, mild(factors), an_epoch);
  }
}

TEST_F(FeatureIalsTwinTest, FeaturesOfOneSideOrNoneAndFrozenVectors) {
  for (const bool of_users : {true, false}) {
    for (const bool of_items : {true, false}) {
      FeatureProblem data = test::mixed_problem(30, 40);
      data.with_user = of_users;
      data.with_item = of_items;
      expect_agreement(data, 2, mild(8), 2 * an_epoch);
    }
  }
  // Of seventeen features ten steps find the regression when the penalty is large; else they end 1e-3 from it, where
  // roundings may have led elsewhere.
  Settings settings = mild(8);
  settings.emplace_back("feature_regularization", 20);
  expect_agreement(test::with_vectors(test::mixed_problem(30, 40), 7, true), 2, settings, 2 * an_epoch);
}

/// Rows of ratings and of features in pieces: the first user has rated 4199 items, and half of all items have a
/// feature.
FeatureProblem long_problem() {
  constexpr std::int64_t users = 5, items = 4200;
  FeatureProblem data;
  const Random random(7, Stream::synthetic);
  std::vector<std::int32_t> row, column;
  for (std::int32_t u = 0; u + 1 < users; ++u) {
    for (std::int32_t i = 0; i + 1 < items; ++i) {
      if (u > 0 && random.uniform(static_cast<std::uint64_t>(u * items + i)) > 0.2) continue;
      row.push_back(u);
      column.push_back(i);
    }
  }
  data.set_ratings(users, items, row, column, std::vector<float>(row.size(), 1.0F));
  data.user = test::mixed_features(users, 1);
  data.item = test::Data::one_hot(items, "half");
  data.with_context = false;
  return data;
}

// Sums over n ratings err by about √n 2^-24 more: 4e-6 for 4200.
TEST_F(FeatureIalsTwinTest, LongRowsAgreeWithTheCpu) { expect_agreement(long_problem(), 1, mild(6), 5 * an_epoch); }

TEST_F(FeatureIalsTwinTest, WhoIsFoldedInMovesFromWhatFeaturesSay) {
  constexpr std::int64_t users = 30, items = 40;
  const FeatureProblem data = test::mixed_problem(users, items);
  for (const double factors : {3, 12}) {
    VectorTwin cpu = on_cpu(data, mild(factors)), gpu = on_gpu(data, mild(factors));
    std::vector<std::int32_t> row, column;
    for (std::int32_t i = 0; i < items; i += 3) {
      row.push_back(users - 1);
      column.push_back(i);
    }
    const Csr known = embrace::csr_from_triples(users, items, row, column, std::vector<float>(row.size(), 1.0F));
    for (VectorTwin* twin : {&cpu, &gpu}) {
      twin->train(1);
      twin->trainer->fold_in(known.view());
    }
    EXPECT_LT(test::distance(gpu.vectors(), cpu.vectors()), 2 * an_epoch) << factors;
    gpu.train(1);  // nobody has been folded in for good
    cpu.train(1);
    EXPECT_LT(test::distance(gpu.vectors(), cpu.vectors()), 2 * an_epoch) << factors;
  }
}

TEST_F(FeatureIalsTwinTest, WholeTrainingsRankAsWellAsTheCpus) {
  const test::Planted planted;
  const test::Data data(test::Planted::users, test::Planted::items, planted.seen);
  const test::Options options{.settings = {{"factors", 8}}, .epochs = 6};
  const test::Trained cpu(method(), Task::ranking, data, options);
  const test::Trained gpu(method(), Task::ranking, data, options,
                          [&](const Method&, const Problem& problem) { return make_feature_ials(shared(), problem); });
  const double of_cpu = test::agreement(planted.unseen, cpu.predict(planted.unseen));
  const double of_gpu = test::agreement(planted.unseen, gpu.predict(planted.unseen));
  EXPECT_NEAR(of_gpu, of_cpu, method().info.parity.ranking * of_cpu);
  for (std::size_t e = 0; e < cpu.results().size(); ++e) {
    EXPECT_NEAR(gpu.results()[e].objective, cpu.results()[e].objective, 1e-4 * cpu.results()[e].objective) << e;
    EXPECT_EQ(gpu.results()[e].updates, cpu.results()[e].updates);
  }
}

TEST_F(FeatureIalsTwinTest, TheSameBitsAgain) { expect_the_same_bits(test::mixed_problem(30, 40), mild(20)); }

TEST_F(FeatureIalsTwinTest, NothingToLearnFromIsFine) {
  FeatureProblem data = test::mixed_problem(2, 2);
  data.with_context = false;
  data.set_ratings(2, 2, {}, {}, {});
  expect_agreement(data, 2, mild(3), 1e-6);  // all is zero
  data.set_ratings(2, 2, {0}, {1}, {4.0F});
  expect_agreement(data, 2, mild(1), an_epoch);
  data.user = data.item = {};
  data.set_ratings(0, 0, {}, {}, {});
  expect_agreement(data, 1, mild(2), 1e-6);
}

TEST_F(FeatureIalsTwinTest, WithoutPenaltiesVectorsAreFinite) {
  VectorTwin gpu = on_gpu(test::mixed_problem(12, 16), {{"regularization", 0}, {"feature_regularization", 0}});
  gpu.train(3);
  for (const float x : gpu.vectors()) EXPECT_LT(std::fabs(x), 1e4F);
}

TEST_F(FeatureIalsTwinTest, WhatIsOnTheDeviceWasPlanned) {
  const auto fresh = std::make_shared<Device>(0);  // whose peak is this
  const FeatureProblem data = test::with_vectors(test::mixed_problem(4, 1200), 40, true);
  const Hyper hyper = make_hyper(method(), Task::ranking, mild(16));
  Threads threads(1);
  const Problem problem = data.problem(hyper, Task::ranking, 1, threads);
  const auto trainer = make_feature_ials(fresh, problem);
  trainer->epoch();
  const std::string words = trainer->device_memory();  // "cuda:0: 12.4 MiB planned (…"
  const double planned = std::stod(words.substr(words.find(": ") + 2));
  const double most = static_cast<double>(fresh->peak_bytes()) / 0x1p20;
  EXPECT_LE(most, planned + 0.05) << "rounded to tenths: " << words;
  EXPECT_GE(most, 0.8 * planned - 0.05) << "rounded to tenths: " << words;
}

TEST_F(FeatureIalsTwinTest, WhatDoesNotFitIsRefusedWithItsNumbers) {
  const FeatureProblem data = test::mixed_problem(12, 16);
  const Hyper hyper = make_hyper(method(), Task::ranking, mild(1024));
  Threads threads(1);
  Problem problem = data.problem(hyper, Task::ranking, 1, threads);
  Csr wide = data.ratings;  // the same ratings, among more items than any device has room for
  wide.columns = 400'000'000;
  problem.ratings = wide.view();
  const std::int64_t before = device().used_bytes();
  try {
    make_feature_ials(shared(), problem);
    FAIL() << "was not refused";
  } catch (const OutOfMemory& error) {
    EXPECT_NE(std::string(error.what()).find("above all its model"), std::string::npos) << error.what();
  }
  EXPECT_EQ(device().used_bytes(), before);
}

/// Whole numbers from -3 to 3.
Matrix whole_numbers(std::int64_t rows, std::int64_t columns, std::uint32_t number) {
  const Random random(6, Stream::sampling);
  Matrix matrix(rows, columns);
  for (std::int64_t n = 0; n < matrix.size(); ++n) {
    matrix.data()[n] = static_cast<float>(random.below(7, static_cast<std::uint64_t>(n), number)) - 3.0F;
  }
  return matrix;
}

DeviceMatrix uploaded(Device& device, const Matrix& matrix) {
  DeviceMatrix out(device, matrix.rows(), matrix.columns());
  out.upload(device, matrix.view());
  return out;
}

/// Rows with and without ratings, their vectors, and what features say of them.
struct WholeRows {
  static constexpr std::int64_t rows = 37;
  WholeRows(Device& device, std::int64_t factors)
      : q(whole_numbers(rows, factors, 0)),
        f(whole_numbers(rows, factors, 1)),
        vectors(uploaded(device, q)),
        said(uploaded(device, f)) {
    for (std::int64_t r = 0; r < rows; ++r) offsets.push_back(offsets.back() + (rated(r) ? r : 0));
    for (std::int64_t r = 0; r < rows; ++r) ridge.push_back(0.5F * static_cast<float>(r % 4 + 1));
    device_offsets = {device, Span<const std::int64_t>(offsets)};
    device_ridge = {device, Span<const float>(ridge)};
  }
  static bool rated(std::int64_t r) { return r % 3 != 0; }
  RegressedRows view(bool with_features) {
    return {std::as_const(device_offsets).span(), std::as_const(device_ridge).span(), vectors.view(),
            with_features ? std::as_const(said).view() : DeviceMatrixView<const float>{}};
  }

  Matrix q, f;
  std::vector<std::int64_t> offsets{0};
  std::vector<float> ridge;
  DeviceMatrix vectors, said;
  DeviceBuffer<std::int64_t> device_offsets;
  DeviceBuffer<float> device_ridge;
};

TEST_F(FeatureIalsTwinTest, RowsOfWholeNumbersAreExact) {
  for (const std::int64_t factors : {1, 4, 31, 33, 70}) {
    for (const bool features : {true, false}) {
      WholeRows data(device(), factors);
      DeviceMatrix copied(device(), WholeRows::rows, factors);
      DeviceBuffer<double> loss = on_device(std::vector<double>(static_cast<std::size_t>(WholeRows::rows), 1000.0));
      DeviceBuffer<double> penalty(device(), WholeRows::rows);
      copy_rated_rows(device(), data.view(features), copied.view());
      take_penalties_out(device(), data.view(features), loss.span());
      settle_rows(device(), data.view(features), penalty.span());
      const Matrix rated_rows = download(device(), copied), settled = download(device(), data.vectors);
      const std::vector<double> losses = loss.download(), penalties = penalty.download();
      for (std::int64_t r = 0; r < WholeRows::rows; ++r) {
        const bool rated = WholeRows::rated(r);
        double taken = 0, paid = 0;
        for (std::int64_t k = 0; k < factors; ++k) {
          const double q = static_cast<double>(data.q(r, k)), f = features ? static_cast<double>(data.f(r, k)) : 0;
          taken += f * f - (q - f) * (q - f);
          paid += (q - f) * (q - f);
          ASSERT_EQ(rated_rows(r, k), rated ? data.q(r, k) : 0.0F) << r << " " << k;
          ASSERT_EQ(settled(r, k), rated || !features ? data.q(r, k) : data.f(r, k)) << r << " " << k;
        }
        const auto at = static_cast<std::size_t>(r);
        const auto ridge = static_cast<double>(data.ridge[at]);
        ASSERT_EQ(losses[at], rated ? 1000 + ridge * taken : 1000) << r << ", factors " << factors;
        ASSERT_EQ(penalties[at], rated ? ridge * paid : 0) << r << ", factors " << factors;
      }
    }
  }
}

/// Everybody has one rating, and pays 1.
FeatureSystem system_of(const Features& features, std::int64_t rows, double share, Threads& threads) {
  std::vector<std::int32_t> row, column;
  for (std::int64_t r = 0; r < rows; ++r) {
    row.push_back(static_cast<std::int32_t>(r));
    column.push_back(0);
  }
  const Csr ratings = embrace::csr_from_triples(rows, 1, row, column, std::vector<float>(row.size(), 1.0F));
  const Hyper hyper = make_hyper(method(), Task::ranking, Settings{{"regularization", 1}, {"nu", 0}});
  return *feature_system(&features, ratings.view(), IalsWeights(hyper), share, threads);
}

/// Groups of each of these sizes, all of them powers of four: roots of them are exact.
Features groups(const std::vector<std::int64_t>& sizes) {
  Features out;
  out.rows.columns = static_cast<std::int64_t>(sizes.size());
  out.fields = {{"group", 0, out.rows.columns, Field::Kind::one_hot}};
  for (std::size_t group = 0; group < sizes.size(); ++group) {
    for (std::int64_t n = 0; n < sizes[group]; ++n) {
      out.rows.indices.push_back(static_cast<std::int32_t>(group));
      out.rows.values.push_back(1);
      out.rows.offsets.push_back(out.rows.entries());
    }
  }
  return out;
}

// Of a group that pays nothing the mean of its vectors, one step from anywhere: sums of whole numbers, divided by
// powers of two.
TEST_F(FeatureIalsTwinTest, GroupsGetTheirMeansExactly) {
  const std::vector<std::int64_t> sizes = {4, 4096, 1, 16, 64, 1, 256, 4};
  const Features features = groups(sizes);
  const std::int64_t rows = features.rows.rows();
  Threads threads(1);
  const FeatureSystem system = system_of(features, rows, 0, threads);
  for (const std::int64_t factors : {3, 5}) {
    FeatureRegression regression(device(), system, factors);
    for (const std::uint32_t number : {2U, 3U}) {
      const Matrix q = whole_numbers(rows, factors, number);
      const DeviceMatrix vectors = uploaded(device(), q);
      regression.fit(device(), vectors.view());
      Matrix fitted(rows, factors);
      download(device(), regression.fitted(), fitted.view());
      std::int64_t first = 0;
      for (const std::int64_t size : sizes) {
        for (std::int64_t k = 0; k < factors; ++k) {
          double sum = 0;
          for (std::int64_t r = first; r < first + size; ++r) sum += static_cast<double>(q(r, k));
          for (std::int64_t r = first; r < first + size; ++r) {
            ASSERT_EQ(static_cast<double>(fitted(r, k)), sum / static_cast<double>(size)) << "of " << size;
          }
        }
        first += size;
      }
    }
  }
}

/// Each of `rows` has about three of `columns` features.
Features scattered(std::int64_t rows, std::int64_t columns) {
  const Random random(12, Stream::features);
  std::vector<std::int32_t> row, column;
  std::vector<float> value;
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::uint32_t n = 0; n < 3; ++n) {
      row.push_back(static_cast<std::int32_t>(r));
      column.push_back(static_cast<std::int32_t>(
          random.below(static_cast<std::uint64_t>(columns), static_cast<std::uint64_t>(r), 2 * n)));
      value.push_back(static_cast<float>(random.normal(static_cast<std::uint64_t>(r), 2 * n + 1)));
    }
  }
  Features out;
  out.fields = {{"words", 0, columns, Field::Kind::multi_hot}};
  out.rows = embrace::csr_from_triples(rows, columns, row, column, value);
  return out;
}

// The same ten steps on systems whose condition is below 20, so that steps grow roundings of 2^-24 some hundred times.
// Of one part of features, and of three; vectors that move and are regressed again.
TEST_F(FeatureIalsTwinTest, RegressionsAreThoseOfTheCpu) {
  Threads threads(1);
  for (const std::int64_t columns : {11, 600}) {
    constexpr std::int64_t rows = 150;
    const FeatureSystem system = system_of(scattered(rows, columns), rows, 0.5, threads);
    for (const std::int64_t factors : {3, 33}) {
      FeatureRegression found(device(), system, factors);
      cpu::FeatureRegression expected(system, padded_width(factors));
      for (const std::uint32_t number : {4U, 5U}) {
        const Matrix q = whole_numbers(rows, factors, number);
        const DeviceMatrix vectors = uploaded(device(), q);
        found.fit(device(), vectors.view());
        Matrix padded(rows, padded_width(factors)), fitted(rows, factors);
        for (std::int64_t r = 0; r < rows; ++r) std::copy_n(q.row(r), factors, padded.row(r));
        expected.fit(padded, threads);
        download(device(), found.fitted(), fitted.view());
        DeviceBuffer<double> penalty(device(), columns);
        found.find_penalties(device(), penalty.span());
        double paid = 0;
        for (const double of_feature : penalty.download()) paid += of_feature;
        EXPECT_NEAR(paid, expected.penalty(), 1e-5 * expected.penalty()) << columns << " features, " << factors;
        for (std::int64_t r = 0; r < rows; ++r) {
          for (std::int64_t k = 0; k < factors; ++k) {
            ASSERT_NEAR(static_cast<double>(fitted(r, k)), static_cast<double>(expected.fitted()(r, k)), 2e-5)
                << columns << " features, row " << r;
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace embrace::gpu
