// Embeddings as files of tensors: what stands beside a record.
#pragma once
#include <filesystem>
#include <string>

#include "host/embedding/embedding.hpp"
#include "host/embedding/tensor_file.hpp"

namespace embrace {

/// Writes `items` (F32, items × width) and `item_ids` (I64 when all are whole numbers; else U8, one after the other,
/// with their bounds in `item_id_offsets`, I64, items + 1), the same of users when there are any, `item_bias`,
/// `user_bias` and `offset` (F32) of an embedding that has biases or an offset, and `about` as metadata. The file
/// appears whole. Returns its SHA-256. Throws OutputError, and Diverged for what is not finite.
std::string write_embedding(const std::filesystem::path& path, const Embedding& embedding);

/// What write_embedding writes, from anybody; vectors may also be F16, BF16 or F64, ids I32, U32 or U64. Tensors of
/// other names are left alone. Throws DataError for what does not fit together.
Embedding embedding_from(const TensorFile& file);

}  // namespace embrace
