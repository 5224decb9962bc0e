// Vectors of texts from static vectors of their tokens, such as wordllama's: no network runs, a text is the mean of
// its tokens' vectors.
#pragma once
#include <filesystem>
#include <string>

#include "host/matrix.hpp"
#include "host/span.hpp"

namespace embrace {

/// Where the tokenizer of the token vectors in `file` lies.
std::filesystem::path tokenizer_beside(const std::filesystem::path& file);

/// A row a text: the mean of the vectors of its tokens, zero for a text without any. `file` is safetensors with the
/// tensor `embedding.weight` (F16, BF16, F32 or F64, tokens × width); its tokenizer.json lies beside it. Both are read
/// from where the user has them. Throws DataError.
Matrix text_vectors(Span<const std::string> texts, const std::filesystem::path& file);

}  // namespace embrace
