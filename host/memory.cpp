#include "host/memory.hpp"

#include <sys/mman.h>

#include <memory>

namespace embrace {

void prefer_huge_pages(void* data, std::size_t bytes) {
#ifdef MADV_HUGEPAGE
  constexpr std::size_t page = std::size_t{1} << 21U;
  void* first = data;
  std::size_t left = bytes;
  if (bytes < 2 * page || std::align(page, page, first, left) == nullptr) return;
  // A system that refuses goes on with small pages: slower, and nothing else.
  static_cast<void>(madvise(first, left / page * page, MADV_HUGEPAGE));
#else
  static_cast<void>(data);
  static_cast<void>(bytes);
#endif
}

}  // namespace embrace
