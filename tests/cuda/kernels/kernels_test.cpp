// Hot kernels neither spill nor lose occupancy against tests/golden/kernels.md.
#include <gtest/gtest.h>

#include "host/files.hpp"
#include "tests/cuda/kernels/kernel_table.hpp"

namespace embrace::test {
namespace {

const char* const ptx = R"(
.extern .shared .align 16 .b8 memory[];
.visible .entry _ZN7embrace3gpu1fEi(
	.param .u32 f_param_0
)
.maxntid 128, 1, 1
{
)";

std::vector<KernelFacts> facts_of(const char* spills, int registers) {
  const std::string words =
      std::string("ptxas info    : Compiling entry function '_ZN7embrace3gpu1fEi' for 'sm_90'\n") +
      "ptxas info    : Function properties for _ZN7embrace3gpu1fEi\n    8 bytes stack frame, " + spills +
      "\nptxas info    : Used " + std::to_string(registers) + " registers, used 1 barriers, 1024 bytes smem\n";
  return parse_kernel_facts("f", words, ptx);
}

TEST(Kernels, HotKernelsNeitherSpillNorLoseOccupancy) {
  const std::string text = read_file(std::filesystem::path(EMBRACE_SOURCE_DIR) / "tests" / "golden" / "kernels.md");
  const std::string compiler = "nvcc " EMBRACE_NVCC_VERSION;
  if (text.find(compiler + " ") == std::string::npos)
    GTEST_SKIP() << "tests/golden/kernels.md is of another nvcc than " << compiler;
  const auto table = parse_kernel_table(text);
  EXPECT_GT(table.size(), hot_kernels().size());
  for (const std::string& loss : lost(hot_rows(read_kernel_facts({EMBRACE_KERNEL_OBJECTS})), table)) {
    ADD_FAILURE() << loss << "; if it must be so, make tests/golden/kernels.md again: its first lines say how";
  }
}

TEST(Kernels, WhatPtxasSaysIsRead) {
  const auto facts = facts_of("4 bytes spill stores, 16 bytes spill loads", 40);
  ASSERT_EQ(facts.size(), 1U);
  EXPECT_EQ(facts[0].kernel, "f");
  EXPECT_EQ(facts[0].architecture, 90);
  EXPECT_EQ(facts[0].registers, 40);
  EXPECT_EQ(facts[0].spilled, 20);
  EXPECT_EQ(facts[0].shared, 1024);
  EXPECT_EQ(facts[0].threads, 128);
  EXPECT_TRUE(facts[0].asks);
}

// By hand: a warp's registers come in units of 256, a block of 128 threads is four warps, 65536 registers and 228 KiB
// of shared memory are there, of which a block takes 1 KiB more than it asks for.
TEST(Kernels, OccupancyIsThatOfTheResourceThatEndsFirst) {
  const auto of = [](int registers) { return facts_of("0 bytes spill stores, 0 bytes spill loads", registers).at(0); };
  EXPECT_EQ(occupancy(of(32), 0), 100);                                   // 16 blocks, the threads
  EXPECT_EQ(occupancy(of(40), 0), 75);                                    // 65536 / (4 · 1280) = 12 blocks
  EXPECT_EQ(occupancy(of(128), 0), 25);                                   // 65536 / (4 · 4096) = 4 blocks
  EXPECT_EQ(occupancy(of(32), 112 * 1024 - 2048), 2 * 128 * 100 / 2048);  // 2 · 112 KiB of 228
}

TEST(Kernels, LossesAreSeen) {
  const HotRow good{"a", "f", {32, 64}, 128, 0, {32, 32, 32}, {0, 0, 0}, {100, 100, 75}};
  EXPECT_TRUE(lost({good}, {good}).empty());
  HotRow spills = good, slower = good, renamed = good;
  spills.spilled[1] = 8;
  slower.occupancy[2] = 50;
  renamed.kernel = "g";
  EXPECT_EQ(lost({spills}, {spills}).size(), 2U);  // for 32 and for 64 factors
  EXPECT_EQ(lost({slower}, {good}).size(), 2U);
  EXPECT_TRUE(lost({good}, {slower}).empty());
  EXPECT_EQ(lost({renamed}, {good}).size(), 4U);
}

}  // namespace
}  // namespace embrace::test
