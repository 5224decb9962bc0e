// Files of vectors as sources: each is read once, put in the order of the data, and asked what ratings it has seen.
#pragma once
#include <filesystem>
#include <map>
#include <string>

#include "bench/experiment.hpp"
#include "bench/judge/sources.hpp"
#include "host/embedding/embedding.hpp"
#include "host/judge/source_vectors.hpp"

namespace embrace::judge {

class VectorFiles {
 public:
  /// Throws DataError.
  const Embedding& read(const std::filesystem::path& path);
  /// SHA-256 of what the source reads from files: vectors with their ids and what is said of them, or token vectors
  /// with their tokenizer; empty for a source without a file. Throws DataError.
  std::string digest(const SourceSpec& spec);

 private:
  std::map<std::filesystem::path, Embedding> embeddings_;
  std::map<std::filesystem::path, std::string> digests_;
};

/// The rows by the data's own index. Ids that the data do not have are left out; an item or a user that the file does
/// not have is not known. Throws DataError, `name` standing first, when no item is in both.
SourceVectors by_index(const Embedding& embedding, const Ratings& ratings, const std::string& name);

/// What a reader should know of the ratings that made the vectors; empty for those of the embedding part, on which
/// `part` is. Throws DataError for vectors that say by their `ratings_sha256` that they were made from other ratings of
/// these data: those of the judge, of its validation or of the test are among them.
std::string require_unseen(const Embedding& embedding, const std::string& name, const Experiment& part);

}  // namespace embrace::judge
