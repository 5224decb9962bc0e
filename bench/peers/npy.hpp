// NumPy's array files (format version 1.0, little-endian, rows first): what adapters and this program hand each other.
#pragma once
#include <cstdint>
#include <filesystem>
#include <vector>

#include "host/span.hpp"

namespace embrace::peers {

template <typename T>
struct NpyArray {
  std::vector<std::int64_t> shape;
  std::vector<T> values;
};

/// T: float, double, std::int32_t or std::int64_t. `values` has one element for each place of `shape`.
/// Throws OutputError when the file cannot be written.
template <typename T>
void write_npy(const std::filesystem::path& file, Span<const T> values, const std::vector<std::int64_t>& shape);

/// Throws std::runtime_error when the file is not there, torn, of another type or in another order.
template <typename T>
NpyArray<T> read_npy(const std::filesystem::path& file);

}  // namespace embrace::peers
