// Every method has a trainer for CUDA devices, or a line in cuda/missing.def that says why not; never both. The linker
// says so, too, where there is nvcc; this reads the sources, for builds without.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>

namespace {

namespace fs = std::filesystem;

std::string contents(const fs::path& path) {
  std::ifstream in(path);
  if (!in) throw std::runtime_error("cannot read " + path.string());
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// What the first group of `pattern` matches at the beginnings of lines.
std::set<std::string> found(const std::string& text, const std::string& pattern) {
  const std::regex regex("(^|\n)" + pattern);
  std::set<std::string> names;
  for (std::sregex_iterator match(text.begin(), text.end(), regex), end; match != end; ++match)
    names.insert((*match)[2]);
  return names;
}

struct Sources {
  std::set<std::string> listed, missing, written;
};

Sources sources(const fs::path& root) {
  Sources all{found(contents(root / "host/methods/methods.def"), R"(EMBRACE_METHOD\((\w+)\))"),
              found(contents(root / "cuda/missing.def"), R"(EMBRACE_MISSING\((\w+),)"),
              {}};
  for (const auto& file : fs::directory_iterator(root / "cuda/methods")) {
    all.written.merge(found(contents(file.path()), R"(std::unique_ptr<Trainer> make_(\w+)\(DevicePtr)"));
  }
  return all;
}

TEST(Twins, EveryMethodRunsOnDevicesOrSaysWhyNot) {
  const Sources all = sources(EMBRACE_SOURCE_DIR);
  ASSERT_GT(all.listed.size(), 10U);
  for (const std::string& method : all.listed) {
    EXPECT_EQ(all.written.count(method) + all.missing.count(method), 1U)
        << method << ": write make_" << method
        << "(DevicePtr, const Problem&) in cuda/methods/, or say in cuda/missing.def "
        << "why there is none: EMBRACE_MISSING(" << method << ", \"reason\")";
  }
  for (const std::string& method : all.missing) {
    EXPECT_EQ(all.listed.count(method), 1U) << "cuda/missing.def names " << method << ", which is no method";
  }
}

}  // namespace
