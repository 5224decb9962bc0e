// slim on the device against weights that are known, and against slim on the CPU, which
// tests/host/methods/slim_test.cpp compares with plain coordinate descent in double.
#include <string>

#include "cuda/trainers.hpp"
#include "host/error.hpp"
#include "host/methods/registry.hpp"
#include "tests/cuda/gpu_test.hpp"
#include "tests/planted.hpp"

namespace embrace::gpu {
namespace {

using test::Data;
using test::Pairs;
using test::scores_of;
using test::Settings;
using test::Trained;

class SlimTwinTest : public test::GpuTest {
 protected:
  Trained train(bool on_device, const Data& data, const Settings& settings) {
    return {*find_method("slim"),
            Task::ranking,
            data,
            {.threads = 1, .settings = settings},
            [&](const Method& of, const Problem& problem) {
              return on_device ? make_slim(shared(), problem) : of.cpu(problem);
            }};
  }
};

/// Of users and items of two clusters, two thirds of the pairs that agree and a tenth of the others.
Pairs clusters(std::int64_t users, std::int64_t items) {
  const Random random(3, Stream::synthetic);
  Pairs pairs;
  for (std::int64_t u = 0; u < users; ++u) {
    for (std::int64_t i = 0; i < items; ++i) {
      const double share = u % 2 == i % 2 ? 0.67 : 0.1;
      if (random.uniform(static_cast<std::uint64_t>(u * items + i)) < share) pairs.add(u, i, 1);
    }
  }
  return pairs;
}

// Item 0 is had by everybody, and each user has one item more that nobody else has: G_0k = G_kk = 1, G_kl = 0. More
// weights than a warp has lanes, and more columns than the software device has warps. To item 0: (1 - 1/2) / (1 + 1)
// from each of the others; to each of these, from item 0, (1 - 1/2) / (n + 1).
TEST_F(SlimTwinTest, WeightsThatDoNotMeetAreExact) {
  constexpr std::int64_t n = 140;
  Pairs pairs;
  for (std::int64_t u = 0; u < n; ++u) {
    pairs.add(u, 0, 1);
    pairs.add(u, u + 1, 1);
  }
  const Data data(n, n + 1, pairs);
  const Trained trained = train(true, data, {{"regularization", 1}, {"l1", 0.5}});
  const std::vector<float> scores = scores_of(trained.trainer(), data);
  for (std::int64_t u = 0; u < n; ++u) {
    for (std::int64_t i = 0; i <= n; ++i) {
      ASSERT_EQ(scores[static_cast<std::size_t>(u * (n + 1) + i)], i == 0 ? 0.25F : 0.5F / 141.0F) << u << ", " << i;
    }
  }
  // 1/2 (3/4)² + 1/2 (1/4)² + 1/2 1/4 for each weight to item 0, and little less than 1/2 for each other item.
  const double w = static_cast<double>(0.5F / 141.0F);
  const double others = n * ((1 - w) * (1 - w) / 2 + (n - 1) * w * w / 2 + w * w / 2 + w / 2);
  EXPECT_NEAR(trained.results()[0].objective, (n * 0.4375 + others) / (2 * n), 1e-6);
  EXPECT_EQ(trained.results()[0].updates, 2 * n);
}

// The same steps in the same order: what differs are roundings of q, some 1e-7 of counts of at most 40, and of moves
// that are none by a tolerance of 1e-4 of the largest weight, 0.2.
TEST_F(SlimTwinTest, ScoresAndLossAgreeWithTheCpu) {
  const Data data(60, 30, clusters(60, 30));
  for (const auto& [l2, l1] : {std::pair{5.0, 2.0}, {50.0, 0.0}}) {
    const Settings settings = {{"regularization", l2}, {"l1", l1}};
    const Trained gpu = train(true, data, settings), cpu = train(false, data, settings);
    const std::vector<float> found = scores_of(gpu.trainer(), data), expected = scores_of(cpu.trainer(), data);
    for (std::size_t p = 0; p < expected.size(); ++p) {
      ASSERT_NEAR(static_cast<double>(found[p]), static_cast<double>(expected[p]), 1e-4) << p << ", " << l2;
    }
    EXPECT_NEAR(gpu.results()[0].objective, cpu.results()[0].objective, 1e-5 * cpu.results()[0].objective);
    EXPECT_EQ(gpu.results()[0].updates, cpu.results()[0].updates);
  }
}

TEST_F(SlimTwinTest, NothingToLearnFromIsFine) {
  for (const Data& data : {Data(0, 0, Pairs{}), Data(2, 3, Pairs{})}) {
    const Trained gpu = train(true, data, {});
    EXPECT_EQ(gpu.results()[0].updates, 0);
    for (const float score : scores_of(gpu.trainer(), data)) EXPECT_EQ(score, 0);
  }
}

TEST_F(SlimTwinTest, TheSameBitsAgain) {
  const Data data(30, 40, clusters(30, 40));
  const Trained first = train(true, data, {{"regularization", 3}}), second = train(true, data, {{"regularization", 3}});
  const std::vector<float> scores = scores_of(first.trainer(), data);
  EXPECT_EQ(scores, scores_of(second.trainer(), data));
  EXPECT_EQ(first.trainer().epoch().objective, second.results()[0].objective);
  EXPECT_EQ(scores, scores_of(first.trainer(), data));
}

// What is on the device is what was planned, and what no device holds is refused before anything is there.
TEST_F(SlimTwinTest, MemoryIsPlanned) {
  const auto fresh = std::make_shared<Device>(0);
  const auto on_fresh = [&](const Method&, const Problem& problem) { return make_slim(fresh, problem); };
  const Data data(40, 300, clusters(40, 300));
  {
    const Trained trained(*find_method("slim"), Task::ranking, data, {.settings = {{"l1", 1e6}}}, on_fresh);
    const std::string words = trained.trainer().device_memory();  // "cuda:0: 12.4 MiB planned (…"
    const double planned = std::stod(words.substr(words.find(": ") + 2));
    const double most = static_cast<double>(fresh->peak_bytes()) / 0x1p20;
    EXPECT_LE(most, planned + 0.05) << "rounded to tenths: " << words;
    EXPECT_GE(most, 0.9 * planned - 0.05) << "rounded to tenths: " << words;
  }
  Pairs one;
  one.add(0, 0, 1);
  const Data large(1, 1'000'000, one);  // 8 TB
  const std::int64_t before = fresh->used_bytes();
  EXPECT_THROW(Trained(*find_method("slim"), Task::ranking, large, {}, on_fresh), OutOfMemory);
  EXPECT_EQ(fresh->used_bytes(), before);
}

}  // namespace
}  // namespace embrace::gpu
