// Sums of ratings per row: integers, those of the CPU bit for bit.
#include "cuda/math/aggregate.hpp"

#include <stdexcept>

#include "host/math/aggregate.hpp"
#include "host/random.hpp"
#include "tests/cuda/gpu_test.hpp"

namespace embrace::gpu {
namespace {

/// Half stars by users and items with a power law, so that a few rows have most of the ratings.
struct Triples {
  std::vector<std::int32_t> users, items;
  std::vector<float> values;
  Triples(std::int64_t user_count, std::int64_t item_count, std::int64_t size) {
    const Random random(3, Stream::sampling);
    const auto skewed = [&](std::int64_t count, std::uint64_t e, std::uint32_t b) {
      const double u = random.uniform(e, b);
      return static_cast<std::int32_t>(static_cast<double>(count) * u * u * u);
    };
    for (std::uint64_t e = 0; e < static_cast<std::uint64_t>(size); ++e) {
      users.push_back(skewed(user_count, e, 0));
      items.push_back(skewed(item_count, e, 1));
      values.push_back(0.5F * static_cast<float>(random.below(32, e, 2)));
    }
  }
};

class AggregateTest : public test::GpuTest {
 protected:
  /// Keeps the device's copies alive as long as the test.
  DeviceTriplesView upload(const Triples& triples) {
    triples_ = {device(), triples.users, triples.items, triples.values};
    return triples_.view();
  }

 private:
  DeviceTriples triples_;
};

TEST_F(AggregateTest, UsersAndItemsAreTheCpusBitForBit) {
  const struct {
    std::int64_t users, items, size;
  } shapes[] = {{3, 2, 0}, {1, 1, 1}, {1, 1, 31}, {1, 33, 1000}, {31, 64, 5000}, {33, 32, 64}, {6000, 3000, 100'000}};
  Threads threads(1);
  for (const auto& [users, items, size] : shapes) {
    const Triples triples(users, items, size);
    const DeviceAggregates sums = aggregate_ratings(device(), users, items, upload(triples));
    const auto expected = aggregate_ratings(users, items, triples.users, triples.items, triples.values, threads);
    // In units of a star or a part of it, users first.
    const auto joined = [](const auto& first, const auto& second, double unit) {
      std::vector<std::int64_t> all;
      for (const auto* side : {&first, &second}) {
        for (const auto sum : *side) all.push_back(static_cast<std::int64_t>(static_cast<double>(sum) / unit));
      }
      return all;
    };
    EXPECT_EQ(sums.count.download(), joined(expected.users.count, expected.items.count, 1)) << size;
    EXPECT_EQ(sums.half_stars.download(), joined(expected.users.sum, expected.items.sum, 0.5)) << size;
    EXPECT_EQ(sums.quarter_stars.download(), joined(expected.users.squares, expected.items.squares, 0.25)) << size;
  }
}

TEST_F(AggregateTest, RatingsThatAreNoHalfStarsAreRefused) {
  for (const float wrong : {0.3F, -0.5F, 16.0F, std::numeric_limits<float>::quiet_NaN()}) {
    Triples triples(5, 5, 100);
    triples.values[57] = wrong;
    EXPECT_THROW(aggregate_ratings(device(), 5, 5, upload(triples)), std::invalid_argument) << wrong;
  }
}

}  // namespace
}  // namespace embrace::gpu
