// The phases that `embrace profile ncu --phase` knows are those of the sources and of the document.
#include "bench/profile.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "host/files.hpp"
#include "host/methods/registry.hpp"

namespace embrace {
namespace {

namespace fs = std::filesystem;

const fs::path source = EMBRACE_SOURCE_DIR;

TEST(Phases, AreNamedByTheSourcesAndTheDocument) {
  std::string code;
  for (const auto& entry : fs::recursive_directory_iterator(source / "cuda")) {
    if (entry.path().extension() == ".cu" || entry.path().extension() == ".cpp") code += read_file(entry.path());
  }
  const std::string document = read_file(source / "docs" / "profiling.md");
  int known = 0;
  for (const Method& method : methods()) {
    const std::size_t row = document.find("\n| `" + method.name + "` |");
    const std::string line =
        row == std::string::npos ? "" : document.substr(row + 1, document.find('\n', row + 1) - row);
    EXPECT_EQ(phase_names(method).empty(), line.empty()) << method.name;
    for (const std::string& phase : phase_names(method)) {
      ++known;
      EXPECT_NE(code.find("EMBRACE_PHASE(\"" + phase + "\")"), std::string::npos) << method.name << ": " << phase;
      EXPECT_NE(line.find(phase), std::string::npos) << method.name << ": " << phase;
    }
  }
  EXPECT_GT(known, 0);
}

}  // namespace
}  // namespace embrace
