// The answer as files: study.md with its charts as SVG, and study.html, for people; study.json (embrace.study/1) for
// programs, and a table of each part as CSV.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "bench/answer/plan.hpp"

namespace embrace::answer {

struct Study {
  std::string data;  // its name
  std::vector<StudyTable> tables;
  std::string command;
};

/// From the records in `records`/TABLE alone, as far as they are there: a study may be going on. Files go to `folder`.
/// Returns the sentences of the answer. Throws OutputError, and SchemaError for a torn record.
std::vector<std::string> write_answer(const Study& study, const std::filesystem::path& records,
                                      const std::filesystem::path& folder);

}  // namespace embrace::answer
