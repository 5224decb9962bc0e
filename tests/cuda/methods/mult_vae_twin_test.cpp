// mult-vae on the device against mult-vae on the CPU, which tests/host/methods/mult_vae_test.cpp compares with plain
// loops in double; and what becomes of scores against such loops.
#include <cmath>
#include <utility>

#include "cuda/methods/mult_vae_kernels.hpp"
#include "cuda/trainers.hpp"
#include "host/random.hpp"
#include "tests/cuda/methods/vector_twins.hpp"

namespace embrace::gpu {
namespace {

/// Scores of three users who have all items, some, and a few; all of the second and the last one of the third are
/// raised beyond what floats have exponentials for.
struct Scores {
  static constexpr std::int64_t users = 3;

  explicit Scores(std::int64_t items) : scores(users, items), constants(items) {
    const Random random(7, Stream::features);
    Array<std::int32_t> row, column;
    for (std::int32_t i = 0; i < items; ++i) {
      const auto id = static_cast<std::uint64_t>(i);
      constants[i] = static_cast<float>(random.normal(id, 9));
      for (std::int32_t u = 0; u < users; ++u) {
        const bool raised = u == 1 || (u == 2 && i + 1 == items);
        scores(u, i) =
            static_cast<float>(2 * random.normal(id, static_cast<std::uint32_t>(u)) + (raised ? raised_by : 0));
        if (i % (1 + 2 * u) > 0) continue;
        row.push_back(u);
        column.push_back(i);
      }
    }
    have = csr_from_triples(users, items, row, column, Array<float>(row.size(), 1.0F));
  }
  /// n softmax(scores) - x over the number of users, and the loss.
  std::pair<Array<double>, double> plain(std::int64_t u) const {
    Array<double> gradient(constants.size());
    double sum = 0, loss = 0;
    const auto score = [&](std::int64_t i) {
      return static_cast<double>(scores(u, i)) + static_cast<double>(constants[i]);
    };
    const auto items = have.view().row_indices(u);
    for (std::int64_t i = 0; i < gradient.size(); ++i) sum += std::exp(score(i));
    for (std::int64_t i = 0; i < gradient.size(); ++i) {
      gradient[i] = static_cast<double>(items.size()) * std::exp(score(i)) / sum / users;
    }
    for (const std::int32_t i : items) {
      gradient[i] -= 1.0 / users;
      loss += std::log(sum) - score(i);
    }
    return {gradient, loss};
  }

