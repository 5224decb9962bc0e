#include "host/data/read/catalogue_fields.hpp"

#include "host/data/read/text_encoding.hpp"

namespace embrace {

void need_fields(const TableRow& record, std::size_t count, std::string_view layout) {
  if (record.fields.size() == count) return;
  const TableField& place = record.fields.size() > count ? record.fields[count] : record.fields.front();
  throw RowError{place.column,
                 {"expected " + std::to_string(count) + " fields, found " + std::to_string(record.fields.size()),
                  "a row is " + std::string(layout)}};
}

void KnownIds::add(std::int64_t id, const TableRow& record, std::string_view what) {
  const auto [entry, fresh] = line_.try_emplace(id, record.line);
  if (fresh) return;
  throw RowError{
      record.fields.front().column,
      {"the " + std::string(what) + " " + std::to_string(id) + " is already in line " + std::to_string(entry->second),
       "every id may be there once"}};
}

int need_age(const TableField& field) {
  constexpr std::int64_t oldest = 150;
  std::int64_t age = 0;
  if (!parse_id(field.text, age) || age > oldest) {
    throw RowError{field.column, {"the age '" + excerpt(field.text) + "' is not a number of years", "0 to 150"}};
  }
  return static_cast<int>(age);
}

const std::string& need_gender(const TableField& field) {
  if (field.text.empty() || field.text == "M" || field.text == "F") return field.text;
  throw RowError{field.column, {"the gender '" + excerpt(field.text) + "' is not known", "M, F or nothing"}};
}

}  // namespace embrace
