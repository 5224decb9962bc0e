#include "bench/judge/vector_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "bench/trained_embedding.hpp"
#include "host/digest.hpp"
#include "host/embedding/read_embedding.hpp"
#include "host/embedding/text_vectors.hpp"
#include "host/error.hpp"
#include "host/regular_file.hpp"

namespace embrace::judge {
namespace {

using Rows = std::unordered_map<std::string, std::int64_t>;

Rows rows_of(const std::vector<std::string>& ids) {
  Rows rows;
  for (std::size_t row = 0; row < ids.size(); ++row) rows.emplace(ids[row], static_cast<std::int64_t>(row));
  return rows;
}

/// Of one side, by the data's own index.
struct Placed {
  EntityVectors vectors;
  Array<float> bias;
  std::int64_t found = 0;
};

Placed placed(const std::vector<std::int64_t>& wanted, const std::vector<std::string>& ids, const Matrix& vectors,
              const Array<float>& bias) {
  const auto count = static_cast<std::int64_t>(wanted.size());
  Placed out{{Matrix(count, vectors.columns()), Array<std::uint8_t>(count, 0)}, {}};
  if (!bias.empty()) out.bias.assign(count, 0.0F);
  const Rows rows = rows_of(ids);
  for (std::int64_t e = 0; e < count; ++e) {
    const auto found = rows.find(std::to_string(wanted[static_cast<std::size_t>(e)]));
    if (found == rows.end()) continue;
    std::copy_n(vectors.row(found->second), vectors.columns(), out.vectors.rows.row(e));
    if (!bias.empty()) out.bias[e] = bias[found->second];
    out.vectors.known[e] = 1;
    ++out.found;
  }
  return out;
}

void add(Sha256& sha, const std::vector<std::string>& ids, const Matrix& vectors, const Array<float>& bias) {
  for (const std::string& id : ids) sha.add(id + "\n");
  sha.add(vectors.data(), static_cast<std::size_t>(vectors.size()) * sizeof(float));
  sha.add(bias.data(), static_cast<std::size_t>(bias.size()) * sizeof(float));
}

std::string digest_of(const Embedding& e) {
  Sha256 sha;
  add(sha, e.item_ids, e.items, e.item_bias);
  add(sha, e.user_ids, e.users, e.user_bias);
  sha.add(&e.offset, sizeof e.offset);
  for (const auto& [key, value] : e.about) {
    for (const std::string& text : {key, value}) sha.add(text + "\n");
  }
  return sha.hex();
}

std::string digest_of(const std::filesystem::path& path) {
  const RegularFile file(path);
  Sha256 sha;
  std::string piece(std::size_t{1} << 20U, '\0');
  while (const std::size_t bytes = file.read(piece.data(), piece.size())) sha.add(piece.data(), bytes);
  return sha.hex();
}

std::string about(const Embedding& embedding, const char* key) {
  const auto found = embedding.about.find(key);
  return found == embedding.about.end() ? "" : found->second;
}

}  // namespace

const Embedding& VectorFiles::read(const std::filesystem::path& path) {
  auto found = embeddings_.find(path);
  if (found == embeddings_.end()) found = embeddings_.emplace(path, read_embedding(path)).first;
  return found->second;
}

std::string VectorFiles::digest(const SourceSpec& spec) {
  const SourceSpec& inner = spec.of ? *spec.of : spec;
  if (inner.path.empty()) return "";
  auto found = digests_.find(inner.path);
  if (found == digests_.end()) {
    const std::string digest = inner.kind == SourceSpec::Kind::file
                                   ? digest_of(read(inner.path))
                                   : sha256(digest_of(inner.path) + digest_of(tokenizer_beside(inner.path)));
    found = digests_.emplace(inner.path, digest).first;
  }
  return found->second;
}

SourceVectors by_index(const Embedding& embedding, const Ratings& ratings, const std::string& name) {
  Placed items = placed(ratings.item_ids, embedding.item_ids, embedding.items, embedding.item_bias);
  if (items.found == 0) {
    throw DataError(name + fmt::format(": none of its {} items is in the data", embedding.item_ids.size()),
                    "its ids must be those of the data's files");
  }
  SourceVectors out{.items = std::move(items.vectors), .item_bias = std::move(items.bias), .offset = embedding.offset};
  if (!embedding.has_users()) return out;
  Placed users = placed(ratings.user_ids, embedding.user_ids, embedding.users, embedding.user_bias);
  out.users = std::move(users.vectors);
  out.user_bias = std::move(users.bias);
  return out;
}

std::string require_unseen(const Embedding& embedding, const std::string& name, const Experiment& part) {
  const std::string seen = about(embedding, "ratings_sha256"), data = about(embedding, "data");
  if (seen.empty()) return name + ": what ratings its vectors have seen is not known";
  if (seen == ratings_sha256(part)) return "";
  if (!data.empty() && data != part.dataset.name) {
    return name + ": its vectors have seen ratings of " + data +
           "; whether some of the judge's, of the validation's or of the test's are among them is not known";
  }
  const std::string made = about(embedding, "split");
  throw DataError(
      name + ": its vectors were made from ratings that the judge, its validation or the test uses: their digest (" +
          seen.substr(0, 8) + (made.empty() ? "" : ", " + made + " fold " + about(embedding, "fold")) +
          ") is not that of the embedding part",
      "a judge would trust what they have memorised; name the method as the source, so that it learns from the "
      "embedding part alone");
}

}  // namespace embrace::judge
