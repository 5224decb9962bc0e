// Matrix: an owning, row-major, 64-byte aligned float matrix, zero at first.
#pragma once
#include <cstddef>
#include <cstdint>
#include <limits>
#include <new>

#include "host/array.hpp"
#include "host/memory.hpp"
#include "host/views.hpp"

namespace embrace {

/// Allocator on cache-line boundaries: rows of vectors never straddle more lines than they must; large ones on huge
/// pages, as rows are read at random.
template <typename T>
struct AlignedAllocator {
  using value_type = T;
  static constexpr std::align_val_t alignment{64};
  AlignedAllocator() = default;
  template <typename U>
  AlignedAllocator(const AlignedAllocator<U>&) noexcept {}  // NOLINT(google-explicit-constructor): allocator rebind
  T* allocate(std::size_t n) {
    if (n > std::numeric_limits<std::size_t>::max() / sizeof(T)) throw std::bad_alloc();
    auto* p = static_cast<T*>(::operator new(n * sizeof(T), alignment));
    prefer_huge_pages(p, n * sizeof(T));
    return p;
  }
  void deallocate(T* p, std::size_t) noexcept { ::operator delete(p, alignment); }
  template <typename U>
  bool operator==(const AlignedAllocator<U>&) const {
    return true;
  }
};

template <typename T>
using AlignedVector = Array<T, AlignedAllocator<T>>;

class Matrix {
 public:
  Matrix() = default;
  Matrix(std::int64_t rows, std::int64_t columns) : rows_(rows), columns_(columns), data_(rows * columns) {}

  std::int64_t rows() const { return rows_; }
  std::int64_t columns() const { return columns_; }
  std::int64_t size() const { return data_.size(); }
  float* data() { return data_.data(); }
  const float* data() const { return data_.data(); }
  float* row(std::int64_t r) { return data_.data() + r * columns_; }
  const float* row(std::int64_t r) const { return data_.data() + r * columns_; }
  float& operator()(std::int64_t r, std::int64_t c) { return row(r)[c]; }
  float operator()(std::int64_t r, std::int64_t c) const { return row(r)[c]; }
  MatrixView view() { return {data(), rows_, columns_, columns_}; }
  ConstMatrixView view() const { return {data(), rows_, columns_, columns_}; }
  /// Its rows [begin, end).
  MatrixView rows(std::int64_t begin, std::int64_t end) { return {row(begin), end - begin, columns_, columns_}; }
  /// Its first `columns` columns: rows may be padded.
  MatrixView left(std::int64_t columns) { return {data(), rows_, columns, columns_}; }
  ConstMatrixView left(std::int64_t columns) const { return {data(), rows_, columns, columns_}; }

 private:
  std::int64_t rows_ = 0;
  std::int64_t columns_ = 0;
  AlignedVector<float> data_;
};

}  // namespace embrace
