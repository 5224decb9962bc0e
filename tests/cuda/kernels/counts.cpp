#include "tests/cuda/kernels/counts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

#include "tests/cuda/kernels/kernel_name.hpp"

namespace embrace::test {
namespace {

using Json = nlohmann::json;

constexpr double allowed = 0.02;
const char* const library = "(CUB)";
const char* const share_of_lanes = "lanes %";

std::int64_t number(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() ? 0 : found->get<std::int64_t>();
}

/// Σ of a number over loads, stores and atomics.
std::int64_t over_uses(const Json& space, const char* key) {
  std::int64_t sum = 0;
  for (const auto& [use, counts] : space.items()) sum += number(counts, key);
  return sum;
}

KernelCounts counts_of(const Json& kernel) {
  const Json& instructions = kernel.at("warp_instructions");
  std::int64_t atomics = 0;
  for (const char* space : {"global", "shared"}) {
    if (kernel.at(space).contains("atomic")) atomics += number(kernel.at(space).at("atomic"), "requests");
  }
  return {.launches = number(kernel, "launches"),
          .instructions = number(instructions, "all") - number(instructions, "moves"),
          .lanes = number(kernel.at("unpredicated"), "all"),
          .most_lanes = 32 * number(instructions, "all"),
          .requests = over_uses(kernel.at("global"), "requests"),
          .sectors = over_uses(kernel.at("global"), "sectors"),
          .shared_requests = over_uses(kernel.at("shared"), "requests"),
          .wavefronts = over_uses(kernel.at("shared"), "wavefronts"),
          .atomics = atomics,
          .stack_bytes = number(kernel.at("local"), "load_bytes") + number(kernel.at("local"), "store_bytes")};
}

/// a += sign · b, member by member.
void add(KernelCounts& a, const KernelCounts& b, std::int64_t sign) {
  for (std::int64_t KernelCounts::*member :
       {&KernelCounts::launches, &KernelCounts::instructions, &KernelCounts::lanes, &KernelCounts::most_lanes,
        &KernelCounts::requests, &KernelCounts::sectors, &KernelCounts::shared_requests, &KernelCounts::wavefronts,
        &KernelCounts::atomics, &KernelCounts::stack_bytes}) {
    a.*member += sign * b.*member;
  }
}

/// Four digits, a dash for nothing.
std::string shown(double value) {
  if (value == 0) return "-";
  if (std::fabs(value) >= 1000) return fmt::format("{:.0f}", value);
  return fmt::format("{:.4g}", value);
}

std::string ratio(double a, double b) { return shown(b == 0 ? 0 : a / b); }

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  for (std::size_t at = line.find("| "); at != std::string::npos; at = line.find("| ", at + 1)) {
    const std::size_t end = line.find(" |", at + 1);
    if (end != std::string::npos) cells.push_back(line.substr(at + 2, end - at - 2));
  }
  return cells;
}

std::string row_of_work(const CountedRow& row) {
  KernelCounts all;
  for (const auto& [name, kernel] : row.counts.kernels) all += kernel;
  const auto units = static_cast<double>(row.units);
  const double moved = 32 * static_cast<double>(all.sectors) / units;
  return fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |\n", row.work, row.unit, row.units,
                     shown(static_cast<double>(all.launches)), shown(static_cast<double>(row.counts.waits)),
                     shown(static_cast<double>(row.counts.fills)), shown(static_cast<double>(row.counts.library_calls)),
                     ratio(static_cast<double>(all.instructions), units), shown(row.declared_bytes), shown(moved),
                     ratio(moved, row.declared_bytes));
}

std::string row_of_kernel(const CountedRow& row, const std::string& name, const KernelCounts& kernel) {
  const auto units = static_cast<double>(row.units);
  const auto of = [](std::int64_t value) { return static_cast<double>(value); };
  return fmt::format("| {} | `{}` | {} | {} | {} | {} | {} | {} | {} | {} |\n", row.work, name,
                     shown(of(kernel.launches)), ratio(of(kernel.instructions), units),
                     ratio(of(kernel.sectors), units), ratio(of(kernel.sectors), of(kernel.requests)),
                     ratio(of(kernel.wavefronts), of(kernel.shared_requests)),
                     ratio(100 * of(kernel.lanes), of(kernel.most_lanes)), ratio(of(kernel.atomics), units),
                     ratio(of(kernel.stack_bytes), units));
}

}  // namespace

KernelCounts& KernelCounts::operator+=(const KernelCounts& other) {
  add(*this, other, 1);
  return *this;
}

