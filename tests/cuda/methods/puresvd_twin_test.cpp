// puresvd on the device against puresvd on the CPU, which tests/host/methods/puresvd_test.cpp compares with a plain
// SVD.
#include <cmath>
#include <vector>

#include "cuda/trainers.hpp"
#include "host/methods/registry.hpp"
#include "tests/cuda/gpu_test.hpp"
#include "tests/planted.hpp"

namespace embrace::gpu {
namespace {

using test::Data;
using test::Pairs;
using test::Planted;
using test::scores_of;
using test::Trained;

class PureSvdTwinTest : public test::GpuTest {
 protected:
  Trained train(bool on_device, const Data& data, double factors) {
    return {*find_method("puresvd"),
            Task::ranking,
            data,
            {.settings = {{"factors", factors}}},
            [&](const Method& of, const Problem& problem) {
              return on_device ? make_puresvd(shared(), problem) : of.cpu(problem);
            }};
  }
};

void expect_near(const std::vector<float>& found, const std::vector<float>& expected, double tolerance) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t k = 0; k < expected.size(); ++k) {
    ASSERT_NEAR(static_cast<double>(found[k]), static_cast<double>(expected[k]), tolerance) << k;
  }
}

Data known_items() {
  Pairs known;
  for (const std::int32_t item : {3, 8, 12}) known.add(6, item, 1);
  return {Planted::users, Planted::items, known};
}

// Two values that stand out: their vectors agree to roundings. Of ten the later lie close together and turn among each
// other by roundings over the distance of their values, some thousandth of them; scores are of size 1.
TEST_F(PureSvdTwinTest, ScoresAgreeWithTheCpuBeforeAndAfterFoldingIn) {
  const Planted planted;
  const Data data(Planted::users, Planted::items, planted.seen), known = known_items();
  for (const auto& [factors, tolerance] : {std::pair{1.0, 1e-5}, {2.0, 1e-5}, {10.0, 1e-3}}) {
    SCOPED_TRACE(factors);
    const Trained cpu = train(false, data, factors), gpu = train(true, data, factors);
    EXPECT_NEAR(gpu.results()[0].objective, cpu.results()[0].objective, 1e-6);
    EXPECT_EQ(gpu.results()[0].updates, cpu.results()[0].updates);
    const std::vector<float> before = scores_of(gpu.trainer(), data);
    expect_near(before, scores_of(cpu.trainer(), data), tolerance);
    for (const Trained* trained : {&cpu, &gpu}) trained->trainer().fold_in(known.ratings.view());
    const std::vector<float> after = scores_of(gpu.trainer(), data);
    expect_near(after, scores_of(cpu.trainer(), data), tolerance);
    std::size_t others = 0;  // scores of users that nobody spoke of
    for (std::size_t k = 0; k < before.size(); ++k) {
      if (k / Planted::items == 6) continue;
      ASSERT_EQ(after[k], before[k]) << k;
      ++others;
    }
    EXPECT_EQ(others, before.size() - Planted::items);
  }
}

TEST_F(PureSvdTwinTest, MoreFactorsThanTheMatrixHas) {
  Pairs pairs;
  for (std::int64_t u = 0; u < 12; ++u) {
    for (std::int64_t i = u % 2; i < 9; i += 2) pairs.add(u, i, 1);  // rank 2
  }
  const Data data(13, 10, pairs);
  expect_near(scores_of(train(true, data, 32).trainer(), data), scores_of(train(false, data, 32).trainer(), data),
              1e-5);
}

TEST_F(PureSvdTwinTest, NothingToLearnFromIsFine) {
  for (const Data& data : {Data(0, 0, Pairs{}), Data(2, 3, Pairs{})}) {
    const Trained gpu = train(true, data, 4);
    EXPECT_EQ(gpu.results()[0].updates, 0);
    for (const float score : scores_of(gpu.trainer(), data)) EXPECT_EQ(score, 0);
  }
}

TEST_F(PureSvdTwinTest, TheSameBitsAgain) {
  const Planted planted;
  const Data data(Planted::users, Planted::items, planted.seen);
  const Trained first = train(true, data, 10), second = train(true, data, 10);
  const std::vector<float> scores = scores_of(first.trainer(), data);
  EXPECT_EQ(scores, scores_of(second.trainer(), data));
  first.trainer().epoch();
  EXPECT_EQ(scores, scores_of(first.trainer(), data));
}

}  // namespace
}  // namespace embrace::gpu
