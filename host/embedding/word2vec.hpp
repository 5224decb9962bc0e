// Vectors as the word2vec programs write them as text: a line with their number and width, then a line a vector, which
// begins with its token.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "host/embedding/embedding.hpp"

namespace embrace {

/// Tokens are the ids of items. Parts of a line are divided by blanks or tabs. Throws DataError with line and column.
Embedding read_word2vec(const std::filesystem::path& path);

/// Throws UsageError for an id with a blank, which the format
/// cannot hold, and OutputError.
void write_word2vec(const std::filesystem::path& path, const Matrix& vectors, const std::vector<std::string>& ids);

}  // namespace embrace
