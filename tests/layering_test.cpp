// The parts of the tree may only know the parts below them: host <- cuda <- bench <- tests, and inside host and cuda
// math <- learning <- methods. Reads the sources.
#include <gtest/gtest.h>

#include <algorithm>
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

const std::vector<std::string> kLayers = {"host", "cuda", "bench",
                                          "tests"};  // each may include itself and those before

/// Folders inside a layer: what else of host and cuda each may include, besides itself and the files that lie in host/
/// itself. A new folder needs a line.
const std::map<std::string, std::set<std::string>> kFolders = {
    {"host", {}},
    {"host/math", {}},
    {"host/learning", {"host/math"}},
    {"host/methods", {"host/math", "host/learning"}},
    {"host/metrics", {}},
    {"host/embedding", {"host/data/read"}},
    {"host/judge", {"host/math", "host/learning", "host/embedding", "host/metrics", "host/data", "host/data/split"}},
    {"host/data", {"host/data/read", "host/data/split", "host/data/synthetic"}},
    {"host/data/read", {"host/data"}},
    {"host/data/split", {"host/data", "host/data/read"}},
    {"host/data/synthetic", {"host/data", "host/data/read"}},
    {"host/metadata", {"host/math", "host/data", "host/data/split"}},
    {"cuda/device", {}},
    {"cuda/math", {"cuda/device", "host/math"}},
    {"cuda/learning", {"cuda/device", "cuda/math", "host/math", "host/learning"}},
    {"cuda/methods",
     {"cuda", "cuda/device", "cuda/math", "cuda/learning", "host/math", "host/learning", "host/methods"}},
    {"cuda/judge", {"cuda/device", "cuda/math", "host/math", "host/judge"}},
    {"cuda",
     {"cuda/device", "cuda/math", "cuda/learning", "cuda/methods", "cuda/judge", "host/math", "host/learning",
      "host/methods", "host/judge"}},
};

struct Include {
  std::string file;  // path from the root of the tree
  int line;
  std::string target;  // as written between the quotes or angle brackets
};

std::size_t layer_of(const std::string& path) {
  const std::string first = path.substr(0, path.find('/'));
  return static_cast<std::size_t>(std::find(kLayers.begin(), kLayers.end(), first) - kLayers.begin());
}

std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

bool is_source(const fs::path& path) {
  static const std::set<std::string> kinds = {".cpp", ".hpp", ".cu", ".cuh", ".def"};
  return kinds.count(path.extension().string()) > 0;
}

std::vector<Include> includes_of(const std::string& file, std::istream& text) {
  static const std::regex directive("^\\s*#\\s*include\\s*[<\"]([^>\"]+)[>\"].*");
  std::vector<Include> found;
  std::string line;
  std::smatch match;
  for (int number = 1; std::getline(text, line); ++number) {
    if (std::regex_match(line, match, directive)) found.push_back({file, number, match[1].str()});
  }
  return found;
}

std::vector<Include> all_includes() {
  const fs::path root = EMBRACE_SOURCE_DIR;
  std::vector<Include> found;
  for (const std::string& layer : kLayers) {
    if (!fs::exists(root / layer)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root / layer)) {
      if (!entry.is_regular_file() || !is_source(entry.path())) continue;
      std::ifstream text(entry.path());
      const auto here = includes_of(entry.path().lexically_relative(root).generic_string(), text);
      found.insert(found.end(), here.begin(), here.end());
    }
  }
  return found;
}

/// Why this include is against the rules; empty when it is not.
std::string fault_in(const Include& include) {
  const std::size_t from = layer_of(include.file), to = layer_of(include.target);
  if (to < kLayers.size() && to > from) return kLayers[from] + " must not know " + kLayers[to];
  const auto folder = kFolders.find(folder_of(include.file));
  if (from < 2 && to < 2) {
    if (folder == kFolders.end()) return folder_of(include.file) + " is not in the list of folders";
    const std::string target = folder_of(include.target);
    if (target != folder->first && target != "host" && folder->second.count(target) == 0)
      return folder->first + " must not know " + target;
  }
  if (include.target.ends_with(".cpp") || include.target.ends_with(".cu")) return "a source file is included";
  if (include.target.find("..") != std::string::npos)
    return "a path that climbs hides the layer; write it from the root";
  return "";
}

std::string place(const Include& include) {
  return include.file + ":" + std::to_string(include.line) + ": includes " + include.target;
}

