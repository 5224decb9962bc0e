// What the documents name is there: links inside the tree lead somewhere, and `paths/like/this.cpp` exist.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

const fs::path source = EMBRACE_SOURCE_DIR;
const std::vector<std::string> folders = {"bench", "cuda", "docs", "host", "results", "tests"};

std::string content(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

/// All Markdown files of the tree, relative to its root.
std::vector<fs::path> documents() {
  std::vector<fs::path> found;
  const auto add = [&](const fs::path& file) {
    if (file.extension() == ".md") found.push_back(file.lexically_relative(source));
  };
  for (const auto& entry : fs::directory_iterator(source)) add(entry.path());
  for (const std::string& folder : folders) {
    for (const auto& entry : fs::recursive_directory_iterator(source / folder)) add(entry.path());
  }
  return found;
}

/// Without what stands between lines of ```.
std::string without_listings(const std::string& text) {
  std::istringstream lines(text);
  std::string kept;
  bool listing = false;
  for (std::string line; std::getline(lines, line);) {
    const bool fence = line.starts_with("```");
    if (!fence && !listing) kept += line + "\n";
    if (fence) listing = !listing;
  }
  return kept;
}

std::vector<std::string> matches(const std::string& text, const std::string& pattern) {
  const std::regex expression(pattern);
  std::vector<std::string> found;
  for (std::sregex_iterator at(text.begin(), text.end(), expression), end; at != end; ++at) found.push_back((*at)[1]);
  return found;
}

/// The name by which GitHub links to a heading.
std::string anchor(const std::string& heading) {
  std::string name;
  for (const char c : heading) {
    if (c == ' ') name += '-';
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_') {
      name += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  return name;
}

/// Targets of links, without those to the network.
std::vector<std::string> links(const std::string& text) {
  const std::string prose = std::regex_replace(without_listings(text), std::regex("`[^`]*`"), "");
  std::vector<std::string> inside;
  for (const std::string& target : matches(prose, R"(\]\(([^)\s]+)\))")) {
    if (target.find("://") == std::string::npos) inside.push_back(target);
  }
  return inside;
}

bool leads_somewhere(const fs::path& document, const std::string& target) {
  const std::size_t hash = target.find('#');
  const fs::path file = hash == 0 ? document : document.parent_path() / target.substr(0, hash);
  if (!fs::exists(source / file)) return false;
  if (hash == std::string::npos) return true;
  const std::string text = "\n" + without_listings(content(source / file));
  const auto headings = matches(text, "\n#+ ([^\n]+)");
  return std::any_of(headings.begin(), headings.end(),
                     [&](const std::string& heading) { return anchor(heading) == target.substr(hash + 1); });
}

/// `paths` into the tree; not names that stand for others: MACHINE, x.cpp, peer_x.py.
std::vector<std::string> paths(const std::string& text) {
  std::string all;
  for (const std::string& folder : folders) all += (all.empty() ? "" : "|") + folder;
  std::vector<std::string> found;
  for (const std::string& path : matches(without_listings(text), "`((?:" + all + R"()/[\w./*-]*)`)")) {
    if (!std::regex_search(path, std::regex("/[A-Z]+(/|$)|[/_]x(_[a-z]+)?\\."))) found.push_back(path);
  }
  return found;
}

bool exists(const std::string& path) {
  const fs::path place = source / path;
  const std::string name = place.filename().string();
  if (name.find('*') == std::string::npos) {  // folder/name may be a pair of name.hpp and name.cpp
    return fs::exists(place) || fs::exists(place.string() + ".hpp");
  }
  const std::regex dots("\\."), stars("\\*");
  const std::regex pattern(std::regex_replace(std::regex_replace(name, dots, "\\."), stars, ".*"));
  return fs::exists(place.parent_path()) &&
         std::any_of(fs::directory_iterator(place.parent_path()), {},
                     [&](const auto& entry) { return std::regex_match(entry.path().filename().string(), pattern); });
}

TEST(Docs, LinksLeadSomewhere) {
  const auto all = documents();
  ASSERT_GT(all.size(), 10U) << "the documents were not found in " << source;
  for (const fs::path& document : all) {
    for (const std::string& target : links(content(source / document))) {
      EXPECT_TRUE(leads_somewhere(document, target)) << document << " links to " << target;
    }
  }
}

TEST(Docs, PathsExist) {
  for (const fs::path& document : documents()) {
    for (const std::string& path : paths(content(source / document))) {
      EXPECT_TRUE(exists(path)) << document << " names " << path;
    }
  }
}

TEST(Docs, WhatIsMissingIsSeen) {
  EXPECT_EQ(links("[a](b.md#c) [`d`](e) [f](https://g.org)\n```\n[h](i)\n```\n`[j](k)`"),
            (std::vector<std::string>{"b.md#c", "e"}));
  EXPECT_TRUE(leads_somewhere("docs/data.md", "../README.md#two-commands"));
  EXPECT_FALSE(leads_somewhere("docs/data.md", "README.md"));
  EXPECT_FALSE(leads_somewhere("docs/data.md", "../README.md#three-commands"));
  EXPECT_EQ(
      paths("`host/a.cpp` `host/x.cpp` `tests/x_test.cpp` `results/records/MACHINE/SET` `cd host/b.cpp` `tests/cuda/`"),
      (std::vector<std::string>{"host/a.cpp", "tests/cuda/"}));
  EXPECT_TRUE(exists("bench/peers/peer_*.py"));
  EXPECT_FALSE(exists("bench/peers/peer_*.pyc"));
  EXPECT_FALSE(exists("host/no_such_file.cpp"));
}

}  // namespace