KernelCounts& KernelCounts::operator-=(const KernelCounts& other) {
  add(*this, other, -1);
  return *this;
}

Counts& Counts::operator-=(const Counts& other) {
  waits -= other.waits;
  fills -= other.fills;
  library_calls -= other.library_calls;
  for (const auto& [name, kernel] : other.kernels) kernels[name] -= kernel;
  std::erase_if(kernels, [](const auto& entry) { return entry.second.launches == 0; });
  return *this;
}

Counts parse_counts(const std::string& json_lines) {
  const std::size_t end = json_lines.find_last_not_of('\n');
  if (end == std::string::npos) throw std::runtime_error("the device has counted nothing");
  const std::size_t begin = json_lines.rfind('\n', end);
  try {
    const Json process = Json::parse(json_lines.substr(begin == std::string::npos ? 0 : begin + 1));
    Counts counts;
    counts.waits = number(process, "waits");
    counts.library_calls = number(process, "library_calls");
    if (process.at("copies").contains("fill")) counts.fills = number(process.at("copies").at("fill"), "calls");
    for (const Json& kernel : process.at("kernels")) {
      const std::string name = short_kernel_name(kernel.at("kernel"));
      counts.kernels[name.empty() ? library : name] += counts_of(kernel);
    }
    return counts;
  } catch (const Json::exception& error) {
    throw std::runtime_error(std::string("no counts: ") + error.what());
  }
}

std::string render_counts(const std::vector<CountedRow>& rows, const std::string& compiler) {
  std::string text = fmt::format(
      R"(# Counts

What kernels ask of a device, counted while a software CUDA device runs their PTX: the same numbers in every run, and no times. Made by
{} with
```
cmake --preset cuda-ptx && cmake --build --preset cuda-ptx --target kernel_counts && build/cuda-ptx/bin/kernel_counts > tests/golden/counts.md
```
where `EMBRACE_CUDA_LIBRARIES` and `LD_LIBRARY_PATH` name the folder of that device's libraries. `counts_test` fails when a number is more
than 2 % worse than here. Instructions are a warp's, of the PTX, without moves between registers and reads of parameters, which ptxas folds.
Sectors are the 32 bytes pieces that a warp's access touches; declared bytes are what has to move by the model in the head of the kernel's
file, and moved bytes, 32 a sector, are asked of the first-level cache. What cuBLAS does is not counted.

| work | unit | units | launches | waits | memsets | library calls | instructions | declared bytes | moved bytes | moved / declared |
| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
)",
      compiler);
  for (const CountedRow& row : rows) text += row_of_work(row);
  text += R"(
Launches, waits, memsets and library calls are of the whole work, the other numbers a unit.

## By kernel

Instructions, sectors, atomics and bytes of the stack are a unit of the work; wavefronts of 1 and 100 % of the lanes are the best there is.

| work | kernel | launches | instructions | sectors | sectors a request | wavefronts a shared request | lanes % | atomics | stack bytes |
| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
)";
  for (const CountedRow& row : rows) {
    for (const auto& [name, kernel] : row.counts.kernels) text += row_of_kernel(row, name, kernel);
  }
  return text;
}

CountTable parse_count_table(const std::string& text) {
  CountTable table;
  std::vector<std::string> head;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const auto cells = cells_of(line);
    if (cells.size() < 3) continue;
    if (cells[0] == "work") {
      head = cells;
    } else if (cells.size() == head.size() && !cells[0].starts_with("---")) {
      auto& row = table[cells[1].starts_with('`') ? cells[0] + ": " + cells[1] : cells[0]];
      for (std::size_t c = 2; c < cells.size(); ++c) row[head[c]] = cells[c] == "-" ? 0 : std::stod(cells[c]);
    }
  }
  return table;
}

std::vector<std::string> regressions(const CountTable& now, const CountTable& golden) {
  std::vector<std::string> found;
  for (const auto& [name, row] : now) {
    const auto then = golden.find(name);
    if (then == golden.end()) {
      found.push_back(name + ": not in the table");
      continue;
    }
    for (const auto& [column, value] : row) {
      const auto before = then->second.find(column);
      if (before == then->second.end()) {
        found.push_back(name + ": the table has no " + column);
      } else if (column == share_of_lanes ? value < (1 - allowed) * before->second
                                          : value > (1 + allowed) * before->second) {
        found.push_back(fmt::format("{}: {} {:.6g}, it was {:.6g}", name, column, value, before->second));
      }
    }
  }
  for (const auto& [name, row] : golden) {
    if (!now.contains(name)) found.push_back(name + ": only in the table");
  }
  return found;
}

}  // namespace embrace::test
