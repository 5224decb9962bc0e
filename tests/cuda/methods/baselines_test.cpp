// Biases, means and counts of rows on the device, against plain loops in double.
#include "cuda/methods/baselines.hpp"

#include <limits>

#include "host/random.hpp"
#include "host/sparse.hpp"
#include "tests/cuda/gpu_test.hpp"

namespace embrace::gpu {
namespace {

class BaselinesTest : public test::GpuTest {};

/// Half stars in rows of many sizes, some empty, one with a large share of all ratings.
Csr ratings(std::int64_t rows, std::int64_t columns, std::int64_t entries) {
  const Random random(9, Stream::sampling);
  std::vector<std::int32_t> row, column;
  std::vector<float> value;
  for (std::int64_t e = 0; e < entries; ++e) {
    const auto a = static_cast<std::uint64_t>(e);
    const double u = random.uniform(a, 0);
    row.push_back(static_cast<std::int32_t>(static_cast<double>(rows) * u * u * u * u));
    column.push_back(static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(columns), a, 1)));
    value.push_back(0.5F * static_cast<float>(random.below(10, a, 2) + 1));
  }
  return csr_from_triples(rows, columns, row, column, value);
}

/// Some float values per row; the empty rows' come from `before`.
std::vector<float> plain_biases(CsrView rows, const BiasSolve& solve, const std::vector<float>& other,
                                std::vector<float> before) {
  for (std::int64_t r = 0; r < rows.rows; ++r) {
    double sum = 0;
    for (std::int64_t e = rows.offsets[r]; e < rows.offsets[r + 1]; ++e) {
      sum += static_cast<double>(rows.values[e]) - solve.mean;
      if (!other.empty()) sum -= static_cast<double>(other[static_cast<std::size_t>(rows.indices[e])]);
    }
    float& bias = before[static_cast<std::size_t>(r)];
    if (rows.row_size(r) > 0) {
      bias = static_cast<float>(sum / (solve.regularization + static_cast<double>(rows.row_size(r))));
    } else if (solve.otherwise) {
      bias = static_cast<float>(*solve.otherwise);
    }
  }
  return before;
}

TEST_F(BaselinesTest, BiasesOfRowsAreThoseOfPlainLoops) {
  std::vector<float> other(50);
  for (std::size_t i = 0; i < other.size(); ++i) other[i] = 0.125F * static_cast<float>(i % 5);
  for (const std::int64_t rows : {1, 31, 32, 33, 64, 1000}) {
    for (const std::int64_t entries : {rows, 30 * rows}) {  // the first leaves rows with one rating
      const Csr matrix = ratings(rows, 50, entries);
      const PlannedRows planned(device(), matrix.view());
      const std::vector<float> before(static_cast<std::size_t>(rows), 7.0F);
      for (const BiasSolve& solve : {BiasSolve{3.5, 5, 0.0}, BiasSolve{0, 0, 3.25}, BiasSolve{3.5, 2, std::nullopt}}) {
        for (const std::vector<float>& others : {other, std::vector<float>{}}) {
          DeviceBuffer<float> bias = on_device(before);
          solve_biases(device(), planned, solve, on_device(others).span(), bias.span());
          // Eighths and halves: the sums are exact in double, and so are the quotients but for one rounding each.
          EXPECT_EQ(bias.download(), plain_biases(matrix.view(), solve, others, before)) << rows << ", " << entries;
        }
      }
    }
  }
}

TEST_F(BaselinesTest, MeanAndCounts) {
  const Csr matrix = ratings(300, 50, 20'000);
  const DeviceCsr rows(device(), matrix.view());
  double sum = 0;
  for (const float value : matrix.values) sum += static_cast<double>(value);
  EXPECT_EQ(global_mean(device(), rows), sum / 20'000);
  DeviceBuffer<float> counts(device(), 300);
  count_rows(device(), rows, counts.span());
  const std::vector<float> counted = counts.download();
  for (std::int64_t r = 0; r < 300; ++r) {
    EXPECT_EQ(counted[static_cast<std::size_t>(r)], static_cast<float>(matrix.view().row_size(r)));
  }
  const Csr empty = ratings(3, 2, 0);
  EXPECT_EQ(global_mean(device(), DeviceCsr(device(), empty.view())), 0.0);
}

}  // namespace
}  // namespace embrace::gpu
