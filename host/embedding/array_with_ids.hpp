// Vectors as an array of NumPy's with their ids beside it, one a line, in a file of the same name and ".ids".
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "host/embedding/embedding.hpp"

namespace embrace {

/// An array of rows × width (f2, f4 or f8, either order) as vectors of items. Throws DataError.
Embedding read_array_with_ids(const std::filesystem::path& path);

/// Writes the array (f4) and the ids. Throws OutputError.
void write_array_with_ids(const std::filesystem::path& path, const Matrix& vectors,
                          const std::vector<std::string>& ids);

}  // namespace embrace
