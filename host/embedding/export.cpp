#include "host/embedding/export.hpp"

#include "host/csv.hpp"
#include "host/embedding/array_with_ids.hpp"
#include "host/embedding/vector_lines.hpp"
#include "host/embedding/word2vec.hpp"
#include "host/files.hpp"
#include "host/npy.hpp"
#include "host/printable.hpp"
#include "host/span.hpp"

namespace embrace {
namespace {

namespace fs = std::filesystem;

/// What is exported of items and of users alike.
struct Part {
  std::string name;  // "item"
  const std::vector<std::string>& ids;
  const Matrix& vectors;
  const Array<float>& bias;
};

std::vector<fs::path> export_npy(const Part& part, const fs::path& folder) {
  const fs::path file = folder / (part.name + "s.npy");
  write_array_with_ids(file, part.vectors, part.ids);
  std::vector<fs::path> files = {file, file.string() + ".ids"};
  if (part.bias.empty()) return files;
  files.push_back(folder / (part.name + "_bias.npy"));
  write_npy<float>(files.back(), part.bias, {part.bias.size()});
  return files;
}

std::vector<fs::path> export_csv(const Part& part, const fs::path& folder) {
  const fs::path file = folder / (part.name + "s.csv");
  std::string header = part.bias.empty() ? "id" : "id,bias";
  for (std::int64_t c = 1; c <= part.vectors.columns(); ++c) header += "," + std::to_string(c);
  write_vector_lines(file, header, part.vectors, ',', [&](std::int64_t row) {
    const std::string id = csv_quoted(part.ids[static_cast<std::size_t>(row)]) + ",";
    return part.bias.empty() ? id : id + decimal(part.bias[row]) + ",";
  });
  return {file};
}

std::vector<fs::path> export_word2vec(const Part& part, const fs::path& folder) {
  const fs::path file = folder / (part.name + "s.txt");
  write_word2vec(file, part.vectors, part.ids);
  return {file};
}

/// The projector wants no header over a single column.
std::vector<fs::path> export_projector(const Part& part, const fs::path& folder,
                                       const std::unordered_map<std::string, std::string>& titles) {
  const fs::path vectors = folder / "vectors.tsv", metadata = folder / "metadata.tsv";
  write_vector_lines(vectors, "", part.vectors, '\t', [](std::int64_t) { return ""; });
  std::string text = titles.empty() ? "" : "id\ttitle\n";
  for (const std::string& id : part.ids) {
    text += printable(id);
    if (const auto title = titles.find(id); !titles.empty()) {
      text += "\t" + (title == titles.end() ? "" : printable(title->second));
    }
    text += "\n";
  }
  write_atomically(metadata, text);
  return {vectors, metadata};
}

}  // namespace

std::vector<fs::path> export_embedding(const Embedding& e, ExportFormat format, const fs::path& folder,
                                       const std::unordered_map<std::string, std::string>& titles) {
  const Part items{"item", e.item_ids, e.items, e.item_bias}, users{"user", e.user_ids, e.users, e.user_bias};
  if (format == ExportFormat::projector) return export_projector(items, folder, titles);
  auto* const write = format == ExportFormat::npy   ? export_npy
                      : format == ExportFormat::csv ? export_csv
                                                    : export_word2vec;
  std::vector<fs::path> files = write(items, folder);
  if (!e.has_users()) return files;
  for (fs::path& file : write(users, folder)) files.push_back(std::move(file));
  return files;
}

}  // namespace embrace
