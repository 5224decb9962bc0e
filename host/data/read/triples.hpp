// Triples: reading a table of (user, item, rating[, timestamp]) on all cores.
#pragma once
#include <cstdint>
#include <utility>
#include <vector>

#include "host/data/read/bad_rows.hpp"
#include "host/data/read/input_file.hpp"
#include "host/data/read/triple_format.hpp"
#include "host/threads.hpp"

namespace embrace {

/// Lines of a file that are not rows (blank, header, skipped), so that a row's line can be told afterwards.
class RowLines {
 public:
  RowLines() = default;
  /// Of a file whose lines have any number of rows each, from the row that each line begins with.
  explicit RowLines(std::vector<std::int64_t> first_rows) : first_rows_(std::move(first_rows)) {}
  /// `lines` lines that are no rows come after the first `rows` rows.
  void skip(std::int64_t rows, std::int64_t lines);
  /// Line, from 1, of a row, from 0.
  std::int64_t line(std::int64_t row) const;

 private:
  struct Gap {
    std::int64_t rows;   // rows before it
    std::int64_t lines;  // lines of this gap and all before
  };
  std::vector<Gap> gaps_;
  std::vector<std::int64_t> first_rows_;
};

struct Triples {
  std::vector<std::int64_t> users;  // raw ids, file order
  std::vector<std::int64_t> items;
  std::vector<float> values;
  std::vector<std::int64_t> times;  // 0 where the field is empty; empty when there is no such column
  std::int64_t missing_times = 0;
  RowLines lines;

  std::int64_t size() const { return static_cast<std::int64_t>(values.size()); }
};

/// Reads the whole file. The result does not depend on the number of threads. Bad rows go to `bad` in file order;
/// reading ends early once there are too many.
Triples read_triples(const InputFile& file, const TripleFormat& format, BadRows& bad, Threads& threads);

}  // namespace embrace
