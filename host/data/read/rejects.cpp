#include "host/data/read/rejects.hpp"

#include <algorithm>
#include <string_view>

#include "host/csv.hpp"
#include "host/error.hpp"
#include "host/files.hpp"

namespace embrace {
namespace {

constexpr std::string_view header = "file,line,byte_offset,column,reason,text\n";

/// Lines of the list that are of none of `files`. No cell holds a line break: csv_cell writes none.
std::string lines_of_others(const std::filesystem::path& path, const std::vector<std::string>& files) {
  const std::string list = read_file(path);
  if (!list.starts_with(header)) {
    throw OutputError("cannot write " + path.string() + ": it is there, and is no list of skipped rows",
                      "move it away, or choose another folder");
  }
  std::string kept;
  for (std::size_t begin = header.size(); begin < list.size();) {
    const std::size_t end = std::min(list.find('\n', begin), list.size() - 1) + 1;
    const std::string_view line(list.data() + begin, end - begin);
    begin = end;
    const bool ours = std::any_of(files.begin(), files.end(),
                                  [&](const std::string& file) { return line.starts_with(csv_cell(file) + ","); });
    if (!ours) kept += line;
  }
  return kept;
}

}  // namespace

void write_rejects(const std::filesystem::path& path, const std::vector<std::string>& files, Span<const BadRow> rows) {
  std::string csv(header);
  if (std::filesystem::exists(path)) csv += lines_of_others(path, files);
  for (const BadRow& row : rows) {
    csv += csv_cell(row.file) + ',' + std::to_string(row.line) + ',' + std::to_string(row.byte_offset) + ',' +
           std::to_string(row.column) + ',' + csv_cell(row.complaint.reason) + ',' + csv_cell(row.text) + '\n';
  }
  write_atomically(path, csv);
}

}  // namespace embrace
