// Biases, means and counts of rows on the device, against plain loops in double.
#include "cuda/methods/baselines.hpp"

#include <limits>

#include "host/random.hpp"
#include "host/sparse.hpp"
#include "tests/cuda/gpu_test.hpp"
#include "tests/planted.hpp"

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
  return embrace::csr_from_triples(rows, columns, row, column, value);
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

TEST_F(BaselinesTest, MeanOfAllRatings) {
  const Csr matrix = ratings(300, 50, 20'000);
  double sum = 0;
  for (const float value : matrix.values) sum += static_cast<double>(value);
  EXPECT_EQ(global_mean(device(), DeviceCsr(device(), matrix.view())), sum / 20'000);
  const Csr empty = ratings(3, 2, 0);
  EXPECT_EQ(global_mean(device(), DeviceCsr(device(), empty.view())), 0.0);
}

TEST_F(BaselinesTest, MeansAndCountsOfRows) {
  std::vector<std::int64_t> count;
  std::vector<double> sum;
  std::vector<float> means, counts;
  for (std::int64_t r = 0; r < 300; ++r) {  // more than a block
    count.push_back(r % 7);
    sum.push_back(static_cast<double>(r) * 0.75);
    means.push_back(static_cast<float>(r % 7 == 0 ? 3.25 : sum.back() / static_cast<double>(r % 7)));
    counts.push_back(static_cast<float>(r % 7));
  }
  const DeviceBuffer<std::int64_t> on_device_count(device(), count);
  const DeviceBuffer<double> on_device_sum(device(), sum);
  DeviceBuffer<float> bias(device(), 300);
  find_means(device(), on_device_count.span(), on_device_sum.span(), 3.25, bias.span());
  EXPECT_EQ(bias.download(), means);
  copy_counts(device(), on_device_count.span(), bias.span());
  EXPECT_EQ(bias.download(), counts);
}

TEST_F(BaselinesTest, BothSidesOfTheRatingsFromOneUpload) {
  test::Data data(300, 50, test::Pairs{});
  data.ratings = ratings(300, 50, 20'000);
  data.by_item = embrace::transposed(data.ratings.view(), &data.by_item_order);
  const Hyper hyper;
  Threads threads(1);
  const Problem problem = data.problem(Task::rating, hyper, 1, threads);
  Device fresh(0);  // whose peak is this
  const PlannedRatings both(fresh, problem);
  EXPECT_EQ(both.by_item.matrix.download().indices, data.by_item.indices);
  EXPECT_EQ(both.by_item.matrix.download().values, data.by_item.values);
  EXPECT_LE(fresh.peak_bytes(), PlannedRatings::making_bytes(problem) + PlannedRows::bytes(problem.by_item));
  EXPECT_LE(fresh.used_bytes(), PlannedRows::bytes(problem.ratings) + PlannedRows::bytes(problem.by_item));
}

}  // namespace
}  // namespace embrace::gpu
