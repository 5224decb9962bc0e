#include "bench/settled_record.hpp"

#include "host/error.hpp"
#include "host/files.hpp"

namespace embrace {

std::optional<Record> settled_record(const std::filesystem::path& file, const std::string& id, Progress& progress) {
  if (!std::filesystem::exists(file)) return std::nullopt;
  try {
    Record record = record_from_json(read_file(file), file.string());
    const bool settled =
        record.status == Status::ok || record.status == Status::diverged || record.status == Status::unsupported;
    if (settled && record.id == id) return record;
  } catch (const SchemaError&) {
    progress.note("note: " + file.string() + " is not a whole record and is made again");
  } catch (const DataError& error) {
    progress.note(std::string("note: the record that is there is made again: ") + error.what());
  }
  return std::nullopt;
}

}  // namespace embrace
