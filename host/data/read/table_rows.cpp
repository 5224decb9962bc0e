#include "host/data/read/table_rows.hpp"

#include <algorithm>

#include "host/data/read/text_encoding.hpp"
#include "host/data/read/triple_format.hpp"

namespace embrace {
namespace {

constexpr std::size_t shown_text = 1024;

/// Position of a control byte that text may not contain. A line end inside quotes is text.
std::size_t find_control(std::string_view text) {
  const auto found = std::find_if(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r';
  });
  return found == text.end() ? std::string_view::npos : static_cast<std::size_t>(found - text.begin());
}

class RecordReader {
 public:
  RecordReader(const InputFile& file, TableForm form, std::string_view separator)
      : text_(file.text()), form_(form), separator_(separator), encoding_(encoding_of(file.text())) {}

  bool done() const { return at_ >= text_.size(); }
  std::int64_t line() const { return line_; }
  std::size_t offset() const { return at_; }
  /// The line that the next record begins with, without its end.
  std::string_view first_line() const {
    std::string_view line = text_.substr(at_, std::min(text_.find('\n', at_), text_.size()) - at_);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    return line;
  }

  /// Reads the record; throws RowError and stays where it was.
  TableRow read() {
    const std::string_view line = first_line();
    if (line.size() > longest_line) too_long();
    TableRow record;
    record.line = line_;
    std::size_t end = at_ + line.size();
    if (form_ == TableForm::lines) {
      split(line, record);
    } else {
      end = read_csv(record);
    }
    const std::size_t control = find_control(text_.substr(at_, end - at_));
    if (control != std::string_view::npos) {
      throw RowError{static_cast<std::int64_t>(control) + 1,
                     {"control byte " + excerpt(text_.substr(at_ + control, 1)), "the file is damaged or not text"}};
    }
    go_to(end);
    return record;
  }

  /// Goes on behind the line that the record began with.
  void skip_line() { go_to(std::min(text_.find('\n', at_), text_.size())); }

 private:
  [[noreturn]] static void too_long() {
    throw RowError{static_cast<std::int64_t>(longest_line) + 1,
                   {"the row is longer than 65536 bytes", "is a quote or a line end missing?"}};
  }

  /// `end`: behind the last byte of the record, before its line end.
  void go_to(std::size_t end) {
    if (end < text_.size() && text_[end] == '\r') ++end;
    if (end < text_.size() && text_[end] == '\n') ++end;
    line_ += std::count(text_.begin() + static_cast<std::ptrdiff_t>(at_),
                        text_.begin() + static_cast<std::ptrdiff_t>(end), '\n');
    at_ = end;
  }

  void split(std::string_view line, TableRow& record) const {
    std::size_t begin = 0;
    while (true) {
      const std::size_t end = separator_.empty() ? std::string_view::npos : line.find(separator_, begin);
      const std::string_view field = line.substr(begin, end == std::string_view::npos ? end : end - begin);
      record.fields.push_back({to_utf8(field, encoding_), static_cast<std::int64_t>(begin) + 1});
      if (end == std::string_view::npos) return;
      begin = end + separator_.size();
    }
  }

  bool at_line_end(std::size_t p) const {
    return p >= text_.size() || text_[p] == '\n' ||
           (text_[p] == '\r' && (p + 1 >= text_.size() || text_[p + 1] == '\n'));
  }

  std::size_t read_csv(TableRow& record) const {
    std::size_t p = at_, line_begin = at_;
    while (true) {
      const auto column = static_cast<std::int64_t>(p - line_begin) + 1;
      std::string raw;
      if (p < text_.size() && text_[p] == '"') {
        p = quoted(p, column, raw, line_begin);
      } else {
        const std::size_t begin = p;
        while (!at_line_end(p) && text_[p] != separator_[0]) ++p;
        raw = text_.substr(begin, p - begin);
      }
      record.fields.push_back({to_utf8(raw, encoding_), column});
      if (at_line_end(p)) return p;
      if (text_[p] != separator_[0]) {
        throw RowError{column, {"text follows the closing quote of a field", "write quotes inside a field twice"}};
      }
      ++p;
    }
  }

  /// The content of a quoted field that begins at p; returns the position behind its closing quote.
  std::size_t quoted(std::size_t p, std::int64_t column, std::string& raw, std::size_t& line_begin) const {
    for (++p; p < text_.size() && p - at_ <= longest_line; ++p) {
      if (text_[p] == '"') {
        if (p + 1 >= text_.size() || text_[p + 1] != '"') return p + 1;
        ++p;
      } else if (text_[p] == '\n') {
        line_begin = p + 1;
      }
      raw += text_[p];
    }
    throw RowError{column, {"the quote that opens here does not end", "close it; write quotes inside a field twice"}};
  }

  std::string_view text_;
  TableForm form_;
  std::string_view separator_;
  Encoding encoding_;
  std::size_t at_ = 0;
  std::int64_t line_ = 1;
};

}  // namespace

void read_table_rows(const InputFile& file, TableForm form, std::string_view separator, BadRows& bad,
                     const std::function<void(const TableRow&)>& row) {
  RecordReader reader(file, form, separator);
  while (!reader.done() && !bad.too_many()) {
    const std::int64_t line = reader.line();
    const std::size_t offset = reader.offset();
    const std::string_view text = reader.first_line();
    if (text.find_first_not_of(" \t") == std::string_view::npos) {
      reader.skip_line();
      continue;
    }
    try {
      row(reader.read());
    } catch (RowError& error) {
      if (reader.offset() == offset) reader.skip_line();
      bad.add({file.name(), line, file.text_begin() + static_cast<std::int64_t>(offset), error.column,
               std::move(error.complaint), excerpt(text.substr(0, shown_text), shown_text)});
    }
  }
}

}  // namespace embrace
