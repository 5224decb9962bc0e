// elsa on the device against elsa on the CPU, which tests/host/methods/elsa_test.cpp compares with plain loops in
// double.
#include "cuda/trainers.hpp"
#include "tests/cuda/methods/vector_twins.hpp"

namespace embrace::gpu {
namespace {

class ElsaTwinTest : public test::VectorTwinTest {
 protected:
  ElsaTwinTest() : VectorTwinTest("elsa", &make_elsa) {}
};

// One step. Sums of some hundred floats in another order are off by 1e-6 of their size. Adam's first step is of one
// size for gradients of any, so that more shows only where a gradient is as small as its rounding.
TEST_F(ElsaTwinTest, AStepAgreesWithTheCpu) {
  const auto data = test::half_rated(30, 40);
  for (const double factors : {1, 5, 32, 33, 128, 129, 300, 1024}) {
    SCOPED_TRACE(factors);
    expect_agreement(data, 1, {{"factors", factors}, {"batch", 64}, {"learning_rate", 0.01}}, 1e-5);
  }
}

// Many steps, in which such roundings grow ten to a hundred times. Of batches that fill a word of marks, several, or
// part of one; with users of more items than a block takes at a time.
TEST_F(ElsaTwinTest, EpochsAgreeWithTheCpu) {
  const auto data = test::half_rated(110, 700);
  for (const double batch : {8, 32, 75}) {
    SCOPED_TRACE(batch);
    expect_agreement(data, 2, {{"factors", 20}, {"batch", batch}, {"learning_rate", 0.01}}, 1e-4);
  }
}

TEST_F(ElsaTwinTest, TheSameBitsAgain) { expect_the_same_bits(test::half_rated(40, 300), {{"batch", 16}}); }

TEST_F(ElsaTwinTest, WhoIsFoldedInIsAsOnTheCpu) {
  expect_fold_in({{"factors", 12}, {"batch", 8}, {"learning_rate", 0.01}}, 1e-4);
}

TEST_F(ElsaTwinTest, NothingToLearnFromIsFine) {
  test::FeatureProblem data = test::half_rated(2, 2);
  data.set_ratings(1, 1, {}, {}, {});
  expect_agreement(data, 2, {{"factors", 3}}, 1e-6);  // the same first vectors
  data.set_ratings(1, 1, {0}, {0}, {4.0F});
  expect_agreement(data, 2, {{"factors", 1}}, 1e-6);  // nothing else explains the one rating
}

TEST_F(ElsaTwinTest, MemoryIsPlanned) { expect_planned_memory({{"factors", 200}}); }

}  // namespace
}  // namespace embrace::gpu
