// Files that are read without waiting.
#include "host/files.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "host/error.hpp"
#include "tests/temporary_folder.hpp"

namespace embrace {
namespace {

namespace fs = std::filesystem;
using test::TemporaryFolder;

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
