// Sums of ratings per row: those of the CPU bit for bit.
#include "cuda/math/aggregate.hpp"

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

/// A column of users, then of items.
template <typename T>
std::vector<T> joined(const std::vector<T>& users, const std::vector<T>& items) {
  std::vector<T> all = users;
  all.insert(all.end(), items.begin(), items.end());
  return all;
}

void expect_same(const DeviceAggregates& sums, const UserItemAggregates& expected, const std::string& what) {
  EXPECT_EQ(sums.count.download(), joined(expected.users.count, expected.items.count)) << what;
  EXPECT_EQ(sums.sum.download(), joined(expected.users.sum, expected.items.sum)) << what;
  EXPECT_EQ(sums.squares.download(), joined(expected.users.squares, expected.items.squares)) << what;
}

const struct {
  std::int64_t users, items, size;
} shapes[] = {{3, 2, 0}, {1, 1, 1}, {1, 1, 31}, {1, 33, 1000}, {31, 64, 5000}, {33, 32, 64}, {6000, 3000, 100'000}};

TEST_F(AggregateTest, UsersAndItemsAreTheCpusBitForBit) {
  Threads threads(1);
  for (const auto& [users, items, size] : shapes) {
    const Triples triples(users, items, size);
    expect_same(aggregate_ratings(device(), users, items, upload(triples)),
                aggregate_ratings(users, items, triples.users, triples.items, triples.values, threads),
                std::to_string(size));
  }
}

TEST_F(AggregateTest, OneRatingOfAnotherScaleIsEnough) {
  Threads threads(1);
  for (const float other : {0.3F, -0.5F, 16.0F}) {
    Triples triples(5, 7, 100);
    triples.values[57] = other;
    expect_same(aggregate_ratings(device(), 5, 7, upload(triples)),
                aggregate_ratings(5, 7, triples.users, triples.items, triples.values, threads), std::to_string(other));
  }
}

TEST_F(AggregateTest, RatingsOfAnotherScaleAreSummedInTheirOrder) {
  const Random random(4, Stream::sampling);
  Threads threads(1);
  for (const auto& [users, items, size] : shapes) {
    Triples triples(users, items, size);
    for (std::size_t e = 0; e < triples.values.size(); ++e) triples.values[e] = static_cast<float>(random.normal(e, 5));
    expect_same(aggregate_ratings(device(), users, items, upload(triples)),
                aggregate_ratings(users, items, triples.users, triples.items, triples.values, threads),
                std::to_string(size));
  }
}

TEST_F(AggregateTest, OfAMatrixInPlannedMemory) {
  Threads threads(1);
  for (const float unit : {0.5F, 0.3F}) {
    Triples triples(300, 500, 20'000);
    for (float& value : triples.values) value *= unit / 0.5F;
    const Csr matrix = csr_from_triples(300, 500, triples.users, triples.items, triples.values);
    Device fresh(0);  // whose peak is this aggregation's
    const DeviceCsr ratings(fresh, matrix.view());
    const std::int64_t before = fresh.used_bytes();
    expect_same(aggregate_ratings(fresh, ratings.view()), aggregate_ratings(matrix.view(), threads),
                std::to_string(unit));
    EXPECT_LE(fresh.peak_bytes() - before, aggregate_bytes(matrix.view())) << unit;
  }
}

}  // namespace
}  // namespace embrace::gpu
