// Views that do not own: trivially copyable, the same on host and device. Sizes and offsets are 64-bit
// everywhere, since users × factors passes 2^31 on real data.
#pragma once
#include <cstdint>

#include "host/span.hpp"

namespace embrace {

/// Row-major matrix of floats; row r starts at data + r * stride (stride ≥ columns, in elements).
template <typename T>
struct BasicMatrixView {
  T* data = nullptr;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::int64_t stride = 0;

  T* row(std::int64_t r) const { return data + r * stride; }
  T& operator()(std::int64_t r, std::int64_t c) const { return data[r * stride + c]; }
  operator BasicMatrixView<const T>() const { return {data, rows, columns, stride}; }
};
using MatrixView = BasicMatrixView<float>;
using ConstMatrixView = BasicMatrixView<const float>;

/// Compressed sparse rows: row r holds entries [offsets[r], offsets[r + 1]), columns ascending inside a row.
struct CsrView {
  const std::int64_t* offsets = nullptr;  // rows + 1
  const std::int32_t* indices = nullptr;  // column of each entry
  const float* values = nullptr;
  std::int64_t rows = 0;
  std::int64_t columns = 0;

  std::int64_t entries() const { return rows == 0 ? 0 : offsets[rows]; }
  std::int64_t row_size(std::int64_t r) const { return offsets[r + 1] - offsets[r]; }
  Span<const std::int32_t> row_indices(std::int64_t r) const { return {indices + offsets[r], row_size(r)}; }
  Span<const float> row_values(std::int64_t r) const { return {values + offsets[r], row_size(r)}; }
};

}  // namespace embrace
