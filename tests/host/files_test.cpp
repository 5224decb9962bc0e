// Files that appear whole or not at all, what is left of killed writers, and reading without waiting.
#include "host/files.hpp"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "host/error.hpp"
#include "host/unfinished.hpp"
#include "tests/temporary_folder.hpp"

namespace embrace {
namespace {

namespace fs = std::filesystem;
using test::TemporaryFolder;

std::ptrdiff_t entries(const fs::path& folder) {
  return std::distance(fs::directory_iterator(folder), fs::directory_iterator());
}

TEST(Files, WhatIsNotPublishedLeavesNothing) {
  const TemporaryFolder folder;
  { AtomicFile(folder / "x").write("half"); }
  EXPECT_EQ(entries(folder.path()), 0);
  EXPECT_THROW(write_atomically(fs::path("/proc") / "x", ""), OutputError);
}

TEST(Files, ANameAsLongAsAllowedCanBeWritten) {
  const TemporaryFolder folder;
  const std::string longest(255, 'x');
  write_atomically(folder / longest, "text");
  EXPECT_EQ(read_file(folder / longest), "text");
  EXPECT_EQ(entries(folder.path()), 1);
}

/// Starts a writer and a folder of work in a child that then waits for its end.
pid_t start_maker(const fs::path& folder) {
  int ready[2];
  EXPECT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // also when this test ends early
    const AtomicFile file(folder / "record.json");
    file.write("half");
    const WorkFolder work(folder);
    std::ofstream(work.path() / "array.npy") << "half";
    EXPECT_EQ(write(ready[1], "x", 1), 1);
    while (true) pause();
  }
  char byte = 0;
  EXPECT_EQ(read(ready[0], &byte, 1), 1);
  close(ready[0]);
  close(ready[1]);
  return child;
}

TEST(Files, OnlyWhatKilledMakersLeftIsRemoved) {
  const TemporaryFolder folder;
  const std::string file = folder / "users.txt", hidden = folder / ".embrace-settings", work = folder / ".peers";
  std::ofstream(file) << "mine";
  std::ofstream(hidden) << "mine";
  fs::create_directory(work);
  const pid_t child = start_maker(folder.path());
  remove_unfinished(folder.path());
  EXPECT_EQ(entries(folder.path()), 5) << "its maker lives";
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_EQ(entries(folder.path()), 5);
  remove_unfinished(folder.path());
  EXPECT_EQ(entries(folder.path()), 3);
  EXPECT_TRUE(fs::exists(file) && fs::exists(hidden) && fs::exists(work)) << "the user's own";
}

TEST(Files, WritingGoesOnWhileAnotherProcessSweeps) {
  const TemporaryFolder folder;
  const pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (true) remove_unfinished(folder.path());
  }
  for (int n = 0; n < 300; ++n) write_atomically(folder / ("record" + std::to_string(n)), "text");
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_EQ(entries(folder.path()), 300);
}

TEST(Files, ReadingRefusesWhatIsNoFileOfTextAtOnce) {
  const TemporaryFolder folder;
  const fs::path fifo = folder / "fifo", huge = folder / "huge";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  std::ofstream(huge) << "";
  fs::resize_file(huge, std::uintmax_t{3} << 30U);  // of holes
  for (const fs::path& path : {fifo, huge, fs::path("/dev/zero"), folder.path(), folder / "missing"}) {
    EXPECT_THROW(read_file(path), DataError) << path;
  }
  std::ofstream(folder / "small") << "1234";
  EXPECT_EQ(read_file(folder / "small", 4), "1234");
  EXPECT_THROW(read_file(folder / "small", 3), DataError);
  EXPECT_FALSE(read_file("/proc/self/status").empty()) << "a file that is said to have no size";
}

}  // namespace
}  // namespace embrace
