#include "host/data/read/foreign_format.hpp"

namespace embrace {
namespace {

struct Signature {
  std::string_view bytes;
  ForeignFormat format;
};

constexpr const char* as_table = "write it as a table: user,item,rating,timestamp";

constexpr Signature signatures[] = {
    {"PAR1",
     {"Parquet, which only Apache Arrow reads", "convert it: pandas.read_parquet(FILE).to_csv(…, index=False)"}},
    {"PK\x03\x04", {"a zip archive", "unpack it: unzip FILE"}},
    {"BZh", {"compressed with bzip2", "unpack it: bunzip2 FILE; only gzip is read as it is"}},
    {"\xFD"
     "7zXZ",
     {"compressed with xz", "unpack it: unxz FILE; only gzip is read as it is"}},
    {"\x28\xB5\x2F\xFD", {"compressed with zstd", "unpack it: unzstd FILE; only gzip is read as it is"}},
    {"7z\xBC\xAF\x27\x1C", {"a 7z archive", "unpack it"}},
    {"\x89HDF", {"HDF5", as_table}},
    {"SQLite format 3", {"an SQLite database", as_table}},
    {"\x93NUMPY", {"a NumPy array", as_table}},
    {"{\"", {"JSON", as_table}},
    {"[{\"", {"JSON", as_table}},
};

}  // namespace

std::optional<ForeignFormat> foreign_format(std::string_view text) {
  for (const Signature& signature : signatures) {
    if (text.starts_with(signature.bytes)) return signature.format;
  }
  return std::nullopt;
}

}  // namespace embrace
