#include "host/embedding/read_embedding.hpp"

#include <string>

#include "host/data/read/foreign_format.hpp"
#include "host/embedding/array_with_ids.hpp"
#include "host/embedding/embedding_file.hpp"
#include "host/embedding/tensor_file.hpp"
#include "host/embedding/word2vec.hpp"
#include "host/error.hpp"
#include "host/regular_file.hpp"

namespace embrace {
namespace {

constexpr const char* formats = "safetensors, NumPy's .npy with the ids beside it, or word2vec text";

std::string first_bytes(const std::filesystem::path& path) {
  const RegularFile file(path);
  std::string head(16, '\0');
  head.resize(file.read(head.data(), head.size()));
  return head;
}

}  // namespace

Embedding read_embedding(const std::filesystem::path& path) {
  const std::string head = first_bytes(path);
  const std::string hint = std::string("give ") + formats;
  if (head.empty()) throw DataError(path.string() + ": is empty", hint);
  if (TensorFile::begins_like(head)) return embedding_from(TensorFile(path));
  if (head.starts_with("\x93NUMPY")) return read_array_with_ids(path);
  if (const auto foreign = foreign_format(head)) throw DataError(path.string() + ": is " + foreign->what, hint);
  return read_word2vec(path);
}

}  // namespace embrace
