// kernel_counts: prints tests/golden/counts.md. With --prepare WORK or --run WORK it does that work, for a device that
// counts, and prints its units and declared bytes.
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <string_view>

#include "tests/cuda/kernels/counting.hpp"

namespace embrace::test {
namespace {

void do_work(std::string_view name, bool run) {
  const auto& works = counted_works();
  const auto work = std::find_if(works.begin(), works.end(), [&](const CountedWork& w) { return w.name == name; });
  if (work == works.end()) throw std::runtime_error(fmt::format("no work {}", name));
  const auto device = std::make_shared<gpu::Device>(0);
  const PreparedWork prepared = work->prepare(device);
  if (run) prepared.run();
  device->synchronize();
  fmt::print("{} {}\n", prepared.units, prepared.declared_bytes);
}

void print_table(const char* self) {
  std::vector<CountedRow> rows;
  for (const CountedWork& work : counted_works()) {
    const auto row = counted(self, work);
    if (!row) throw std::runtime_error("this device does not count");
    rows.push_back(*row);
  }
  fmt::print("{}", render_counts(rows, "nvcc " EMBRACE_NVCC_VERSION));
}

}  // namespace
}  // namespace embrace::test

int main(int count, char** arguments) {
  try {
    if (count == 3) {
      embrace::test::do_work(arguments[2], std::string_view(arguments[1]) == "--run");
    } else {
      embrace::test::print_table(arguments[0]);
    }
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "kernel_counts: {}\n", error.what());
    return 1;
  }
}
