// Sums of ratings per row, counts of keys and of tags together: integers, equal to plain loops bit for bit.
#include "cuda/math/aggregate.hpp"

#include <stdexcept>

#include "host/math/aggregate.hpp"
#include "host/random.hpp"
#include "host/sparse.hpp"
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
    const auto joined = [](std::vector<std::int64_t> first, const std::vector<std::int64_t>& second) {
      first.insert(first.end(), second.begin(), second.end());
      return first;
    };
    EXPECT_EQ(sums.count.download(), joined(expected.users.count, expected.items.count)) << size;
    EXPECT_EQ(sums.half_stars.download(), joined(expected.users.half_stars, expected.items.half_stars)) << size;
    EXPECT_EQ(sums.quarter_stars.download(), joined(expected.users.quarter_stars, expected.items.quarter_stars))
        << size;
  }
}

TEST_F(AggregateTest, UsersByGenre) {
  const std::int64_t users = 700, items = 90, genres = 18;
  const Triples triples(users, items, 40'000);
  std::vector<std::int32_t> movie, genre;
  for (std::int32_t i = 0; i < items; ++i) {
    for (std::int32_t g = 0; g < genres; ++g) {
      if ((i * 7 + g * 5) % 6 == 0 && i % 10 != 3) {  // some movies have no genre
        movie.push_back(i);
        genre.push_back(g);
      }
    }
  }
  const Csr table = csr_from_triples(items, genres, movie, genre, std::vector<float>(movie.size(), 1.0F));
  std::vector<std::int64_t> count(users * genres), half(users * genres), quarter(users * genres);
  for (std::size_t e = 0; e < triples.values.size(); ++e) {
    for (const std::int32_t g : table.view().row_indices(triples.items[e])) {
      const auto row = static_cast<std::size_t>(triples.users[e] * genres + g);
      const auto doubled = static_cast<std::int64_t>(2 * triples.values[e]);
      ++count[row];
      half[row] += doubled;
      quarter[row] += doubled * doubled;
    }
  }
  const DeviceCsr on(device(), table.view());
  const DeviceAggregates sums = aggregate_by_genre(device(), users, on.view(), upload(triples));
  EXPECT_EQ(sums.count.download(), count);
  EXPECT_EQ(sums.half_stars.download(), half);
  EXPECT_EQ(sums.quarter_stars.download(), quarter);
}

TEST_F(AggregateTest, RatingsThatAreNoHalfStarsAreRefused) {
  for (const float wrong : {0.3F, -0.5F, 16.0F, std::numeric_limits<float>::quiet_NaN()}) {
    Triples triples(5, 5, 100);
    triples.values[57] = wrong;
    EXPECT_THROW(aggregate_ratings(device(), 5, 5, upload(triples)), std::invalid_argument) << wrong;
  }
}

TEST_F(AggregateTest, CountsOfKeys) {
  const Triples triples(5000, 40, 30'000);
  std::vector<std::int64_t> expected(5000);
  for (const std::int32_t key : triples.users) ++expected[static_cast<std::size_t>(key)];
  EXPECT_EQ(count_keys(device(), 5000, on_device(triples.users).span()).download(), expected);
}

TEST_F(AggregateTest, TagsTogether) {
  const Random random(4, Stream::features);
  for (const std::int64_t tags : {0, 1, 15, 16, 17, 33}) {
    for (const std::int64_t movies : {0, 1, 31, 32, 33, 64, 5000}) {
      std::vector<std::int32_t> movie, tag;
      for (std::int64_t m = 0; m < movies; ++m) {
        for (std::int64_t t = 0; t < tags; ++t) {
          if (random.below(4, static_cast<std::uint64_t>(m * tags + t)) == 0) {
            movie.push_back(static_cast<std::int32_t>(m));
            tag.push_back(static_cast<std::int32_t>(t));
          }
        }
      }
      const Csr tagged = csr_from_triples(movies, tags, movie, tag, std::vector<float>(movie.size(), 1.0F));
      std::vector<std::int32_t> expected(static_cast<std::size_t>(tags * tags));
      for (std::int64_t m = 0; m < movies; ++m) {
        for (const std::int32_t a : tagged.view().row_indices(m)) {
          for (const std::int32_t b : tagged.view().row_indices(m)) ++expected[static_cast<std::size_t>(a * tags + b)];
        }
      }
      const DeviceCsr on(device(), tagged.view());
      ASSERT_EQ(count_together(device(), on.view()).download(), expected) << tags << " tags, " << movies << " movies";
    }
  }
}

}  // namespace
}  // namespace embrace::gpu
