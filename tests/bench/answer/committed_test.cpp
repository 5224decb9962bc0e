// The committed answers say what their committed records say: results/answers/MACHINE/DATA/records/TABLE/*.json ->
// study.md and its charts beside them.
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "bench/answer/page.hpp"
#include "bench/report/report.hpp"
#include "host/files.hpp"

namespace embrace::answer {
namespace {

namespace fs = std::filesystem;

const fs::path answers = fs::path(EMBRACE_SOURCE_DIR) / "results" / "answers";

std::set<fs::path> committed() {
  std::set<fs::path> folders;
  for (const auto& entry : fs::recursive_directory_iterator(answers)) {
    if (entry.path().filename() == "records") folders.insert(entry.path().parent_path());
  }
  return folders;
}

/// The study that made these records: MovieLens has users, movies and times; tags make no table of their own.
Study study_of(const std::vector<Record>& records) {
  Dataset dataset;
  dataset.ratings.values.resize(
      static_cast<std::size_t>(records.at(0).data.ratings));  // beyond so many a study asks less
  dataset.ratings.times = {1};
  dataset.ratings.scale = {1, 5};
  dataset.catalogue.users = {{.id = 1, .age = 30, .gender = "F", .occupation = "artist", .zip = "1"}};
  dataset.catalogue.movies = {{.id = 1, .title = "A (1990)", .year = 1990, .genres = {"Drama"}}};
  const std::string command = records[0].provenance.at("command");
  PlanChoice choice;
  choice.quick = command.find(" --quick") != std::string::npos;
  return {.data = records[0].data.name, .tables = plan_study(choice, dataset), .command = command};
}

TEST(Answers, AreWhatTheRecordsSay) {
  const std::set<fs::path> folders = committed();
  EXPECT_FALSE(folders.empty());
  for (const fs::path& folder : folders) {
    const fs::path made = fs::path(testing::TempDir()) / "answers" / folder.lexically_relative(answers);
    fs::remove_all(made);
    fs::create_directories(made);
    write_answer(study_of(read_records({folder / "records"})), folder / "records", made);
    std::set<std::string> files;
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (entry.is_regular_file()) files.insert(entry.path().filename().string());
    }
    EXPECT_EQ(files.count("study.md"), 1U) << folder;
    for (const auto& entry : fs::directory_iterator(made)) {
      const std::string name = entry.path().filename().string();
      if (entry.path().extension() != ".md" && entry.path().extension() != ".svg") continue;
      EXPECT_EQ(files.erase(name), 1U) << folder / name << " is missing";
      EXPECT_TRUE(read_file(entry.path()) == read_file(folder / name))
          << "is not what its records say: cp " << entry.path() << " " << folder / name;
    }
    EXPECT_TRUE(files.empty()) << folder << " has files that no study writes, as " << *files.begin();
  }
}

}  // namespace
}  // namespace embrace::answer
