// Bad rows: what is wrong with a line of the input, where, and how many of them are let pass.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace embrace {

/// What is wrong with one field. The reader of a file adds the place.
struct Complaint {
  std::string reason;
  std::string hint;
};

/// Thrown by the parser of one row, caught by the reader of the file; never leaves host/data.
struct RowError {
  std::int64_t column = 1;  // byte column of the offending field, from 1
  Complaint complaint;
};

struct BadRow {
  std::string file;
  std::int64_t line = 1;         // from 1
  std::int64_t byte_offset = 0;  // of the line's first byte, from 0, in the uncompressed file
  std::int64_t column = 1;       // byte column of the offending field, from 1
  Complaint complaint;
  std::string text;  // the line, printable, cut after 1 KiB
};

/// The bad rows of one file or one piece of it. A reader stops when more than `allowed` were met: the row that is
/// too many is kept, since it becomes the error.
class BadRows {
 public:
  explicit BadRows(std::int64_t allowed) : allowed_(allowed) {}
  void add(BadRow row) { rows_.push_back(std::move(row)); }
  bool too_many() const { return static_cast<std::int64_t>(rows_.size()) > allowed_; }
  std::int64_t allowed() const { return allowed_; }
  std::vector<BadRow>& rows() { return rows_; }
  const std::vector<BadRow>& rows() const { return rows_; }
  /// Appends what another reader met; the order of the calls is the order of the report.
  void append(BadRows&& other);
  /// DataError with FILE:LINE:COLUMN for the first row over the limit.
  void throw_if_too_many() const;

 private:
  std::int64_t allowed_;
  std::vector<BadRow> rows_;
};

}  // namespace embrace
