// Views of device memory. Their types differ from the host's views (host/views.hpp), so that the memory space is part
// of every signature: a pointer to device memory never leaves one of them. Trivially copyable: kernels take them by
// value. Sizes and offsets are 64-bit.
#pragma once
#include <cstdint>
#include <type_traits>

namespace embrace::gpu {

template <typename T>
struct DeviceSpan {
  T* data = nullptr;
  std::int64_t size = 0;

  constexpr T& operator[](std::int64_t i) const { return data[i]; }
  constexpr bool empty() const { return size == 0; }
  constexpr DeviceSpan part(std::int64_t first, std::int64_t count) const { return {data + first, count}; }
  constexpr operator DeviceSpan<const T>() const requires(!std::is_const_v<T>) { return {data, size}; }
};

/// Row-major; row r starts at data + r * stride (stride ≥ columns, in elements).
template <typename T>
struct DeviceMatrixView {
  T* data = nullptr;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::int64_t stride = 0;

  constexpr T* row(std::int64_t r) const { return data + r * stride; }
  constexpr T& operator()(std::int64_t r, std::int64_t c) const { return data[r * stride + c]; }
  constexpr operator DeviceMatrixView<const T>() const requires(!std::is_const_v<T>) {
    return {data, rows, columns, stride};
  }
};

/// Compressed sparse rows: row r holds entries [begin(r), end(r)), columns ascending inside a row.
struct DeviceCsrView {
  DeviceSpan<const std::int64_t> offsets;  // rows + 1
  DeviceSpan<const std::int32_t> indices;  // column of each entry
  DeviceSpan<const float> values;
  std::int64_t rows = 0;
  std::int64_t columns = 0;

  constexpr std::int64_t entries() const { return indices.size; }
  constexpr std::int64_t begin(std::int64_t r) const { return offsets[r]; }
  constexpr std::int64_t end(std::int64_t r) const { return offsets[r + 1]; }
  constexpr std::int64_t size(std::int64_t r) const { return end(r) - begin(r); }
};

}  // namespace embrace::gpu
