#include "host/embedding/word2vec.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "host/data/read/input_file.hpp"
#include "host/data/read/text_encoding.hpp"
#include "host/embedding/check.hpp"
#include "host/embedding/ids.hpp"
#include "host/embedding/text_lines.hpp"
#include "host/embedding/vector_lines.hpp"
#include "host/error.hpp"

namespace embrace {
namespace {

constexpr std::string_view blanks = " \t";

/// Parts of a line between blanks.
class Parts {
 public:
  explicit Parts(std::string_view line) : line_(line) {}

  /// Empty at the end of the line.
  std::string_view next() {
    begin_ = std::min(line_.find_first_not_of(blanks, end_), line_.size());
    end_ = std::min(line_.find_first_of(blanks, begin_), line_.size());
    return line_.substr(begin_, end_ - begin_);
  }
  /// Of the part that came last, in bytes from 1.
  std::int64_t column() const { return static_cast<std::int64_t>(begin_) + 1; }

 private:
  std::string_view line_;
  std::size_t begin_ = 0, end_ = 0;
};

struct Size {
  std::int64_t rows = 0, columns = 0;
};

bool parse_size(std::string_view line, Size& size) {
  Parts parts(line);
  for (std::int64_t* number : {&size.rows, &size.columns}) {
    const std::string_view part = parts.next();
    const auto [rest, error] = std::from_chars(part.data(), part.data() + part.size(), *number);
    if (part.empty() || error != std::errc() || rest != part.data() + part.size() || *number < 0) return false;
  }
  return parts.next().empty();
}

class Reader {
 public:
  explicit Reader(const std::filesystem::path& path) : file_(path), lines_(file_.text()) {}

  Embedding read() {
    const Size size = read_size();
    Embedding e;
    e.items = Matrix(size.rows, size.columns);
    for (std::int64_t row = 0; const auto line = lines_.next(); ++row) {
      if (row == size.rows) fail(1, "there are more vectors than the " + std::to_string(size.rows) + " of line 1", "");
      read_vector(*line, {e.items.row(row), size.columns});
    }
    e.item_ids = ids_.take();
    if (static_cast<std::int64_t>(e.item_ids.size()) < size.rows) {
      throw DataError(
          file_.name(), lines_.number(), 1,
          "the file ends after " + std::to_string(e.item_ids.size()) + " of " + std::to_string(size.rows) + " vectors",
          "is it whole?");
    }
    require_sound(e, file_.name());
    return e;
  }

 private:
  Size read_size() {
    Size size;
    if (!parse_size(lines_.next().value_or(""), size)) {
      fail(1, "the first line is not the number of vectors and their width", "put it there: 1000 64");
    }
    if (size.rows == 0 || size.columns == 0) fail(1, "there are no vectors, or they have no width", "");
    // The least a vector takes: a token, a blank and a digit a number, the end of its line.
    const std::int64_t bytes = static_cast<std::int64_t>(file_.text().size()) + 1;
    if (size.columns > bytes / 2 || size.rows > bytes / (2 * size.columns + 2)) {
      fail(1, "the file is too short for so many numbers", "is it whole?");
    }
    return size;
  }

  void read_vector(std::string_view line, Span<float> out) {
    Parts parts(line);
    const std::string_view token = parts.next();
    if (const auto fault = ids_.add(token, "line", lines_.number())) fail(parts.column(), *fault, "");
    for (float& value : out) {
      const std::string_view part = parts.next();
      double number = 0;
      const auto [rest, error] = std::from_chars(part.data(), part.data() + part.size(), number);
      if (part.empty()) fail(parts.column(), "the line has fewer numbers than " + std::to_string(out.size()), "");
      const bool good = error == std::errc() && rest == part.data() + part.size() &&
                        std::abs(number) <= static_cast<double>(std::numeric_limits<float>::max());
      if (!good) {
        const bool text = valid_utf8(line);
        fail(parts.column(), "'" + excerpt(part) + "' is no finite number of 32 bits",
             text ? "a token may have no blank" : "is it word2vec's binary format? save it as text");
      }
      value = static_cast<float>(number);
    }
    if (!parts.next().empty()) {
      fail(parts.column(), "the line has more numbers than " + std::to_string(out.size()), "a token may have no blank");
    }
  }

  [[noreturn]] void fail(std::int64_t column, const std::string& reason, const std::string& hint) const {
    throw DataError(file_.name(), lines_.number(), column, reason, hint);
  }

  InputFile file_;
  TextLines lines_;
  IdList ids_;
};

}  // namespace

Embedding read_word2vec(const std::filesystem::path& path) { return Reader(path).read(); }

void write_word2vec(const std::filesystem::path& path, const Matrix& vectors, const std::vector<std::string>& ids) {
  for (const std::string& id : ids) {
    if (id.find_first_of(blanks) != std::string::npos) {
      throw UsageError("the id '" + excerpt(id) + "' has a blank, which word2vec text cannot hold", "use npy or csv");
    }
  }
  const std::string size = std::to_string(vectors.rows()) + " " + std::to_string(vectors.columns());
  write_vector_lines(path, size, vectors, ' ',
                     [&](std::int64_t row) { return ids[static_cast<std::size_t>(row)] + " "; });
}

}  // namespace embrace
