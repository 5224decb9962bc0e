// History: what each user has, from the training part or folded in after it.
#pragma once
#include <cstdint>

#include "host/span.hpp"
#include "host/sparse.hpp"

namespace embrace {

/// `rows` with the rows of `by` that have entries in the place of its own.
Csr replace_rows(CsrView rows, CsrView by);

/// What each row names, once, with the value 1.
Csr distinct_entries(CsrView rows);

class History {
 public:
  /// `train` must outlive the history.
  explicit History(CsrView train) : rows_(train) {}
  History(const History&) = delete;
  History& operator=(const History&) = delete;

  /// Rows of `known` with entries take the place of those users' rows. Copies them.
  void fold_in(CsrView known);

  Span<const std::int32_t> items(std::int32_t user) const { return rows_.row_indices(user); }
  Span<const float> values(std::int32_t user) const { return rows_.row_values(user); }
  /// All of it, users × items; valid until the next fold_in().
  CsrView view() const { return rows_; }

 private:
  CsrView rows_;
  Csr folded_;  // what rows_ shows once something was folded in
};

}  // namespace embrace
