// Large tables on huge pages: a table of some megabytes that is read at random misses the translation cache at every
// access on pages of 4 KiB, and a fresh one costs a page fault for each of them.
#pragma once
#include <concepts>
#include <cstddef>
#include <vector>

namespace embrace {

/// Asks the system to back the whole huge pages inside [data, data + bytes) as such, before they are first touched.
/// Does nothing for small ranges, and where the system does not offer it.
void prefer_huge_pages(void* data, std::size_t bytes);

/// reserve() and resize() for a vector that may become large and is empty before.
template <typename T>
void reserve_large(std::vector<T>& vector, std::integral auto size) {
  vector.reserve(static_cast<std::size_t>(size));
  prefer_huge_pages(vector.data(), static_cast<std::size_t>(size) * sizeof(T));
}
template <typename T>
void resize_large(std::vector<T>& vector, std::integral auto size) {
  reserve_large(vector, size);
  vector.resize(static_cast<std::size_t>(size));
}

}  // namespace embrace
