#include "host/data/read/bad_rows.hpp"

#include <iterator>

#include "host/error.hpp"

namespace embrace {
void BadRows::append(BadRows&& other) {
  rows_.insert(rows_.end(), std::make_move_iterator(other.rows_.begin()), std::make_move_iterator(other.rows_.end()));
}

void BadRows::throw_if_too_many() const {
  if (!too_many()) return;
  const BadRow& row = rows_[static_cast<std::size_t>(allowed_)];
  const std::string limit =
      allowed_ == 0 ? "" : " (bad row " + std::to_string(allowed_ + 1) + ", " + std::to_string(allowed_) + " allowed)";
  throw DataError(row.file, row.line, row.column, row.complaint.reason + limit, row.complaint.hint);
}

}  // namespace embrace
