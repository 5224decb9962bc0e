// deep on the device against deep on the CPU, which tests/host/methods/deep_test.cpp compares with plain loops in
// double.
#include "cuda/trainers.hpp"
#include "host/error.hpp"
#include "host/methods/deep_model.hpp"
#include "host/methods/registry.hpp"
#include "tests/cuda/methods/feature_twins.hpp"

namespace embrace::gpu {
namespace {

using test::Settings;

const Method& method() { return *find_method("deep"); }

class DeepTwinTest : public test::GpuTest, public testing::WithParamInterface<Task> {
 protected:
  test::Outputs on_cpu(const test::FeatureProblem& data, int epochs, const Settings& settings) {
    return test::train(method(), nullptr, nullptr, data, GetParam(), epochs, settings);
  }
  test::Outputs on_gpu(const test::FeatureProblem& data, int epochs, const Settings& settings) {
    return test::train(method(), &make_deep, shared(), data, GetParam(), epochs, settings);
  }
};

// One step. Sums of a few hundred floats in another order differ by 1e-6 of their size; where a gradient of the network
// is of that size itself, Adam makes it a step of up to its rate, so that a few of the parameters behind a score may be
// off by a fraction of that.
TEST_P(DeepTwinTest, AStepAgreesWithTheCpu) {
  const auto data = test::mixed_problem(30, 40);
  const std::pair<double, double> shapes[] = {{1, 1}, {5, 7}, {16, 64}, {32, 31}, {33, 130}, {64, 32}};
  for (const auto& [factors, hidden] : shapes) {
    const Settings settings{{"factors", factors}, {"hidden", hidden}, {"batch", 100000}, {"identity_dropout", 0.3}};
    const auto gpu = on_gpu(data, 1, settings), cpu = on_cpu(data, 1, settings);
    EXPECT_LT(test::distance(gpu.values, cpu.values), 1e-5) << factors << " factors, " << hidden << " units";
    EXPECT_NEAR(gpu.objectives[0], cpu.objectives[0], 1e-5 * cpu.objectives[0]);
  }
}

// Many steps: what one is off by is carried into the next.
TEST_P(DeepTwinTest, EpochsAgreeWithTheCpu) {
  const auto data = test::mixed_problem(30, 40);
  const Settings settings{{"factors", 8}, {"batch", 32}, {"identity_dropout", 0.2}};
  const auto gpu = on_gpu(data, 3, settings), cpu = on_cpu(data, 3, settings);
  EXPECT_LT(test::distance(gpu.values, cpu.values), 1e-5);
  for (std::size_t e = 0; e < 3; ++e) EXPECT_NEAR(gpu.objectives[e], cpu.objectives[e], 1e-5 * cpu.objectives[e]);
}

// Units and factors that fill no quad, so that the halves of a cross layer begin behind a gap.
TEST_P(DeepTwinTest, HeadsAgreeWithTheCpu) {
  const auto data = test::mixed_problem(30, 40);
  for (const auto head : {embrace::Interaction::cross, embrace::Interaction::none}) {
    for (const auto& [factors, hidden] : {std::pair(6.0, 9.0), std::pair(8.0, 64.0)}) {
      const Settings settings{{"factors", factors},
                              {"hidden", hidden},
                              {"batch", 64},
                              {"identity_dropout", 0.2},
                              {"head", static_cast<double>(head)}};
      const auto gpu = on_gpu(data, 2, settings), cpu = on_cpu(data, 2, settings);
      EXPECT_LT(test::distance(gpu.values, cpu.values), 1e-5) << to_text(head) << ", " << factors << " factors";
      EXPECT_NEAR(gpu.objectives[1], cpu.objectives[1], 1e-5 * cpu.objectives[1]) << to_text(head);
    }
  }
}

TEST_P(DeepTwinTest, AHeadWithoutATwinIsRefused) {
  const Settings settings{{"head", static_cast<double>(embrace::Interaction::dlrm)}};
  EXPECT_THROW(on_gpu(test::mixed_problem(9, 12), 1, settings), Unsupported);
}

// Of lengths around those of a quad and a warp.
TEST_P(DeepTwinTest, FrozenVectorsAgreeWithTheCpu) {
  for (const std::int64_t length : {1, 5, 67}) {
    const auto data = test::with_vectors(test::mixed_problem(30, 40), length, true);
    const Settings settings{{"factors", 6}, {"hidden", 9}, {"batch", 64}, {"identity_dropout", 0.2}};
    EXPECT_LT(test::distance(on_gpu(data, 1, settings).values, on_cpu(data, 1, settings).values), 1e-5) << length;
  }
}

TEST_P(DeepTwinTest, TheSameBitsAgain) {
  const auto data = test::with_vectors(test::mixed_problem(30, 40), 20, true);
  const Settings settings{{"batch", 128}, {"identity_dropout", 0.3}};
  EXPECT_EQ(on_gpu(data, 2, settings).values, on_gpu(data, 2, settings).values);
}

// A user with nearly all ratings, whose slot has nearly all samples of a batch.
TEST_P(DeepTwinTest, OneRowWithAllTheRatings) {
  auto data = test::mixed_problem(3, 400);
  const Settings settings{{"factors", 16}, {"batch", 256}};
  EXPECT_LT(test::distance(on_gpu(data, 2, settings).values, on_cpu(data, 2, settings).values), 1e-5);
}

TEST_P(DeepTwinTest, NothingToLearnFromIsFine) {
  test::FeatureProblem data = test::mixed_problem(1, 1);
  data.user = data.item = Features{.rows = csr_from_triples(1, 0, {}, {}, {}), .fields = {}};
  data.with_context = false;
  EXPECT_EQ(test::distance(on_gpu(data, 2, {}).values, on_cpu(data, 2, {}).values), 0.0);
  data.set_ratings(1, 1, {0}, {0}, {4.0F});
  EXPECT_LT(test::distance(on_gpu(data, 2, {{"factors", 1}}).values, on_cpu(data, 2, {{"factors", 1}}).values), 1e-5);
}

TEST_P(DeepTwinTest, DivergenceIsNoticedInItsEpoch) {
  if (GetParam() == Task::ranking) GTEST_SKIP() << "a logistic loss stays finite";
  EXPECT_THROW(on_gpu(test::mixed_problem(9, 12), 1, {{"network_rate", 100}, {"batch", 1}}), Diverged);
}

INSTANTIATE_TEST_SUITE_P(Both, DeepTwinTest, testing::Values(Task::rating, Task::ranking),
                         [](const auto& task) { return task.param == Task::rating ? "Rating" : "Ranking"; });

}  // namespace
}  // namespace embrace::gpu