TEST(Layering, NoPartIncludesOneAboveIt) {
  const auto includes = all_includes();
  ASSERT_GT(includes.size(), 100U) << "the sources were not found in " << EMBRACE_SOURCE_DIR;
  for (const Include& include : includes) EXPECT_EQ(fault_in(include), "") << place(include);
}

// nvcc rejects fmt, spdlog and toml++ (consteval); nlohmann/json would cost each of its compilations seconds.
TEST(Layering, HeadersAreFreeOfWhatNvccRejects) {
  for (const Include& include : all_includes()) {
    if (!include.file.ends_with(".hpp") && !include.file.ends_with(".cuh") && !include.file.ends_with(".cu")) continue;
    if (layer_of(include.file) > 1) continue;  // no .cu includes bench or tests headers, see above
    for (const char* library : {"fmt/", "spdlog/", "toml++/", "nlohmann/"}) {
      EXPECT_FALSE(include.target.starts_with(library)) << place(include);
    }
  }
}

TEST(Layering, OnlyCudaSourcesKnowTheToolkit) {
  for (const Include& include : all_includes()) {
    if (layer_of(include.file) != 0 && layer_of(include.file) != 2) continue;
    for (const char* header : {"cuda_", "cublas", "cusolver", "nvtx3/"}) {
      EXPECT_FALSE(include.target.starts_with(header)) << place(include);
    }
  }
}

// Their algorithms over whole arrays take nvcc long: they are behind plain headers.
TEST(Layering, FewFilesCompileThrustAndCub) {
  const std::set<std::string> allowed = {"cuda/math/order.cu", "bench/cases/by_thrust.cu"};
  for (const Include& include : all_includes()) {
    if (!include.target.starts_with("thrust/") && !include.target.starts_with("cub/")) continue;
    EXPECT_TRUE(allowed.contains(include.file)) << place(include);
  }
}

TEST(Layering, HeadersIncludeEachOtherInNoCircle) {
  std::map<std::string, std::vector<std::string>> edges;
  for (const Include& include : all_includes()) edges[include.file].push_back(include.target);
  std::set<std::string> done, open;
  const auto visit = [&](const std::string& file, const auto& self) -> void {
    if (done.count(file) > 0) return;
    open.insert(file);
    for (const std::string& next : edges[file]) {
      if (open.count(next) > 0) {
        ADD_FAILURE() << file << " and " << next << " include each other";
      } else if (edges.count(next) > 0) {
        self(next, self);
      }
    }
    open.erase(file);
    done.insert(file);
  };
  std::vector<std::string> files;
  for (const auto& [file, targets] : edges) files.push_back(file);
  for (const std::string& file : files) visit(file, visit);
}

// The rules are only worth something when a breach is seen.
TEST(Layering, ABreachIsSeen) {
  std::istringstream text("#include <vector>\n  #  include \"bench/cli.hpp\"  // why\n#include \"host/views.hpp\"\n");
  const auto includes = includes_of("host/views.cpp", text);
  ASSERT_EQ(includes.size(), 3U);
  EXPECT_EQ(fault_in(includes[0]), "");
  EXPECT_EQ(fault_in(includes[1]), "host must not know bench");
  EXPECT_EQ(includes[1].line, 2);
  EXPECT_EQ(fault_in(includes[2]), "");
  EXPECT_EQ(fault_in({"bench/run.cpp", 1, "host/method.hpp"}), "");
  EXPECT_EQ(fault_in({"cuda/methods/als.cu", 1, "tests/reference/als.hpp"}), "cuda must not know tests");
  EXPECT_EQ(fault_in({"tests/a_test.cpp", 1, "tests/b_test.cpp"}), "a source file is included");
  EXPECT_NE(fault_in({"host/a.cpp", 1, "../bench/b.hpp"}), "");
  EXPECT_EQ(fault_in({"host/math/a.cpp", 1, "host/views.hpp"}), "");
  EXPECT_EQ(fault_in({"host/methods/a.cpp", 1, "host/learning/b.hpp"}), "");
  EXPECT_EQ(fault_in({"host/math/a.cpp", 1, "host/learning/b.hpp"}), "host/math must not know host/learning");
  EXPECT_EQ(fault_in({"host/views.hpp", 1, "host/math/b.hpp"}), "host must not know host/math");
  EXPECT_EQ(fault_in({"cuda/math/a.cu", 1, "host/methods/b.hpp"}), "cuda/math must not know host/methods");
  EXPECT_EQ(fault_in({"host/new/a.cpp", 1, "host/views.hpp"}), "host/new is not in the list of folders");
}

}  // namespace
