// How the benchmark programs end: a script must notice that it measured nothing.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/program.hpp"

namespace embrace {
namespace {

using test::Ended;

class BenchmarkPrograms : public testing::TestWithParam<const char*> {
 protected:
  static Ended run(const std::vector<std::string>& arguments) {
    return test::run_program(std::filesystem::path(test::embrace_program()).parent_path() / GetParam(), arguments);
  }
};

TEST_P(BenchmarkPrograms, AFilterThatMatchesNothingIsAnError) {
  const Ended ended = run({"--benchmark_filter=no-such-benchmark"});
  EXPECT_EQ(ended.code, 2) << ended.err;
  EXPECT_NE((ended.out + ended.err).find("no-such-benchmark"), std::string::npos) << ended.out << ended.err;
}

TEST_P(BenchmarkPrograms, WhatIsNoOptionIsAnError) {
  EXPECT_EQ(run({"--benchmark_filtre=copy"}).code, 2);
  EXPECT_EQ(run({"--threads=none"}).code, 2);
}

TEST_P(BenchmarkPrograms, NamesAreListed) {
  const Ended ended = run({"--benchmark_list_tests=true"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_NE(ended.out.find("/cpu/"), std::string::npos) << ended.out;
}

INSTANTIATE_TEST_SUITE_P(All, BenchmarkPrograms, testing::Values("embrace-bench-ops", "embrace-bench-epochs"),
                         [](const auto& program) {
                           return std::string(program.param) == "embrace-bench-ops" ? "ops" : "epochs";
                         });

}  // namespace
}  // namespace embrace
