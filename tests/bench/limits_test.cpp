// What the program does when the system gives it less than it asks for.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <new>
#include <thread>
#include <vector>

#include "bench/terminate.hpp"
#include "host/files.hpp"
#include "tests/program.hpp"
#include "tests/temporary_folder.hpp"

namespace embrace {
namespace {

namespace fs = std::filesystem;
using test::embrace_run;
using test::embrace_run_in_shell;
using test::Ended;
using test::TemporaryFolder;

std::vector<std::string> study(const fs::path& out, std::vector<std::string> more = {}) {
  std::vector<std::string> words = {"run", "-d", "synth:60x80x1500", "-m", "mean,bias", "-o", out.string()};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

#if !defined(__SANITIZE_ADDRESS__)  // which needs more space than any of these limits
TEST(Limits, ThreadsThatCannotBeStartedAreAnErrorWithARemedy) {
  const TemporaryFolder folder;
  const Ended ended = embrace_run_in_shell("ulimit -v 2000000", study(folder / "out", {"--threads", "900"}));
  EXPECT_EQ(ended.code, 2);
  EXPECT_NE(ended.err.find("900 threads cannot be started"), std::string::npos) << ended.err;
  EXPECT_NE(ended.err.find("--threads"), std::string::npos) << ended.err;
}

TEST(Limits, TheProgramEndsWhereALibrarysThreadFindsNoMemory) {
  const TemporaryFolder folder;
  const Ended ended = embrace_run_in_shell("ulimit -v 130000", study(folder / "out", {"--threads", "1"}));
  EXPECT_TRUE(ended.code == 0 || ended.code == 5) << ended.code << ended.err;
}

/// The study where malloc fails once, at its `call`-th call after the second call of `function`.
Ended study_without_memory(const std::string& function, int call, const fs::path& out) {
  const std::string library = fs::path(test::embrace_program()).parent_path() / "failing_malloc.so";
  return embrace_run(study(out, {"--threads", "1"}),
                     {"LD_PRELOAD=" + library, "FAIL_AFTER=" + function, "FAIL_AT=" + std::to_string(call)});
}

TEST(Limits, ARecordThatFindsNoMemoryLeavesNoHalfOfItself) {
  int failed = 0;
  for (int call = 1; call <= 60; ++call) {
    const TemporaryFolder folder;
    const Ended ended = study_without_memory("mkostemp", call, folder / "out");
    EXPECT_TRUE(ended.code == 0 || ended.code == 1 || ended.code == 5) << call << ": " << ended.code << ended.err;
    failed += ended.code != 0 ? 1 : 0;
    for (const auto& entry : fs::directory_iterator(folder / "out")) {
      EXPECT_EQ(entry.path().extension(), ".json") << call << ": " << entry.path();
    }
  }
  EXPECT_GT(failed, 0) << "malloc never failed where it matters";
}

TEST(Limits, ADigestThatFindsNoMemoryIsALackOfMemory) {
  for (int call = 1; call <= 4; ++call) {
    const TemporaryFolder folder;
    const Ended ended = study_without_memory("EVP_MD_CTX_new", call, folder / "out");
    EXPECT_TRUE(ended.code == 5 || ended.code == 0) << call << ": " << ended.code << ended.err;
    EXPECT_EQ(ended.err.find("SHA-256"), std::string::npos) << call << ": " << ended.err;
  }
}

TEST(Limits, BlankLinesNeedNoRoomForRatings) {
  const TemporaryFolder folder;
  const fs::path file = folder / "blank.csv";
  std::ofstream(file) << "1,1,5\n" << std::string(std::size_t{60} << 20U, '\n') << "1,2,3\n";
  const Ended ended = embrace_run_in_shell("ulimit -v 1000000", {"data", "describe", file.string(), "--threads", "2"});
  EXPECT_EQ(ended.code, 0) << ended.err;
}
#endif

TEST(Limits, AFileThatMayNotGrowIsAnOutputError) {
  const TemporaryFolder folder;
  const Ended ended = embrace_run_in_shell("ulimit -f 1", study(folder / "out"));
  EXPECT_EQ(ended.code, 6) << ended.err;
  EXPECT_NE(ended.err.find("File too large"), std::string::npos) << ended.err;
  EXPECT_TRUE(fs::is_empty(folder / "out"));
}

TEST(Limits, CutOffsBeyondTheCatalogueNeedNoMemory) {
  const TemporaryFolder folder;
  const Ended ended =
      embrace_run(study(folder / "out", {"--task", "ranking", "-m", "popularity", "--at", "5,2147483647"}));
  EXPECT_EQ(ended.code, 0) << ended.err;
}

TEST(Limits, WhatIsNoFileOfRecordsIsRefusedAtOnce) {
  const TemporaryFolder folder;
  const fs::path fifo = folder / "fifo";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  for (const char* verb : {"report", "validate"}) {
    for (const std::string& file : {fifo.string(), std::string("/dev/zero")}) {
      const Ended ended = embrace_run({verb, file});
      EXPECT_EQ(ended.code, 3) << verb << file << ended.err;
    }
  }
}

TEST(Limits, ALoopOfLinksAmongRecordsIsPassedBy) {
  const TemporaryFolder folder;
  ASSERT_EQ(embrace_run(study(folder / "out")).code, 0);
  fs::create_symlink("loop.json", folder / "out" / "loop.json");
  fs::create_directory_symlink("..", folder / "out" / "up");
  EXPECT_EQ(embrace_run({"validate", (folder / "out").string()}).code, 0);
}

TEST(Limits, LeftoversOfAKilledWriterAreGoneAfterTheNextRunAndTheUsersFilesStay) {
  const TemporaryFolder folder;
  const fs::path out = folder / "out";
  fs::create_directories(out / ".peers");
  std::ofstream(out / ".peers" / "mine") << "mine";
  std::ofstream(out / ".writable") << "mine";
  std::ofstream(out / ".embrace-a1B2c3") << "half a record";
  ASSERT_EQ(embrace_run(study(out)).code, 0);
  EXPECT_FALSE(fs::exists(out / ".embrace-a1B2c3"));
  EXPECT_EQ(read_file(out / ".writable"), "mine");
  EXPECT_EQ(read_file(out / ".peers" / "mine"), "mine");
}

TEST(Limits, ARecordThatCannotBeReadIsSaidToBeThat) {
  const TemporaryFolder folder;
  ASSERT_EQ(embrace_run(study(folder / "out")).code, 0);
  for (const auto& entry : fs::directory_iterator(folder / "out")) {
    const fs::path& record = entry.path();
    fs::remove(record);
    ASSERT_EQ(mkfifo(record.c_str(), 0600), 0);
  }
  const Ended ended = embrace_run(study(folder / "out"));
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_NE(ended.err.find("is a FIFO"), std::string::npos) << ended.err;
  EXPECT_EQ(ended.err.find("not a whole record"), std::string::npos) << ended.err;
}

// Twenty million ratings take far longer to make than this.
TEST(Limits, ASignalEndsTheMakingOfData) {
  const TemporaryFolder folder;
  for (const auto& [signal, code] : {std::pair{SIGINT, 130}, std::pair{SIGTERM, 143}}) {
    const pid_t process =
        test::start_program(test::embrace_program(), {"data", "synth", "--users", "100000", "--items", "20000",
                                                      "--ratings", "20000000", "-o", (folder / "out").string()});
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    kill(process, signal);
    EXPECT_EQ(test::wait_for(process), code);
    EXPECT_FALSE(fs::exists(folder / "out"));
  }
}

void ask_for_memory() { throw std::bad_alloc(); }

struct Unlucky {
  ~Unlucky() noexcept { ask_for_memory(); }
};

TEST(Limits, UnwindingThatFindsNoMemoryEndsWithTheCodeOfThat) {
  EXPECT_EXIT(
      {
        explain_failed_unwinding();
        const Unlucky unlucky;
      },
      testing::ExitedWithCode(5), "out of memory");
}

}  // namespace
}  // namespace embrace
