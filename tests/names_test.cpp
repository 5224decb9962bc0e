// A type that two sources of one program define differently, under one name, is undefined behaviour that no compiler
// reports: what is made from such types (a vector's functions) is made once, from either. Reads the sources.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

/// Types of this text that other sources can see: `embrace::cpu::Name` of struct, class, enum and union. Clang-format
/// has written it: a namespace is not indented and says at its end what it is.
std::vector<std::string> visible_types(std::istream& text) {
  static const std::regex opens("^(?:inline )?namespace ?([\\w:]*) ?\\{$");
  static const std::regex defines(
      "^(?:struct|class|union|enum|enum class)(?: alignas\\(.*\\))? (\\w+)(?: final)?(?: :.*)? ?(?:\\{.*)?$");
  std::vector<std::string> spaces, found;
  std::string line;
  std::smatch match;
  while (std::getline(text, line)) {
    if (std::regex_match(line, match, opens)) {
      spaces.push_back(match[1]);
    } else if (line.starts_with("}  // namespace") && !spaces.empty()) {
      spaces.pop_back();
    } else if (std::regex_match(line, match, defines) &&
               (line.find('{') != std::string::npos || !line.ends_with(";"))) {
      std::string name;
      bool hidden = false;
      for (const std::string& space : spaces) hidden |= space.empty(), name += space + "::";
      if (!hidden) found.push_back(name + match[1].str());
    }
  }
  return found;
}

TEST(Names, NoTwoTypesOfOneNameMeetInAProgram) {
  const fs::path root = EMBRACE_SOURCE_DIR;
  std::map<std::string, std::set<std::string>> files;
  for (const char* layer : {"host", "cuda", "bench"}) {
    if (!fs::exists(root / layer)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root / layer)) {
      const std::string kind = entry.path().extension().string();
      if (kind != ".cpp" && kind != ".hpp" && kind != ".cu" && kind != ".cuh") continue;
      std::ifstream text(entry.path());
      for (const std::string& type : visible_types(text))
        files[type].insert(entry.path().lexically_relative(root).generic_string());
    }
  }
  ASSERT_GT(files.size(), 200U) << "the sources were not found in " << EMBRACE_SOURCE_DIR;
  for (const auto& [type, where] : files) {
    std::string all;
    for (const std::string& file : where) all += " " + file;
    EXPECT_EQ(where.size(), 1U) << type << " is defined in" << all;
  }
}

// The rule is only worth something when a breach is seen.
TEST(Names, WhatOthersCanSeeIsTold) {
  std::istringstream text(
      "namespace embrace {\nstruct Row {\n  int a;\n};\nstruct Declared;\nenum class Kind : std::uint8_t { a, b };\n"
      "namespace {\nstruct Hidden {\n};\n}  // namespace\nnamespace cpu {\nclass Learner final : public Trainer {\n};\n"
      "}  // namespace cpu\n}  // namespace embrace\nstruct Outside {};\n");
  EXPECT_EQ(visible_types(text),
            (std::vector<std::string>{"embrace::Row", "embrace::Kind", "embrace::cpu::Learner", "Outside"}));
}

}  // namespace
