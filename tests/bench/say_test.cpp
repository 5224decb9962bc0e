// Narration may be lost; work and exit codes may not depend on it.
#include "bench/say.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "tests/program.hpp"
#include "tests/temporary_folder.hpp"

namespace embrace {
namespace {

namespace fs = std::filesystem;
using test::embrace_run_in_shell;
using test::Ended;
using test::TemporaryFolder;

std::vector<std::string> study(const fs::path& out) {
  return {"run", "-d", "synth:60x80x1500", "--split", "kfold:5", "-m", "mean,user-mean,bias", "-o", out.string()};
}

std::ptrdiff_t records(const fs::path& folder) {
  return std::count_if(fs::directory_iterator(folder), fs::directory_iterator(),
                       [](const auto& entry) { return entry.path().extension() == ".json"; });
}

class Streams : public testing::TestWithParam<const char*> {};

TEST_P(Streams, AStudyEndsAsUsualWhenNobodyHearsIt) {
  const TemporaryFolder folder;
  EXPECT_EQ(embrace_run_in_shell("", study(folder / "out"), GetParam()).code, 0);
  EXPECT_EQ(records(folder / "out"), 15);
  EXPECT_EQ(test::embrace_run({"validate", (folder / "out").string()}).code, 0) << "nothing was told to a record";
}

TEST_P(Streams, AnErrorHasItsCodeWhenNobodyHearsIt) {
  EXPECT_EQ(embrace_run_in_shell("", {"data", "describe", "/nonexistent/data"}, GetParam()).code, 3);
}

INSTANTIATE_TEST_SUITE_P(Lost, Streams, testing::Values("2>/dev/full", "2>&-", "<&- >&- 2>&-"));

TEST(Say, AStudyGoesOnWhenTheReaderOfItsLinesIsGone) {
  const TemporaryFolder folder;
  const std::string code = (folder / "code").string();
  const Ended ended = embrace_run_in_shell("{", study(folder / "out"), "2>&1; echo $? > '" + code + "'; } | head -1");
  std::ifstream stream(code);
  int number = -1;
  EXPECT_TRUE(stream >> number && number == 0) << number << ended.err;
  EXPECT_EQ(records(folder / "out"), 15);
}

TEST(Say, ResultsThatGoToAClosedStdoutAreAnError) {
  EXPECT_EQ(embrace_run_in_shell("", {"list", "methods"}, ">&-").code, 6);
  EXPECT_EQ(embrace_run_in_shell("", {"describe", "hybrid"}, ">/dev/full").code, 6);
  EXPECT_EQ(embrace_run_in_shell("", {"list", "metrics", "--json"}, ">/dev/full").code, 6);
}

TEST(Say, NamesFromFilesAndArgumentsReachNoTerminalRaw) {
  const TemporaryFolder folder;
  const std::string odd = "odd\x1b[31m\n\xc2\x9b";
  const fs::path file = folder / (odd + ".csv");
  std::ofstream(file) << "user,item,rating\n1,1,5\n2,1,3\n";
  const fs::path record = folder / "0123456789abcdef0123456789abcdef.json";
  std::ofstream(record) << R"({"schema":"embrace.record/1","status":"\u001b[31mred"})";
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"data", "describe", file.string()},
                                                    {"data", "describe", (folder / ("missing" + odd)).string()},
                                                    {"validate", record.string()},
                                                    {"list", odd}}) {
    const Ended ended = test::embrace_run(arguments);
    EXPECT_EQ((ended.out + ended.err).find_first_of("\x1b\x9b"), std::string::npos) << ended.out << ended.err;
    EXPECT_EQ((ended.out + ended.err).find("31m\n"), std::string::npos) << ended.out << ended.err;
    EXPECT_FALSE((ended.out + ended.err).empty());
  }
}

}  // namespace
}  // namespace embrace
