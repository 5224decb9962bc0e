// kernel_table: prints tests/golden/kernels.md.
#include <fmt/format.h>

#include "tests/cuda/kernels/kernel_table.hpp"

int main() {
  try {
    fmt::print("{}", embrace::test::render_kernel_table(embrace::test::read_kernel_facts({EMBRACE_KERNEL_OBJECTS})));
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "kernel_table: {}\n", error.what());
    return 1;
  }
}
