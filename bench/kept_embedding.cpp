#include "bench/kept_embedding.hpp"

#include <algorithm>

#include "bench/trained_embedding.hpp"
#include "host/embedding/embedding_file.hpp"

namespace embrace {
namespace {

constexpr const char* nothing_to_keep = "the method has no vectors of users and items: no embedding is kept";

}  // namespace

std::filesystem::path embedding_path(const std::filesystem::path& folder, const std::string& id) {
  return folder / (id + ".safetensors");
}

void keep_embedding(const std::filesystem::path& file, const Trainer& trainer, const Experiment& experiment,
                    Record& record) {
  std::optional<Embedding> embedding = embedding_of(trainer, experiment);
  if (!embedding) {
    record.notes.emplace_back(nothing_to_keep);
    return;
  }
  embedding->about = about_run(record, experiment);
  record.embedding = {write_embedding(file, *embedding), embedding->items.rows(), embedding->users.rows(),
                      embedding->items.columns()};
}

bool embedding_is_kept(const std::filesystem::path& folder, const Record& record) {
  if (record.embedding) return std::filesystem::exists(embedding_path(folder, record.id));
  return std::find(record.notes.begin(), record.notes.end(), nothing_to_keep) != record.notes.end();
}

}  // namespace embrace
