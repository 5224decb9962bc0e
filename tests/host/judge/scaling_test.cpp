// Rotations and factors of a source are undone; width and scale are those asked for.
#include "host/judge/scaling.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "host/random.hpp"

namespace embrace::judge {
namespace {

constexpr std::int64_t rows = 60, columns = 6;

/// Columns of falling spread around a mean; each seventh row is not known.
EntityVectors some_vectors() {
  EntityVectors vectors{Matrix(rows, columns), Array<std::uint8_t>(rows, 1)};
  const Random random(2, Stream::features);
  for (std::int64_t r = 0; r < rows; ++r) {
    if (r % 7 == 3) vectors.known[r] = 0;
    for (std::int64_t k = 0; k < columns; ++k) {
      const double x = random.normal(static_cast<std::uint64_t>(r * columns + k));
      vectors.rows(r, k) = static_cast<float>(5 + (x + 0.3 * x * x) * std::pow(0.7, static_cast<double>(k)));
    }
  }
  return vectors;
}

Array<std::uint8_t> some_fitted() {
  Array<std::uint8_t> fitted(rows, 1);
  for (std::int64_t r = 50; r < rows; ++r) fitted[r] = 0;
  return fitted;
}

/// x - 2 v <v, x> for each row, times `factor`.
EntityVectors reflected(EntityVectors vectors, float factor) {
  Array<double> v(columns);
  double length = 0;
  for (std::int64_t k = 0; k < columns; ++k) {
    v[k] = 1 + static_cast<double>(k * k % 5);
    length += v[k] * v[k];
  }
  for (std::int64_t r = 0; r < rows; ++r) {
    double along = 0;
    for (std::int64_t k = 0; k < columns; ++k) along += v[k] * static_cast<double>(vectors.rows(r, k)) / length;
    for (std::int64_t k = 0; k < columns; ++k) {
      vectors.rows(r, k) = factor * static_cast<float>(static_cast<double>(vectors.rows(r, k)) - 2 * v[k] * along);
    }
  }
  return vectors;
}

EntityVectors scaled(const EntityVectors& vectors, std::int64_t width) {
  Threads threads(2);
  const Array<std::uint8_t> fitted = some_fitted();
  return Axes(vectors, fitted, width, threads).apply(vectors, fitted, threads);
}

TEST(Scaling, ARotationAndAFactorChangeNothing) {
  const EntityVectors plain = scaled(some_vectors(), columns), turned = scaled(reflected(some_vectors(), 10), columns);
  // Floats of about 50 in the turned source: 50 · 2^-24 of rounding, over a smallest spread of .17 · 10.
  for (std::int64_t k = 0; k < plain.rows.size(); ++k)
    EXPECT_NEAR(plain.rows.data()[k], turned.rows.data()[k], 2e-5) << k;
}

TEST(Scaling, TheMeanIsZeroAndTheMeanSquaredLengthOneOverTheFittedRows) {
  const EntityVectors out = scaled(some_vectors(), 4);
  ASSERT_EQ(out.rows.columns(), 4);
  double squares = 0, count = 0;
  Array<double> mean(4, 0.0);
  for (std::int64_t r = 0; r < 50; ++r) {
    if (out.known[r] == 0) continue;
    count += 1;
    for (std::int64_t k = 0; k < 4; ++k) {
      squares += std::pow(static_cast<double>(out.rows(r, k)), 2);
      mean[k] += static_cast<double>(out.rows(r, k));
    }
  }
  EXPECT_NEAR(squares / count, 1, 1e-5);
  for (const double m : mean) EXPECT_NEAR(m / count, 0, 1e-5);
}

TEST(Scaling, TheFirstAxesHaveTheLargestSpread) {
  const EntityVectors out = scaled(some_vectors(), columns);
  double before = 1e9;
  for (std::int64_t k = 0; k < columns; ++k) {
    double squares = 0;
    for (std::int64_t r = 0; r < 50; ++r) squares += std::pow(static_cast<double>(out.rows(r, k)), 2);
    EXPECT_LT(squares, before) << k;
    before = squares;
  }
}

TEST(Scaling, ARowThatIsNotKnownIsTheMean) {
  const EntityVectors out = scaled(some_vectors(), columns);
  for (std::int64_t k = 0; k < columns; ++k) EXPECT_EQ(out.rows(3, k), 0.0F);
}

TEST(Scaling, DotProductsOfUsersAndItemsKeepTheirOrder) {
  Threads threads(1);
  const EntityVectors items = some_vectors(), users = reflected(some_vectors(), 0.1F);
  const Array<std::uint8_t> fitted = some_fitted();
  const Axes axes(items, fitted, columns, threads);
  const EntityVectors q = axes.apply(items, fitted, threads), p = axes.apply(users, fitted, threads);
  // <p, q> is, but for one factor, the product of both centred.
  double factor = 0;
  for (const std::int64_t i : {0, 1, 2, 5, 8}) {
    double own = 0, given = 0;
    for (std::int64_t k = 0; k < columns; ++k) {
      own += static_cast<double>(p.rows(4, k)) * static_cast<double>(q.rows(i, k) - q.rows(9, k));
      given += static_cast<double>(users.rows(4, k) - users.rows(11, k)) *
               static_cast<double>(items.rows(i, k) - items.rows(9, k));
      own -= static_cast<double>(p.rows(11, k)) * static_cast<double>(q.rows(i, k) - q.rows(9, k));
    }
    if (factor == 0) factor = own / given;
    EXPECT_NEAR(own, factor * given, 1e-4 * std::abs(factor)) << i;
  }
}

TEST(Scaling, ASourceOfZerosStaysZero) {
  const EntityVectors zeros{Matrix(rows, 3), Array<std::uint8_t>(rows, 1)};
  const EntityVectors out = scaled(zeros, 3);
  for (std::int64_t k = 0; k < out.rows.size(); ++k) EXPECT_EQ(out.rows.data()[k], 0.0F);
}

}  // namespace
}  // namespace embrace::judge
