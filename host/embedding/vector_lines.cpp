#include "host/embedding/vector_lines.hpp"

#include <charconv>

#include "host/files.hpp"

namespace embrace {

std::string decimal(float value) {
  char buffer[32];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
}

void write_vector_lines(const std::filesystem::path& path, const std::string& first_line, const Matrix& vectors,
                        char separator, const std::function<std::string(std::int64_t)>& start) {
  constexpr std::size_t piece = std::size_t{1} << 20U;
  AtomicFile file(path);
  std::string text = first_line.empty() ? "" : first_line + "\n";
  for (std::int64_t row = 0; row < vectors.rows(); ++row) {
    text += start(row);
    for (std::int64_t c = 0; c < vectors.columns(); ++c) {
      text += decimal(vectors(row, c));
      text += c + 1 < vectors.columns() ? separator : '\n';
    }
    if (text.size() < piece) continue;
    file.write(text);
    text.clear();
  }
  file.write(text);
  file.publish();
}

}  // namespace embrace
