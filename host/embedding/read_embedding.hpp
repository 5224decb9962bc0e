// Embeddings from files: what `embrace run --keep-embeddings` has kept, and what others have made.
#pragma once
#include <filesystem>

#include "host/embedding/embedding.hpp"

namespace embrace {

/// An embedding in any of the formats that are read, told by the content and never by the name: safetensors with
/// `items` and `item_ids`, NumPy's .npy with the ids in PATH.ids, one a line, or word2vec text. The vectors are
/// checked: there are some, none is of no width, all are finite; the ids are valid, and none is there twice. Throws
/// DataError.
Embedding read_embedding(const std::filesystem::path& path);

}  // namespace embrace
