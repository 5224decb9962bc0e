// The committed tables say what the committed records say: each is made again and compared.
// results/records/MACHINE/NAME/*.json -> results/tables/MACHINE/NAME.md, and what README shows of them.
// A NAME that begins with "peers" holds contests.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>
#include <tuple>

#include "bench/peers/contest_table.hpp"
#include "bench/report/report.hpp"
#include "host/files.hpp"
#include "host/method.hpp"
#include "host/methods/registry.hpp"

namespace embrace {
namespace {

namespace fs = std::filesystem;

const fs::path source = EMBRACE_SOURCE_DIR;

/// Folders that hold records, relative to results/records.
std::set<fs::path> record_folders() {
  std::set<fs::path> folders;
  const fs::path root = source / "results" / "records";
  if (!fs::exists(root)) return folders;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (entry.path().extension() == ".json") folders.insert(entry.path().parent_path().lexically_relative(root));
  }
  return folders;
}

/// Contests with other libraries have a table of their own kind.
bool holds_contests(const fs::path& folder) { return folder.filename().string().starts_with("peers"); }

std::string table_of(const fs::path& folder) {
  const std::vector<Record> records = read_records({source / "results" / "records" / folder});
  return holds_contests(folder) ? render_markdown(peers::contest_document(records))
                                : render(make_report(records), Format::md, false, 0);
}

std::string table_name(const fs::path& folder) { return "results/tables/" + folder.generic_string() + ".md"; }

TEST(Tables, AreWhatTheRecordsSay) {
  const std::set<fs::path> folders = record_folders();
  EXPECT_FALSE(folders.empty());
  for (const fs::path& folder : folders) {
    EXPECT_EQ(read_file(source / table_name(folder)), table_of(folder))
        << "embrace " << (holds_contests(folder) ? "peers " : "") << "report results/records/"
        << folder.generic_string() << " --format md > " << table_name(folder);
  }
}

TEST(Tables, HaveRecords) {
  std::set<std::string> expected;
  for (const fs::path& folder : record_folders()) expected.insert(table_name(folder));
  for (const auto& entry : fs::recursive_directory_iterator(source / "results" / "tables")) {
    if (!entry.is_regular_file()) continue;
    EXPECT_EQ(expected.count(entry.path().lexically_relative(source).generic_string()), 1U) << entry.path();
  }
}

/// What two runs of one method on two devices have in common.
auto run_of(const Record& record) {
  return std::tuple(record.method, record.information, record.task, record.split.sha256, record.seed, record.hyper);
}

// Where a run was done on the CPU and on another device, its metrics agree as closely as the method promises.
TEST(Tables, DevicesAgree) {
  int pairs = 0;
  for (const fs::path& folder : record_folders()) {
    if (holds_contests(folder)) continue;
    std::map<decltype(run_of({})), Record> on_cpu;
    const std::vector<Record> records = read_records({source / "results" / "records" / folder});
    for (const Record& record : records) {
      if (record.status == "ok" && record.device.kind == "cpu") on_cpu.emplace(run_of(record), record);
    }
    for (const Record& record : records) {
      const auto cpu = on_cpu.find(run_of(record));
      if (record.status != "ok" || record.device.kind == "cpu" || cpu == on_cpu.end()) continue;
      ++pairs;
      SCOPED_TRACE(folder.string() + " " + record.method + " " + record.information);
      const Method* method = find_method(record.method);
      ASSERT_NE(method, nullptr);
      const double parity = method->info.parity.relative(record.task == "rating" ? Task::rating : Task::ranking);
      for (const auto& [name, accuracy] : record.accuracy) {
        const double expected = cpu->second.accuracy.at(name).value;
        EXPECT_NEAR(accuracy.value, expected, parity * expected) << name;
      }
    }
  }
  EXPECT_GT(pairs, 0);
}

// <!-- table PATH --> … <!-- end of table -->
TEST(Tables, ReadmeShowsThemUnchanged) {
  const std::string text = read_file(source / "README.md");
  const std::string begin = "<!-- table ", end = "<!-- end of table -->";
  int shown = 0;
  for (std::size_t at = text.find(begin); at != std::string::npos; at = text.find(begin, at + 1), ++shown) {
    const std::size_t name = at + begin.size(), close = text.find(" -->\n", name), body = close + 5;
    const std::size_t stop = text.find(end, body);
    ASSERT_NE(close, std::string::npos);
    ASSERT_NE(stop, std::string::npos);
    const std::string path = text.substr(name, close - name);
    EXPECT_EQ(text.substr(body, stop - body), read_file(source / path)) << path;
  }
  EXPECT_GT(shown, 0);
}

}  // namespace
}  // namespace embrace
