#include "host/embedding/array_with_ids.hpp"

#include "host/data/read/input_file.hpp"
#include "host/embedding/check.hpp"
#include "host/embedding/ids.hpp"
#include "host/embedding/text_lines.hpp"
#include "host/error.hpp"
#include "host/files.hpp"
#include "host/npy.hpp"
#include "host/span.hpp"

namespace embrace {
namespace {

std::filesystem::path ids_path(std::filesystem::path path) { return path += ".ids"; }

std::vector<std::string> read_ids(const std::filesystem::path& path, std::int64_t rows) {
  const InputFile file(path);
  TextLines lines(file.text());
  IdList ids;
  while (const auto line = lines.next()) {
    if (lines.number() > rows) {
      throw DataError(file.name(), lines.number(), 1,
                      "there are more ids than the " + std::to_string(rows) + " vectors");
    }
    if (const auto fault = ids.add(*line, "line", lines.number()))
      throw DataError(file.name(), lines.number(), 1, *fault);
  }
  return ids.take();
}

}  // namespace

Embedding read_array_with_ids(const std::filesystem::path& path) {
  Embedding e;
  e.items = read_npy_matrix(path);
  const std::filesystem::path beside = ids_path(path);
  if (std::error_code ignored; !std::filesystem::exists(beside, ignored)) {
    throw DataError(path.string() + ": the ids of its rows are not there",
                    "write them to " + beside.string() + ", one a line");
  }
  e.item_ids = read_ids(beside, e.items.rows());
  require_sound(e, path.string());
  return e;
}

void write_array_with_ids(const std::filesystem::path& path, const Matrix& vectors,
                          const std::vector<std::string>& ids) {
  std::string lines;
  for (const std::string& id : ids) lines += id + "\n";
  write_npy<float>(path, Span<const float>(vectors.data(), vectors.size()), {vectors.rows(), vectors.columns()});
  write_atomically(ids_path(path), lines);
}

}  // namespace embrace
