// Frozen vectors against the same values as a field of numbers: the same table to the bit, and the same sums over it.
#include "host/learning/embedding_table.hpp"

#include <gtest/gtest.h>

#include <optional>

#include "tests/feature_problem.hpp"

namespace embrace {
namespace {

using Slices = EmbeddingTable::Slices;

constexpr std::int64_t entities = 50, factors = 5, length = 19, others = 10;  // columns of mixed_features
// Sums in another order, of at most 50 terms of size 1 to 10: 50 * 10 * 2^-24 = 3e-5.
constexpr float close = 3e-5F;

struct Table {
  Table(Slices slices, bool frozen)
      : features(test::with_vectors(test::mixed_features(entities, 1), length, 2, frozen)) {
    samples.back() = samples[3] = 0;
    table.emplace(entities, true, &features, samples, slices, factors, 0.7, 1, 0);
    for (std::int64_t r = 0; r < table->rows(); ++r) {  // biases are zero at first
      if (table->weights()(r, 0) != 0.0F) table->weights()(r, factors) = 0.01F * static_cast<float>(r);
    }
    std::vector<std::int32_t> reads(80);
    for (std::size_t s = 0; s < reads.size(); ++s) reads[s] = static_cast<std::int32_t>(s * s % entities);
    table->collect(reads, 0.3, 1, Random(1, Stream::dropout), slots);
  }
  Features features;
  Array<std::int64_t> samples = Array<std::int64_t>(entities, 4);
  std::optional<EmbeddingTable> table;
  Slots slots;
};

class FrozenVectors : public testing::TestWithParam<Slices> {
 protected:
  const Table frozen{GetParam(), true}, numbers{GetParam(), false};
};

TEST_P(FrozenVectors, MakeTheSameTable) {
  const EmbeddingTable &a = *frozen.table, &b = *numbers.table;
  ASSERT_EQ(a.rows(), b.rows());
  EXPECT_EQ(a.slices(), b.slices());
  EXPECT_EQ(a.first_frozen(), entities + others);
  const auto penalties = a.penalties(frozen.samples, 0.2, 0.5), expected = b.penalties(numbers.samples, 0.2, 0.5);
  for (std::int64_t r = 0; r < a.rows(); ++r) {
    EXPECT_EQ(a.slice(r), b.slice(r)) << r;
    EXPECT_FLOAT_EQ(a.rate(r), b.rate(r)) << r;
    EXPECT_EQ(penalties[r], expected[r]) << r;
    for (std::int64_t k = 0; k <= factors; ++k) EXPECT_EQ(a.weights()(r, k), b.weights()(r, k)) << r;
  }
  EXPECT_LT(a.rate(a.first_frozen()), 0.2F);                // about 15 numbers of size .8
  EXPECT_EQ(a.weights()(a.rows() - 1, 0), 0.0F);            // nobody with ratings reads the last column
  EXPECT_NE(a.weights()(a.rows() - 2, factors - 1), 0.0F);  // but the one before it
}

TEST_P(FrozenVectors, RepresentEntities) {
  const std::int64_t width = frozen.table->width();
  Matrix out(entities - 7, width), expected(entities - 7, width);
  frozen.table->represent(7, entities, out.view());
  numbers.table->represent(7, entities, expected.view());
  for (std::int64_t k = 0; k < out.size(); ++k) EXPECT_NEAR(out.data()[k], expected.data()[k], close) << k;
}

TEST_P(FrozenVectors, RepresentSlots) {
  const auto forward = [](const Table& of) {
    SlotValues values;
    values.resize(of.slots.size(), of.table->slices() * factors);
    RowSums sums(factors);
    for (std::int64_t begin = 0; begin < of.slots.size(); begin += 7) {
      of.table->forward(of.slots, begin, std::min(begin + 7, of.slots.size()), sums, values);
    }
    return values;
  };
  const SlotValues out = forward(frozen), expected = forward(numbers);
  for (std::int64_t s = 0; s < frozen.slots.size(); ++s) {
    for (std::int64_t k = 0; k < frozen.table->slices() * factors; ++k) {
      EXPECT_NEAR(out.vectors(s, k), expected.vectors(s, k), close) << s;
    }
    EXPECT_NEAR(out.bias[s], expected.bias[s], close) << s;
  }
}

TEST_P(FrozenVectors, HaveTheGradientsOfTheirRows) {
  const Random random(3, Stream::synthetic);
  SlotValues gradients;
  gradients.resize(frozen.slots.size(), frozen.table->slices() * factors);
  for (std::int64_t k = 0; k < gradients.vectors.size(); ++k) {
    gradients.vectors.data()[k] = static_cast<float>(random.normal(static_cast<std::uint64_t>(k)));
  }
  for (std::int64_t s = 0; s < frozen.slots.size(); ++s) gradients.bias[s] = 0.1F * static_cast<float>(s);
  std::int64_t found = 0;
  for (std::int64_t begin = 0; begin < length; begin += 8) {
    const std::int64_t end = std::min(begin + 8, length);
    Matrix vectors(end - begin, factors);
    const auto from = frozen.table->frozen_gradients(frozen.slots, gradients, begin, end, vectors.view());
    RowSums sums(factors);
    for (std::int64_t t = numbers.slots.identities; t < numbers.slots.touched(); ++t) {
      const std::int64_t c = numbers.slots.rows[t] - entities - others - begin;
      if (c < 0 || c >= end - begin) continue;
      ++found;
      FixedArray<float, factors> vector;
      const auto expected = numbers.table->row_gradient(numbers.slots, gradients, t, sums);
      sums.store_at(vector.data());
      sums.run();
      for (std::int64_t k = 0; k < factors; ++k) EXPECT_NEAR(vectors(c, k), vector[k], close) << begin + c;
      EXPECT_NEAR(from[c].bias, expected.bias, close) << begin + c;
      EXPECT_NEAR(from[c].squares, expected.squares, 1e-6F * expected.squares) << begin + c;
    }
  }
  EXPECT_GE(found, length - 1);  // the last column is read by one entity
}

INSTANTIATE_TEST_SUITE_P(Both, FrozenVectors, testing::Values(Slices::one, Slices::by_field),
                         [](const auto& slices) { return slices.param == Slices::one ? "InOneSlice" : "ByField"; });

TEST(FrozenVectorsInOneSlice, AreMultipliedByWhatAnotherSideSays) {
  const Table frozen(Slices::one, true), numbers(Slices::one, false);
  Matrix users(2, factors + 1);
  for (std::int64_t k = 0; k <= factors; ++k) {
    users(0, k) = static_cast<float>(k) - 2.5F;
    users(1, k) = 0.3F;
  }
  users(0, factors) = users(1, factors) = 1.0F;
  const Matrix products = frozen.table->frozen_products(users.view());
  for (std::int32_t e = 0; e < entities; ++e) {
    for (const std::int64_t user : {0, 1}) {
      for (const bool alone : {false, true}) {
        EXPECT_NEAR(frozen.table->product(e, alone, users.row(user), products.row(user)),
                    numbers.table->product(e, alone, users.row(user), nullptr), 10 * close)
            << e;
      }
    }
  }
}

}  // namespace
}  // namespace embrace
