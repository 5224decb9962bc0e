// Kernels ask for no more than tests/golden/counts.md says.
#include "tests/cuda/kernels/counts.hpp"

#include <gtest/gtest.h>

#include "cuda/device/probe.hpp"
#include "host/files.hpp"
#include "tests/cuda/kernels/counting.hpp"

namespace embrace::test {
namespace {

std::string golden_text() {
  return read_file(std::filesystem::path(EMBRACE_SOURCE_DIR) / "tests" / "golden" / "counts.md");
}

TEST(Counts, NothingIsTwoPercentWorseThanInTheTable) {
  const std::string text = golden_text(), compiler = "nvcc " EMBRACE_NVCC_VERSION;
  if (text.find(compiler + " ") == std::string::npos)
    GTEST_SKIP() << "tests/golden/counts.md is of another nvcc than " << compiler;
  const gpu::Probe probe = gpu::probe();
  if (probe.devices.empty()) GTEST_SKIP() << "no CUDA device: " << probe.problem;
  const std::string program = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "kernel_counts";
  std::vector<CountedRow> rows;
  for (const CountedWork& work : counted_works()) {
    const auto row = counted(program, work);
    if (!row) GTEST_SKIP() << probe.devices.front().name << " does not count what kernels do";
    rows.push_back(*row);
  }
  const CountTable now = parse_count_table(render_counts(rows, compiler));
  for (const std::string& line : regressions(now, parse_count_table(text))) {
    ADD_FAILURE() << line << "; if it must be so, make tests/golden/counts.md again: its first lines say how";
  }
}

const char *const process =
                      R"({"waits": 3, "library_calls": 2, "copies": {"fill": {"calls": 4, "bytes": 40}}, "kernels": [
{"kernel": "void embrace::gpu::(anonymous namespace)::f<2, 1>(int)",
                  "launches" : 5, "warp_instructions" : {"all" : 100, "integer" : 80, "moves" : 20},
                  "unpredicated" : {"all" : 1600},
                  "global" : {"load" : {"requests" : 10, "sectors" : 40}, "atomic" : {"requests" : 2, "sectors" : 6}},
                  "shared"
    : {"store" : {"requests" : 4, "wavefronts" : 8}, "atomic" : {"requests" : 1, "wavefronts" : 3}},
                  "local" : {
  "load_bytes" : 16, "store_bytes" : 0
}
},
{"kernel": "cub::a", "launches": 1, "warp_instructions": {"all": 7}, "unpredicated": {"all": 7}, "global": {},
 "shared": {}, "local": {"load_bytes": 0, "store_bytes": 0}},
{"kernel": "cub::b", "launches": 1, "warp_instructions": {"all": 5}, "unpredicated": {"all": 5}, "global": {},
 "shared": {}, "local": {"load_bytes": 0, "store_bytes": 0}}]
}
)";

TEST(Counts, WhatTheDeviceWritesIsRead) {
  const Counts counts = parse_counts(std::string("{}\n") + [] {
    std::string one_line(process);
    std::replace(one_line.begin(), one_line.end() - 1, '\n', ' ');
    return one_line;
  }());
  EXPECT_EQ(counts.waits, 3);
  EXPECT_EQ(counts.fills, 4);
  EXPECT_EQ(counts.library_calls, 2);
  ASSERT_EQ(counts.kernels.size(), 2U);
  const KernelCounts& f = counts.kernels.at("f<2, 1>");
  EXPECT_EQ(f.launches, 5);
  EXPECT_EQ(f.instructions, 80);
  EXPECT_EQ(f.lanes, 1600);
  EXPECT_EQ(f.most_lanes, 3200);
  EXPECT_EQ(f.requests, 12);
  EXPECT_EQ(f.sectors, 46);
  EXPECT_EQ(f.shared_requests, 5);
  EXPECT_EQ(f.wavefronts, 11);
  EXPECT_EQ(f.atomics, 3);
  EXPECT_EQ(f.stack_bytes, 16);
  EXPECT_EQ(counts.kernels.at("(CUB)").instructions, 12);
  EXPECT_THROW(parse_counts("no device"), std::runtime_error);
}

CountedRow row_of(const KernelCounts& kernel) { return {"w", "rating", 10, 8, {1, 0, 0, {{"f", kernel}}}}; }

TEST(Counts, ARegressionOfMoreThanTwoPercentIsSeen) {
  const KernelCounts good{.launches = 2,
                          .instructions = 1000,
                          .lanes = 30'000,
                          .most_lanes = 32'000,
                          .requests = 100,
                          .sectors = 400,
                          .shared_requests = 50,
                          .wavefronts = 60,
                          .atomics = 0,
                          .stack_bytes = 0};
  const CountTable golden = parse_count_table(render_counts({row_of(good)}, "nvcc"));
  ASSERT_EQ(golden.size(), 2U);
  EXPECT_EQ(golden.at("w: `f`").at("sectors a request"), 4);
  EXPECT_EQ(golden.at("w").at("moved bytes"), 1280);
  const auto worse = [&](std::int64_t KernelCounts::*member, std::int64_t value) {
    KernelCounts changed = good;
    changed.*member = value;
    return regressions(parse_count_table(render_counts({row_of(changed)}, "nvcc")), golden);
  };
  EXPECT_TRUE(worse(&KernelCounts::instructions, 1015).empty());
  EXPECT_TRUE(worse(&KernelCounts::instructions, 500).empty());
  EXPECT_EQ(worse(&KernelCounts::instructions, 1025).size(), 2U);  // of the kernel and of the work
  EXPECT_EQ(worse(&KernelCounts::launches, 3).size(), 2U);
  EXPECT_EQ(worse(&KernelCounts::wavefronts, 62).size(), 1U);
  EXPECT_EQ(worse(&KernelCounts::lanes, 29'000).size(), 1U);
  EXPECT_TRUE(worse(&KernelCounts::lanes, 32'000).empty());
  EXPECT_EQ(worse(&KernelCounts::atomics, 1).size(), 1U);
  EXPECT_EQ(worse(&KernelCounts::stack_bytes, 1).size(), 1U);
  EXPECT_EQ(regressions({}, golden).size(), 2U);
  EXPECT_EQ(regressions(golden, {}).size(), 2U);
}

}  // namespace
}  // namespace embrace::test
