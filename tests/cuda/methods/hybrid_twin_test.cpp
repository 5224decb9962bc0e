// hybrid on the device against hybrid on the CPU, which tests/host/methods/hybrid_test.cpp compares with plain loops in
// double.
#include "cuda/learning/embedding_table.hpp"
#include "cuda/trainers.hpp"
#include "host/error.hpp"
#include "host/learning/samples.hpp"
#include "host/methods/registry.hpp"
#include "tests/cuda/methods/feature_twins.hpp"

namespace embrace::gpu {
namespace {

using test::Settings;

const Method& method() { return *find_method("hybrid"); }

struct LossCase {
  const char* name;
  Task task;
  double loss;  // the hyper-parameter
};
void PrintTo(const LossCase& loss, std::ostream* out) { *out << loss.name; }

class HybridTwinTest : public test::GpuTest, public testing::WithParamInterface<LossCase> {
 protected:
  test::Outputs on_cpu(const test::FeatureProblem& data, int epochs, const Settings& settings) {
    return test::train(method(), nullptr, nullptr, data, GetParam().task, epochs, with_loss(settings));
  }
  test::Outputs on_gpu(const test::FeatureProblem& data, int epochs, const Settings& settings) {
    return test::train(method(), &make_hybrid, shared(), data, GetParam().task, epochs, with_loss(settings));
  }

 private:
  static Settings with_loss(Settings settings) {
    settings.emplace_back("loss", GetParam().loss);
    return settings;
  }
};

// One step: sums of a few hundred floats of size 1 in another order, 1e-6 each at most.
TEST_P(HybridTwinTest, AStepAgreesWithTheCpu) {
  const auto data = test::mixed_problem(30, 40);
  for (const double factors : {1, 5, 32, 33, 64, 130}) {
    const Settings settings{{"factors", factors}, {"batch", 100000}, {"identity_dropout", 0.3}, {"spread", 0.7}};
    const auto gpu = on_gpu(data, 1, settings), cpu = on_cpu(data, 1, settings);
    EXPECT_LT(test::distance(gpu.values, cpu.values), 1e-5) << factors << " factors";
    EXPECT_NEAR(gpu.objectives[0], cpu.objectives[0], 1e-5 * cpu.objectives[0]);
  }
}

// Many steps: roundings of one are carried into the next; Adagrad's shrinking steps do not amplify them.
TEST_P(HybridTwinTest, EpochsAgreeWithTheCpu) {
  const auto data = test::mixed_problem(30, 40);
  const Settings settings{{"factors", 8}, {"batch", 32}, {"identity_dropout", 0.2}};
  const auto gpu = on_gpu(data, 3, settings), cpu = on_cpu(data, 3, settings);
  EXPECT_LT(test::distance(gpu.values, cpu.values), 1e-5);
  for (std::size_t e = 0; e < 3; ++e) EXPECT_NEAR(gpu.objectives[e], cpu.objectives[e], 1e-5 * cpu.objectives[e]);
}

// Of lengths around those of a quad and a warp. Sums of a hundred terms of size 1 in another order: 6e-6 at most.
TEST_P(HybridTwinTest, FrozenVectorsAgreeWithTheCpu) {
  for (const std::int64_t length : {1, 5, 67}) {
    const auto data = test::with_vectors(test::mixed_problem(30, 40), length, true);
    const Settings settings{{"factors", 6}, {"batch", 64}, {"identity_dropout", 0.2}};
    EXPECT_LT(test::distance(on_gpu(data, 1, settings).values, on_cpu(data, 1, settings).values), 1e-5) << length;
  }
}

TEST_P(HybridTwinTest, TheSameBitsAgain) {
  const auto data = test::with_vectors(test::mixed_problem(30, 40), 20, true);
  const Settings settings{{"batch", 128}, {"identity_dropout", 0.3}};
  EXPECT_EQ(on_gpu(data, 2, settings).values, on_gpu(data, 2, settings).values);
}

// A user with nearly all ratings, whose slot has nearly all samples of a batch.
TEST_P(HybridTwinTest, OneRowWithAllTheRatings) {
  auto data = test::mixed_problem(3, 400);
  const Settings settings{{"factors", 16}, {"batch", 256}};
  EXPECT_LT(test::distance(on_gpu(data, 2, settings).values, on_cpu(data, 2, settings).values), 1e-5);
}

// More features in an epoch than are collected together: of samples with one movie, and with two. What the loss makes
// of them is another matter.
class HybridRunsTest : public HybridTwinTest {};
TEST_P(HybridRunsTest, RunsOfBatchesFollowEachOther) {
  const auto data = test::mixed_problem(320, 340);
  constexpr std::int64_t batch = 256;
  const embrace::EmbeddingTable users(320, true, &data.user, row_sizes(data.ratings.view()),
                                      embrace::EmbeddingTable::Slices::one, 4, 0.1, 1, 0);
  ASSERT_LT(Slots::batches_together(users, batch) * batch, data.ratings.entries());
  const Settings settings{{"factors", 4}, {"batch", batch}};
  EXPECT_LT(test::distance(on_gpu(data, 1, settings).values, on_cpu(data, 1, settings).values), 1e-5);
}

TEST_P(HybridTwinTest, NothingToLearnFromIsFine) {
  test::FeatureProblem data = test::mixed_problem(1, 1);
  data.user = data.item = Features{.rows = csr_from_triples(1, 0, {}, {}, {}), .fields = {}};
  data.with_context = false;
  EXPECT_EQ(test::distance(on_gpu(data, 2, {}).values, on_cpu(data, 2, {}).values), 0.0);
  data.set_ratings(1, 1, {0}, {0}, {4.0F});
  EXPECT_LT(test::distance(on_gpu(data, 2, {{"factors", 1}}).values, on_cpu(data, 2, {{"factors", 1}}).values), 1e-5);
}

TEST_P(HybridTwinTest, DivergenceIsNoticedInItsEpoch) {
  auto data = test::mixed_problem(9, 12);
  for (float& value : data.item.rows.values) value = 1e30F;
  EXPECT_THROW(on_gpu(data, 1, {}), Diverged);
}

INSTANTIATE_TEST_SUITE_P(Losses, HybridRunsTest,
                         testing::Values(LossCase{"Squared", Task::rating, 0}, LossCase{"Bpr", Task::ranking, 2}),
                         [](const auto& each) { return each.param.name; });
INSTANTIATE_TEST_SUITE_P(Losses, HybridTwinTest,
                         testing::Values(LossCase{"Squared", Task::rating, 0}, LossCase{"Logistic", Task::ranking, 1},
                                         LossCase{"Bpr", Task::ranking, 2}, LossCase{"Warp", Task::ranking, 3}),
                         [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace embrace::gpu
