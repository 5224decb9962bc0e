// embrace validate: every violation of the schema in a record, or in all records of a folder.
#include <fmt/format.h>

#include <algorithm>

#include "bench/cli/arguments.hpp"
#include "bench/cli/listing.hpp"
#include "bench/report/report.hpp"
#include "bench/say.hpp"
#include "host/error.hpp"
#include "host/record.hpp"

namespace embrace::cli {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> record_files(const fs::path& path) {
  std::vector<fs::path> files;
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) throw DataError(path.string() + ": no such file or folder", "give a folder of records");
  if (!fs::is_directory(status)) return {path};  // what else it may be is found out when it is read
  for (fs::recursive_directory_iterator entry(path, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code dangling;  // or a loop of links: no record
    if (!entry->is_regular_file(dangling)) continue;
    if (entry->path().extension() == ".json" || is_packed(entry->path())) files.push_back(entry->path());
  }
  if (error) throw DataError(path.string() + ": " + error.message(), "check the path and its permissions");
  if (files.empty()) throw DataError(path.string() + ": no records", "embrace run -o writes them");
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

int validate(const NameArguments& arguments) {
  std::vector<Fields> rows;
  std::size_t bad = 0;
  for (const fs::path& file : record_files(arguments.name)) {
    for (const RecordText& record : record_texts(file)) {
      const std::vector<std::string> violations = schema_violations(record.text);
      bad += violations.empty() ? 0U : 1U;
      for (const std::string& violation : violations) {
        if (!arguments.json) say("embrace: " + record.name + ": ", violation);
      }
      rows.push_back({{"file", record.name}, {"violations", violations}});
    }
  }
  if (arguments.json) {
    print_listing(rows, {}, true);
  } else {
    print_line(fmt::format("{} of {} records follow {}", rows.size() - bad, rows.size(), record_schema));
  }
  return static_cast<int>(bad == 0 ? ExitCode::ok : ExitCode::schema);
}

}  // namespace embrace::cli
