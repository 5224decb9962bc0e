// The committed tables say what the committed records, and the list of methods, say: each is made again and compared.
// results/records/MACHINE/NAME/*.json, or records.jsonl.gz -> results/tables/MACHINE/NAME.md, and the rows that README
// shows.
// results/README.md lists them all.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>
#include <sstream>
#include <tuple>

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
    if (entry.path().extension() == ".json" || is_packed(entry.path())) {
      folders.insert(entry.path().parent_path().lexically_relative(root));
    }
  }
  return folders;
}

std::string table_of(const fs::path& folder) {
  return render(make_report(read_records({source / "results" / "records" / folder})), Format::md, false, 0);
}

std::string table_name(const fs::path& folder) { return "results/tables/" + folder.generic_string() + ".md"; }

TEST(Tables, AreWhatTheRecordsSay) {
  const std::set<fs::path> folders = record_folders();
  EXPECT_FALSE(folders.empty());
  for (const fs::path& folder : folders) {
    EXPECT_EQ(read_file(source / table_name(folder)), table_of(folder))
        << "embrace report results/records/" << folder.generic_string() << " --format md -o " << table_name(folder);
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
    std::map<decltype(run_of({})), Record> on_cpu;
    const std::vector<Record> records = read_records({source / "results" / "records" / folder});
    for (const Record& record : records) {
      if (record.status == Status::ok && record.device.kind == DeviceKind::cpu) on_cpu.emplace(run_of(record), record);
    }
    for (const Record& record : records) {
      const auto cpu = on_cpu.find(run_of(record));
      if (record.status != Status::ok || record.device.kind == DeviceKind::cpu || cpu == on_cpu.end()) continue;
      ++pairs;
      SCOPED_TRACE(folder.string() + " " + record.method + " " + record.information);
      const Method* method = find_method(record.method);
      ASSERT_NE(method, nullptr);
      const double parity = method->info.parity.relative(record.task);
      for (const auto& [name, accuracy] : record.accuracy) {
        const double expected = cpu->second.accuracy.at(name).value;
        EXPECT_NEAR(accuracy.value, expected, parity * expected) << name;
      }
    }
  }
  EXPECT_GT(pairs, 0);
}

// <!-- rows of PATH --> lines of that table, in its order <!-- end of rows -->
TEST(Tables, DocumentsShowTheirRows) {
  const std::string text = read_file(source / "README.md") + read_file(source / "docs/families.md");
  const std::string begin = "<!-- rows of ", end = "<!-- end of rows -->";
  int shown = 0;
  for (std::size_t at = text.find(begin); at != std::string::npos; at = text.find(begin, at + 1)) {
    const std::size_t name = at + begin.size(), close = text.find(" -->\n", name), stop = text.find(end, at);
    ASSERT_TRUE(close < stop && stop != std::string::npos);
    const std::string path = text.substr(name, close - name);
    std::istringstream rows(text.substr(close + 5, stop - close - 5)), table(read_file(source / path));
    std::string line;
    for (std::string row; std::getline(rows, row); ++shown) {
      while (std::getline(table, line) && line != row) continue;
      EXPECT_TRUE(table) << path << " has no such row, or not in this place: " << row;
    }
  }
  EXPECT_GT(shown, 0);
}

/// What one set of records has in common, as texts: "cpu, emulated".
struct SetFacts {
  std::set<std::string> data, splits, devices, dates, machines;

  explicit SetFacts(const std::vector<Record>& records) {
    for (const Record& record : records) {
      data.insert(record.data.name);
      splits.insert(record.split.name);
      devices.insert(to_text(record.device.kind));
      dates.insert(record.provenance.at("started").substr(0, 10));
      machines.insert(record.provenance.at("cpu") + ", " + record.provenance.at("machine"));
    }
  }
};

std::string joined(const std::set<std::string>& texts, const std::string& separator) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : separator) + text;
  return all;
}

