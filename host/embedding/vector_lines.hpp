// Vectors as lines of text.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "host/matrix.hpp"

namespace embrace {

/// The shortest decimal that reads back equal.
std::string decimal(float value);

/// Writes `first_line`, unless it is empty, then a line a row: what `start` says of it, and its numbers with
/// `separator` between. The file appears whole. Throws OutputError.
void write_vector_lines(const std::filesystem::path& path, const std::string& first_line, const Matrix& vectors,
                        char separator, const std::function<std::string(std::int64_t)>& start);

}  // namespace embrace
