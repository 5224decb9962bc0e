// Span: a view of consecutive elements like std::span, with the 64-bit signed index that all sizes and offsets here
// have.
#pragma once
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <type_traits>

namespace embrace {

template <typename T>
class Span {
 public:
  using element_type = T;
  using value_type = std::remove_cv_t<T>;
  using iterator = T*;
  using const_iterator = const T*;

  constexpr Span() = default;
  constexpr Span(T* data, std::integral auto size) : data_(data), size_(static_cast<std::int64_t>(size)) {}
  constexpr Span(T* first, T* last) : data_(first), size_(last - first) {}
  template <std::contiguous_iterator Iterator>
  requires(!std::is_pointer_v<Iterator>) constexpr Span(Iterator first, Iterator last)
      : Span(std::to_address(first), last - first) {}
  template <std::contiguous_iterator Iterator>
  requires(!std::is_pointer_v<Iterator>) constexpr Span(Iterator first, std::integral auto size)
      : Span(std::to_address(first), size) {}
  /// Of any container whose elements lie one after the other.
  template <typename Container>
  requires(!std::same_as<std::remove_cvref_t<Container>, Span> &&
           requires(Container && container) {
             { std::data(container) } -> std::convertible_to<T*>;
             std::size(container);
           }) constexpr Span(Container&& container)  // NOLINT(google-explicit-constructor): a view of it
      : data_(std::data(container)), size_(static_cast<std::int64_t>(std::size(container))) {}

  constexpr T& operator[](std::integral auto i) const { return data_[static_cast<std::int64_t>(i)]; }
  constexpr std::int64_t size() const { return size_; }
  constexpr std::size_t size_bytes() const { return static_cast<std::size_t>(size_) * sizeof(T); }
  constexpr bool empty() const { return size_ == 0; }
  constexpr T* data() const { return data_; }
  constexpr T* begin() const { return data_; }
  constexpr T* end() const { return data_ + size_; }
  constexpr T& front() const { return data_[0]; }
  constexpr T& back() const { return data_[size_ - 1]; }
  constexpr Span first(std::int64_t n) const { return {data_, n}; }
  constexpr Span last(std::int64_t n) const { return {data_ + (size_ - n), n}; }
  constexpr Span subspan(std::int64_t from) const { return {data_ + from, size_ - from}; }
  constexpr Span subspan(std::int64_t from, std::int64_t n) const { return {data_ + from, n}; }

 private:
  T* data_ = nullptr;
  std::int64_t size_ = 0;
};

template <typename Container>
Span(Container&&) -> Span<std::remove_pointer_t<decltype(std::data(std::declval<Container&>()))>>;

}  // namespace embrace