/// results/questions.tsv: a set and the question that its table answers, in the order of the list.
std::vector<std::pair<std::string, std::string>> questions() {
  std::istringstream lines(read_file(source / "results" / "questions.tsv"));
  std::vector<std::pair<std::string, std::string>> all;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t tab = line.find('\t');
    EXPECT_NE(tab, std::string::npos) << line;
    all.emplace_back(line.substr(0, tab), line.substr(tab + 1));
  }
  return all;
}

/// The list of one machine's sets.
std::string list_of_sets(const fs::path& machine, const std::set<fs::path>& folders) {
  std::string rows;
  std::set<std::string> machines;
  for (const auto& [name, question] : questions()) {
    if (folders.count(machine / name) == 0) continue;
    const SetFacts facts(read_records({source / "results" / "records" / machine / name}));
    machines.insert(facts.machines.begin(), facts.machines.end());
    const std::string link = "[" + name + "](tables/" + (machine / name).generic_string() + ".md)";
    for (const std::string& cell : {link, question, joined(facts.data, ", "), joined(facts.splits, ", "),
                                    joined(facts.devices, ", "), joined(facts.dates, ", ")}) {
      rows.append("| ").append(cell).append(" ");
    }
    rows += "|\n";
  }
  return "## " + machine.string() + "\n" + joined(machines, "; ") +
         ".\n\n| table | question | data | split | device | measured |\n| --- | --- | --- | --- | --- | --- |\n" + rows;
}

TEST(Tables, AreListedWithTheirQuestions) {
  const std::set<fs::path> folders = record_folders();
  std::set<std::string> sets, asked;
  std::set<fs::path> machines;
  for (const fs::path& folder : folders) {
    sets.insert(folder.filename().string());
    machines.insert(folder.parent_path());
  }
  for (const auto& [name, question] : questions()) EXPECT_TRUE(asked.insert(name).second) << name << " is asked twice";
  EXPECT_EQ(asked, sets) << "results/questions.tsv has a line for each set";
  std::string list;
  for (const fs::path& machine : machines) list += list_of_sets(machine, folders);
  const std::string text = read_file(source / "results" / "README.md");
  const std::string begin = "<!-- sets -->\n", end = "<!-- end of sets -->\n";
  const std::size_t from = text.find(begin), to = text.find(end);
  ASSERT_TRUE(from != std::string::npos && to != std::string::npos && from < to);
  const std::string expected = text.substr(0, from + begin.size()) + list + text.substr(to);
  if (text == expected) return;
  const fs::path written = fs::path(testing::TempDir()) / "results-README.md";
  write_atomically(written, expected);
  FAIL() << "cp " << written.string() << " results/README.md";
}

/// docs/methods.md: what the methods say of themselves.
std::string methods_text() {
  std::string text =
      "# Methods\n\n"
      "Made by `tests/bench/tables_test.cpp` from what the methods say of themselves. `embrace describe METHOD` has\n"
      "the hyper-parameters, each with its default, range and meaning.\n\n"
      "| method | family | tasks | what it is | source |\n| --- | --- | --- | --- | --- |\n";
  for (const Method& method : methods()) {
    const MethodInfo& info = method.info;
    const char* tasks = !info.traits.ranking ? "rating" : !info.traits.rating ? "ranking" : "rating, ranking";
    text += "| `" + method.name + "` |";
    for (const std::string& cell : {info.family, std::string(tasks), info.summary, info.source}) {
      text += " " + cell + " |";
    }
    text += "\n";
  }
  return text;
}

TEST(Tables, MethodsAreThoseOfTheRegistry) {
  const std::string made = methods_text(), file = "docs/methods.md";
  if (read_file(source / file) == made) return;
  const fs::path copy = fs::path(testing::TempDir()) / "methods.md";
  write_atomically(copy, made);
  ADD_FAILURE() << file << " is not what the methods say; cp " << copy.string() << " " << file;
}

}  // namespace
}  // namespace embrace
