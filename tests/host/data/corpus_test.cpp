// Malformed and unusual input: every case of tests/corpus/manifest.tsv must end as it says there. The manifest has
// case, options (skip=N, duplicates=POLICY or -), exit code and a part of the message; for exit 0, of the summary.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <numeric>
#include <sstream>

#include "host/data/dataset.hpp"
#include "host/data/load.hpp"
#include "host/data/load_options.hpp"
#include "host/error.hpp"
#include "host/text.hpp"

namespace embrace {
namespace {

const std::filesystem::path corpus = std::filesystem::path(EMBRACE_SOURCE_DIR) / "tests" / "corpus";

struct Case {
  std::string path, options;
  int exit = 0;
  std::string message;
};

void PrintTo(const Case& test, std::ostream* stream) { *stream << test.path << " with " << test.options; }

std::vector<Case> manifest() {
  std::ifstream file(corpus / "manifest.tsv");
  std::vector<Case> cases;
  std::string line;
  std::getline(file, line);  // header
  while (std::getline(file, line)) {
    const std::vector<std::string> fields = split_text(line, '\t');
    cases.push_back({fields.at(0), fields.at(1), std::stoi(fields.at(2)), fields.at(3)});
  }
  return cases;
}

LoadOptions options_of(const std::string& text) {
  static const std::map<std::string, OnDuplicate> policies = {
      {"first", OnDuplicate::first}, {"last", OnDuplicate::last}, {"mean", OnDuplicate::mean}};
  LoadOptions options;
  if (text.starts_with("skip=")) options.skip_bad_rows = std::stoi(text.substr(5));
  if (text.starts_with("duplicates=")) options.duplicates = policies.at(text.substr(11));
  return options;
}

std::string summary(const Dataset& data) {
  const Ratings& r = data.ratings;
  std::ostringstream text;
  text << "layout " << data.layout << ", " << r.size() << " ratings, " << r.user_count() << " users, " << r.item_count()
       << " items, scale " << r.scale.lowest << " to " << r.scale.highest << " step " << r.scale.step << ", "
       << data.report.duplicates << " duplicates, sum " << std::accumulate(r.values.begin(), r.values.end(), 0.0)
       << ", " << data.report.rejected << " rejected";
  for (const std::string& warning : data.report.warnings) text << "; " << warning;
  return text.str();
}

class Corpus : public testing::TestWithParam<Case> {};

TEST_P(Corpus, EndsAsTheManifestSays) {
  const Case& test = GetParam();
  Threads threads(2);
  int exit = 0;
  std::string message;
  try {
    message = summary(load_dataset((corpus / test.path).string(), options_of(test.options), threads));
  } catch (const Error& error) {
    exit = static_cast<int>(error.code());
    message = error.what();
  }
  EXPECT_EQ(exit, test.exit) << message;
  EXPECT_NE(message.find(test.message), std::string::npos) << "got:      " << message << "\nexpected: " << test.message;
}

std::string name_of(const testing::TestParamInfo<Case>& info) {
  std::string name = info.param.path + "_" + (info.param.options == "-" ? "" : info.param.options);
  for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  return name + std::to_string(info.index);
}

INSTANTIATE_TEST_SUITE_P(Manifest, Corpus, testing::ValuesIn(manifest()), name_of);

TEST(CorpusManifest, HasAtLeastAHundredCases) { EXPECT_GE(manifest().size(), 100U); }

}  // namespace
}  // namespace embrace
