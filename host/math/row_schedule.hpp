// RowSchedule: the rows of a sparse matrix cut into tasks, longest rows first, so that no long row starts last.
#pragma once
#include <cstdint>

#include "host/array.hpp"
#include "host/span.hpp"
#include "host/views.hpp"

namespace embrace {

class RowSchedule {
 public:
  explicit RowSchedule(CsrView rows);
  std::int64_t tasks() const { return begins_.size() - 1; }
  /// The rows of a task; every row is in exactly one.
  Span<const std::int32_t> rows(std::int64_t task) const;

 private:
  Array<std::int32_t> order_;
  Array<std::int64_t> begins_{0};
};

}  // namespace embrace
