#include "host/sparse.hpp"

#include <numeric>
#include <stdexcept>
#include <utility>

namespace embrace {
namespace {

/// Stable counting sort of positions by key; returns the offsets of the keys and fills `order`.
std::vector<std::int64_t> counting_order(std::int64_t keys, std::span<const std::int32_t> key,
                                         std::span<const std::int64_t> input, std::vector<std::int64_t>& order) {
  std::vector<std::int64_t> offsets(static_cast<std::size_t>(keys) + 1, 0);
  for (const std::int32_t k : key) {
    if (k < 0 || k >= keys) throw std::out_of_range("index " + std::to_string(k) + " outside the matrix");
    ++offsets[static_cast<std::size_t>(k) + 1];
  }
  std::partial_sum(offsets.begin(), offsets.end(), offsets.begin());
  std::vector<std::int64_t> next(offsets.begin(), offsets.end() - 1);
  order.resize(key.size());
  for (const std::int64_t p : input) {
    const auto k = static_cast<std::size_t>(key[static_cast<std::size_t>(p)]);
    order[static_cast<std::size_t>(next[k]++)] = p;
  }
  return offsets;
}

}  // namespace

Csr csr_from_triples(std::int64_t rows, std::int64_t columns, std::span<const std::int32_t> row,
                     std::span<const std::int32_t> column, std::span<const float> value,
                     std::vector<std::int64_t>* order) {
  if (row.size() != column.size() || row.size() != value.size()) {
    throw std::invalid_argument("csr_from_triples: rows, columns and values differ in number");
  }
  // Least significant key first: sorting stably by column and then by row leaves columns ascending in each row.
  std::vector<std::int64_t> identity(row.size());
  std::iota(identity.begin(), identity.end(), std::int64_t{0});
  std::vector<std::int64_t> by_column;
  counting_order(columns, column, identity, by_column);
  std::vector<std::int64_t> by_row;
  Csr result;
  result.columns = columns;
  result.offsets = counting_order(rows, row, by_column, by_row);
  result.indices.resize(row.size());
  result.values.resize(row.size());
  for (std::size_t e = 0; e < by_row.size(); ++e) {
    const auto p = static_cast<std::size_t>(by_row[e]);
    result.indices[e] = column[p];
    result.values[e] = value[p];
  }
  if (order != nullptr) *order = std::move(by_row);
  return result;
}

Csr transposed(CsrView matrix, std::vector<std::int64_t>* order) {
  const auto entries = static_cast<std::size_t>(matrix.entries());
  std::vector<std::int64_t> identity(entries);
  std::iota(identity.begin(), identity.end(), std::int64_t{0});
  std::vector<std::int64_t> by_column;
  Csr result;
  result.columns = matrix.rows;
  result.offsets = counting_order(matrix.columns, {matrix.indices, entries}, identity, by_column);
  std::vector<std::int32_t> row_of(entries);
  for (std::int64_t r = 0; r < matrix.rows; ++r) {
    for (std::int64_t e = matrix.offsets[r]; e < matrix.offsets[r + 1]; ++e) {
      row_of[static_cast<std::size_t>(e)] = static_cast<std::int32_t>(r);
    }
  }
  result.indices.resize(entries);
  result.values.resize(entries);
  for (std::size_t e = 0; e < entries; ++e) {
    const auto p = static_cast<std::size_t>(by_column[e]);
    result.indices[e] = row_of[p];
    result.values[e] = matrix.values[p];
  }
  if (order != nullptr) *order = std::move(by_column);
  return result;
}

}  // namespace embrace
