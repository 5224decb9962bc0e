// The table of kernels in tests/golden/kernels.md: which kernels an epoch spends its time in, and what they may not
// lose.
#pragma once
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "tests/cuda/kernels/kernel_facts.hpp"

namespace embrace::test {

inline constexpr std::array<int, 3> table_architectures{80, 90, 100};
inline constexpr std::array<int, 3> table_factors{32, 64, 128};

/// A kernel that epochs and predictions spend their time in.
struct HotKernel {
  std::string source;
  std::string kernel;
  std::array<std::string, 3> instances;  // how the instance for 32, 64 and 128 factors goes on after its name
  std::string what;
};
const std::vector<HotKernel>& hot_kernels();

/// An instance of a hot kernel, for one or more numbers of factors.
struct HotRow {
  std::string source;
  std::string kernel;        // without the template arguments that the factors choose
  std::vector<int> factors;  // ascending
  int threads = 0;           // a block
  int shared = 0;            // bytes a block, with what the launch asks for
  std::array<int, 3> registers{};
  std::array<int, 3> spilled{};
  std::array<int, 3> occupancy{};  // percent
};

/// In the order of hot_kernels(). Throws std::runtime_error when one of them is not among the facts.
std::vector<HotRow> hot_rows(const std::vector<KernelFacts>& facts);

/// tests/golden/kernels.md, and the hot rows that such a text holds.
std::string render_kernel_table(const std::vector<KernelFacts>& facts);
std::vector<HotRow> parse_kernel_table(const std::string& text);

/// What a build's rows have lost against the table's, a line each: spills, occupancy, kernels that only one knows.
std::vector<std::string> lost(const std::vector<HotRow>& now, const std::vector<HotRow>& table);

}  // namespace embrace::test
