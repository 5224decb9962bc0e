// Finding records among files.
#include <algorithm>
#include <fstream>
#include <sstream>

#include "bench/report/report.hpp"
#include "host/data/read/gunzip.hpp"
#include "host/error.hpp"
#include "host/files.hpp"

namespace embrace {
namespace {

namespace fs = std::filesystem;

bool is_record_name(const std::string& stem) {
  return stem.size() >= 16 && stem.size() <= 64 &&
         std::all_of(stem.begin(), stem.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

/// A record by its name, or by the schema that it states near its beginning: torn ones must not pass as foreign.
bool claims_to_be_record(const fs::path& file) {
  if (is_record_name(file.stem().string())) return true;
  std::ifstream stream(file, std::ios::binary);
  std::string head(4096, '\0');
  stream.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(stream.gcount()));
  return head.find("\"embrace.record/") != std::string::npos;
}

std::vector<fs::path> records_in(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const fs::path file = entry->path();
    std::error_code ignored;
    if (fs::is_directory(file, ignored)) {
      if (file.filename().string()[0] == '.') entry.disable_recursion_pending();
      continue;
    }
    if (file.filename().string()[0] == '.' || !fs::is_regular_file(file, ignored)) continue;
    if (is_packed(file) || (file.extension() == ".json" && claims_to_be_record(file))) files.push_back(file);
  }
  if (error) throw DataError(folder.string() + ": " + error.message());
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

bool is_packed(const fs::path& file) { return file.filename().string().ends_with(".jsonl.gz"); }

std::vector<RecordText> record_texts(const fs::path& file) {
  if (!is_packed(file)) return {{file.string(), read_file(file)}};
  std::vector<RecordText> records;
  std::istringstream lines(gunzip(read_file(file), file.string()));
  std::string line;
  while (std::getline(lines, line)) {
    records.push_back({file.string() + ":" + std::to_string(records.size() + 1), line});
  }
  return records;
}

std::vector<Record> read_records(const std::vector<fs::path>& paths) {
  std::vector<Record> records;
  std::string all;
  for (const fs::path& path : paths) {
    all += (all.empty() ? "" : ", ") + path.string();
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (!fs::exists(status)) throw DataError(path.string() + ": no such file or folder", "give a folder of records");
    const std::vector<fs::path> files = fs::is_directory(status) ? records_in(path) : std::vector<fs::path>{path};
    for (const fs::path& file : files) {
      for (const RecordText& record : record_texts(file)) records.push_back(record_from_json(record.text, record.name));
    }
  }
  if (records.empty()) throw DataError("no records in " + all, "embrace run … -o DIR writes records into DIR");
  return records;
}

}  // namespace embrace
