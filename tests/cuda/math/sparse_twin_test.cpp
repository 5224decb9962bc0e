// Sparse matrices from triples: those of host/sparse.hpp, entry by entry.
#include "cuda/math/sparse.hpp"

#include "host/random.hpp"
#include "host/sparse.hpp"
#include "tests/cuda/gpu_test.hpp"

namespace embrace::gpu {
namespace {

struct Triples {
  std::vector<std::int32_t> rows, columns;
  std::vector<float> values;  // the number of the triple: tells duplicates apart
  Triples(std::int64_t row_count, std::int64_t column_count, std::int64_t size) {
    const Random random(6, Stream::sampling);
    for (std::uint64_t e = 0; e < static_cast<std::uint64_t>(size); ++e) {
      rows.push_back(static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(row_count), e, 0)));
      columns.push_back(static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(column_count), e, 1)));
      values.push_back(static_cast<float>(e));
    }
  }
};

struct Shape {
  std::int64_t rows, columns, size;
};
const Shape shapes[] = {{0, 0, 0},         {3, 2, 0},     {1, 1, 1},
                        {1, 1, 40},        {1, 33, 1000}, {31, 1, 64},
                        {32, 64, 33},      {33, 31, 500}, {100'000, 70'000, 5000},
                        {700, 900, 60'000}};

class SparseTest : public test::GpuTest {
 protected:
  DeviceTriplesView upload(const Triples& triples) {
    triples_ = {device(), triples.rows, triples.columns, triples.values};
    return triples_.view();
  }

 private:
  DeviceTriples triples_;
};

void expect_same(const Csr& matrix, const Csr& expected) {
  EXPECT_EQ(matrix.columns, expected.columns);
  EXPECT_EQ(matrix.offsets, expected.offsets);
  EXPECT_EQ(matrix.indices, expected.indices);
  EXPECT_EQ(matrix.values, expected.values);
}

TEST_F(SparseTest, RowsFromTriplesKeepTheOrderOfDuplicates) {
  for (const auto& [rows, columns, size] : shapes) {
    const Triples triples(rows, columns, size);
    SCOPED_TRACE(size);
    expect_same(csr_from_triples(device(), rows, columns, upload(triples)).download(),
                embrace::csr_from_triples(rows, columns, triples.rows, triples.columns, triples.values));
  }
}

TEST_F(SparseTest, ColumnsBecomeRows) {
  for (const auto& [rows, columns, size] : shapes) {
    const Triples triples(rows, columns, size);
    const Csr matrix = embrace::csr_from_triples(rows, columns, triples.rows, triples.columns, triples.values);
    SCOPED_TRACE(size);
    expect_same(transposed(device(), DeviceCsr(device(), matrix.view()).view()).download(),
                embrace::transposed(matrix.view()));
  }
}

TEST_F(SparseTest, InPlannedMemory) {
  for (const auto& [rows, columns, size] : shapes) {
    const Triples triples(rows, columns, size);
    const Csr matrix = embrace::csr_from_triples(rows, columns, triples.rows, triples.columns, triples.values);
    Device fresh(0);  // whose peak is this
    const DeviceCsr by_row(fresh, matrix.view());
    const std::int64_t before = fresh.used_bytes();
    const DeviceCsr by_column = transposed(fresh, by_row.view());
    EXPECT_LE(fresh.peak_bytes() - before, transposed_bytes(matrix.view())) << size;
  }
}

TEST_F(SparseTest, AShapeBeyondItsNumbersIsRefused) {
  EXPECT_THROW(csr_from_triples(device(), std::int64_t{1} << 33, std::int64_t{1} << 31, {}), std::length_error);
}

}  // namespace
}  // namespace embrace::gpu