  static constexpr double raised_by = 300;
  Matrix scores;
  Array<float> constants;
  Csr have;
};

class MultVaeTwinTest : public test::VectorTwinTest {
 protected:
  MultVaeTwinTest() : VectorTwinTest("mult-vae", &make_mult_vae) {}
};

// One step. Sums of some hundred floats in another order are off by 1e-6 of their size. Adam's first step is of one
// size for gradients of any, so that more shows only where a gradient is as small as its rounding.
TEST_F(MultVaeTwinTest, AStepAgreesWithTheCpu) {
  const auto data = test::half_rated(30, 40);
  const std::pair<double, double> shapes[] = {{1, 1}, {5, 3}, {64, 32}, {130, 33}, {600, 200}};
  for (const auto& [hidden, latent] : shapes) {
    SCOPED_TRACE(testing::Message() << hidden << " units, " << latent << " numbers of the code");
    expect_agreement(data, 1, {{"hidden", hidden}, {"latent", latent}, {"batch", 64}}, 1e-5);
  }
}

// Many steps: what one is off by is carried into the next. Of batches that fill a word of marks, several, or part of
// one; with users of more items than a block takes at a time.
TEST_F(MultVaeTwinTest, EpochsAgreeWithTheCpu) {
  const auto data = test::half_rated(110, 700);
  for (const double batch : {8, 32, 75}) {
    SCOPED_TRACE(batch);
    const test::Settings settings{{"learning_rate", 0.01}, {"hidden", 20}, {"latent", 6},   {"batch", batch},
                                  {"dropout", 0.4},        {"beta", 0.5},  {"annealing", 2}};
    expect_agreement(data, 3, settings, 1e-5);
  }
}

// Two epochs of four passes each, so that the codes before are those of an encoder that has learned; of a code that
// fills a part of a warp's lanes, and more than all of them.
TEST_F(MultVaeTwinTest, EpochsOfTheCompositePriorAgreeWithTheCpu) {
  const auto data = test::half_rated(40, 90);
  for (const double latent : {6, 37}) {
    SCOPED_TRACE(latent);
    const test::Settings settings{{"learning_rate", 0.01}, {"hidden", 12}, {"latent", latent}, {"batch", 16},
                                  {"dropout", 0.4},        {"beta", 0.02}, {"annealing", 1},   {"prior", 1}};
    expect_agreement(data, 2, settings, 1e-5);
  }
}

TEST_F(MultVaeTwinTest, WithoutDropoutDivergenceOrAnnealing) {
  const auto data = test::half_rated(30, 40);
  for (const char* none : {"dropout", "beta", "annealing"}) {
    SCOPED_TRACE(none);
    expect_agreement(data, 3, {{"hidden", 9}, {"latent", 4}, {"batch", 16}, {none, 0}}, 1e-5);
  }
}

TEST_F(MultVaeTwinTest, TheSameBitsAgain) { expect_the_same_bits(test::half_rated(40, 300), {{"batch", 16}}); }

TEST_F(MultVaeTwinTest, WhoIsFoldedInIsAsOnTheCpu) {
  expect_fold_in({{"hidden", 12}, {"latent", 5}, {"batch", 8}}, 1e-5);
}

TEST_F(MultVaeTwinTest, NothingToLearnFromIsFine) {
  test::FeatureProblem data = test::half_rated(2, 2);
  const test::Settings settings{{"hidden", 3}, {"latent", 2}};
  data.set_ratings(1, 1, {}, {}, {});
  expect_agreement(data, 2, settings, 1e-6);  // the same first weights
  data.set_ratings(1, 1, {0}, {0}, {4.0F});
  expect_agreement(data, 2, settings, 1e-5);
}

TEST_F(MultVaeTwinTest, MemoryIsPlanned) {
  for (const double prior : {0, 1}) expect_planned_memory({{"hidden", 300}, {"latent", 100}, {"prior", prior}});
}

// Rows of fewer items than threads, of as many, of more.
TEST_F(MultVaeTwinTest, ScoresBecomeTheGradientOfTheLoss) {
  for (const std::int64_t items : {1, 40, 1024, 3000}) {
    const Scores given(items);
    const UserRows rows(device(), given.have.view());
    const DeviceBuffer<float> constants(device(), Span<const float>(given.constants));
    DeviceMatrix scores(device(), Scores::users, items);
    scores.upload(device(), given.scores.view());
    DeviceBuffer<double> losses = on_device(std::vector<double>(Scores::users, 0.5));
    UserBatch batch{};
    batch.users = rows.users.span();
    batch.losses = losses.span();
    learn_scores(device(), rows.items, batch, constants.span(), scores.view());

    const Matrix gradient = download(device(), scores);
    const Array<double> loss = losses.download();
    for (std::int64_t u = 0; u < Scores::users; ++u) {
      const auto [expected, expected_loss] = given.plain(u);
      // A score of s is off by s 2^-24, as is the largest, its exponential by as much of itself.
      const double relative = ((u > 0 ? Scores::raised_by : 0) + 16) * 0x1p-23;
      for (std::int64_t i = 0; i < items; ++i) {
        ASSERT_NEAR(static_cast<double>(gradient(u, i)), expected[i], relative * (std::fabs(expected[i]) + 1))
            << u << ", " << i << " of " << items;
      }
      EXPECT_NEAR(loss[u], expected_loss + 0.5, relative * (expected_loss + static_cast<double>(items))) << u;
    }
  }
}

}  // namespace
}  // namespace embrace::gpu
