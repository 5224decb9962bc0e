// Array and FixedArray: std::vector and std::array with the 64-bit signed index that all sizes and offsets here have.
#pragma once
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "host/span.hpp"

namespace embrace {

/// Adds no state: a reference to it may be taken for one to the vector that it is.
template <typename T, typename Allocator = std::allocator<T>>
class Array : public std::vector<T, Allocator> {
  using Vector = std::vector<T, Allocator>;
  static constexpr std::size_t size_of(std::integral auto n) { return static_cast<std::size_t>(n); }

 public:
  using Vector::Vector;
  Array() = default;
  Array(Vector other) : Vector(std::move(other)) {}  // NOLINT(google-explicit-constructor): the same elements
  explicit Array(std::integral auto n) : Vector(size_of(n)) {}
  Array(std::integral auto n, const T& value) : Vector(size_of(n), value) {}

  T& operator[](std::integral auto i) { return Vector::operator[](size_of(i)); }
  const T& operator[](std::integral auto i) const { return Vector::operator[](size_of(i)); }
  std::int64_t size() const { return static_cast<std::int64_t>(Vector::size()); }
  void resize(std::integral auto n) { Vector::resize(size_of(n)); }
  void resize(std::integral auto n, const T& value) { Vector::resize(size_of(n), value); }
  void reserve(std::integral auto n) { Vector::reserve(size_of(n)); }
  using Vector::assign;
  void assign(std::integral auto n, const T& value) { Vector::assign(size_of(n), value); }
};

/// std::array with that index.
template <typename T, std::size_t N>
struct FixedArray : std::array<T, N> {
  constexpr T& operator[](std::int64_t i) { return std::array<T, N>::operator[](static_cast<std::size_t>(i)); }
  constexpr const T& operator[](std::int64_t i) const {
    return std::array<T, N>::operator[](static_cast<std::size_t>(i));
  }
  constexpr std::int64_t size() const { return static_cast<std::int64_t>(N); }
};

}  // namespace embrace
