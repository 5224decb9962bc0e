// What the readers of users, movies and tags share.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "host/data/read/fields.hpp"
#include "host/data/read/table_rows.hpp"

namespace embrace {

/// RowError unless the record has exactly `count` fields.
void need_fields(const TableRow& record, std::size_t count, std::string_view layout);

/// Ids that were met, each with its line.
class KnownIds {
 public:
  /// RowError when the id was met before.
  void add(std::int64_t id, const TableRow& record, std::string_view what);

 private:
  std::unordered_map<std::int64_t, std::int64_t> line_;
};

inline std::int64_t need_id(const TableField& field, std::string_view what) {
  return need_id(field.text, field.column, what);
}

/// 0 … 150, or RowError.
int need_age(const TableField& field);
/// "M", "F" or empty, or RowError.
const std::string& need_gender(const TableField& field);

}  // namespace embrace
