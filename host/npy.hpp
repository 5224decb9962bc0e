// NumPy's array files, little-endian: what adapters and this program hand each other, and vectors of others.
#pragma once
#include <cstdint>
#include <filesystem>
#include <vector>

#include "host/matrix.hpp"
#include "host/span.hpp"

namespace embrace {

template <typename T>
struct NpyArray {
  std::vector<std::int64_t> shape;
  std::vector<T> values;
};

/// T: float, double, std::int32_t or std::int64_t. `values` has one element for each place of `shape`, rows first. The
/// file appears whole, in format version 1.0. Throws OutputError when it cannot be written.
template <typename T>
void write_npy(const std::filesystem::path& file, Span<const T> values, const std::vector<std::int64_t>& shape);

/// Throws DataError when the file is not there, torn, of another type or in another order.
template <typename T>
NpyArray<T> read_npy(const std::filesystem::path& file);

/// An array of two extents of f2, f4 or f8, in either order. Throws DataError; the numbers are whatever they are.
Matrix read_npy_matrix(const std::filesystem::path& file);

}  // namespace embrace
