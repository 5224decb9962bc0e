#include "host/npy.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>

#include "host/error.hpp"
#include "host/files.hpp"
#include "host/float_bytes.hpp"
#include "host/regular_file.hpp"

namespace embrace {
namespace {

static_assert(std::endian::native == std::endian::little, "array files are written as they lie in memory");

constexpr std::string_view magic("\x93NUMPY", 6);
constexpr std::string_view written_version("\x01\x00", 2);

template <typename T>
constexpr const char* type_name();
template <>
constexpr const char* type_name<float>() {
  return "<f4";
}
template <>
constexpr const char* type_name<double>() {
  return "<f8";
}
template <>
constexpr const char* type_name<std::int32_t>() {
  return "<i4";
}
template <>
constexpr const char* type_name<std::int64_t>() {
  return "<i8";
}

/// What stands before the numbers of a file.
struct Head {
  std::string type;  // as NumPy writes it: "<f4"
  bool columns_first = false;
  std::vector<std::int64_t> shape;
  std::int64_t begin = 0;  // of the numbers, in bytes
};

class NpyFile {
 public:
  explicit NpyFile(const std::filesystem::path& path) : file_(path), name_(path.string()) { read_head(); }

  const Head& head() const { return head_; }

  /// The product of the shape, when the file has exactly so many numbers of so many bytes; asked before anything is
  /// allocated for them.
  std::int64_t count(std::int64_t bytes) const {
    const std::int64_t most = (file_.status().st_size - head_.begin) / bytes;
    const bool none = std::count(head_.shape.begin(), head_.shape.end(), 0) > 0;
    std::int64_t product = none ? 0 : 1;
    for (const std::int64_t extent : head_.shape) {
      if (!none && product > most / extent) fail("it is shorter than its shape says", "copy it again");
      if (!none) product *= extent;
    }
    if (head_.begin + product * bytes != file_.status().st_size) fail("it is longer than its shape says", "");
    return product;
  }

  void read(std::int64_t first_byte, void* to, std::size_t bytes) const {
    file_.read_at(head_.begin + first_byte, static_cast<char*>(to), bytes);
  }

  [[noreturn]] void fail(const std::string& reason, const std::string& hint) const {
    throw DataError(name_ + ": " + reason, hint);
  }

 private:
  void read_head() {
    std::string start(12, '\0');
    const std::int64_t size = file_.status().st_size;
    if (size < 10) fail("it is no NumPy array file", "");
    file_.read_at(0, start.data(), static_cast<std::size_t>(std::min<std::int64_t>(size, 12)));
    const auto byte = [&](std::size_t i) { return static_cast<std::int64_t>(static_cast<unsigned char>(start[i])); };
    if (!start.starts_with(magic) || byte(6) < 1 || byte(6) > 3) fail("it is no NumPy array file", "");
    const bool wide = byte(6) > 1;
    head_.begin = wide ? 12 : 10;
    const std::int64_t length = byte(8) + (byte(9) << 8U) + (wide ? (byte(10) << 16U) + (byte(11) << 24U) : 0);
    if (length > largest_text || length > size - head_.begin) fail("its header is torn", "copy it again");
    std::string header(static_cast<std::size_t>(length), '\0');
    file_.read_at(head_.begin, header.data(), header.size());
    head_.begin += length;
    head_.type = part_of(header, "'descr': '", '\'');
    const std::string order = part_of(header, "'fortran_order': ", ',');
    if (order != "False" && order != "True") fail("its header is damaged", "");
    head_.columns_first = order == "True";
    head_.shape = parse_shape(part_of(header, "'shape': (", ')'));
  }

  /// The text between `before` and `end` in the header, e.g. the shape between "'shape': (" and ")".
  std::string part_of(const std::string& header, const std::string& before, char end) const {
    const std::size_t begin = header.find(before);
    if (begin == std::string::npos) fail("its header has no " + before, "save a plain array of numbers");
    const std::size_t first = begin + before.size();
    return header.substr(first, header.find(end, first) - first);
  }

  std::vector<std::int64_t> parse_shape(const std::string& text) const {
    std::vector<std::int64_t> shape;
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at != end) {
      if (*at == ' ' || *at == ',') {
        ++at;
        continue;
      }
      std::int64_t extent = 0;
      const auto [rest, error] = std::from_chars(at, end, extent);
      if (error != std::errc() || extent < 0) fail("its shape is (" + text + ")", "");
      shape.push_back(extent);
      at = rest;
    }
    return shape;
  }

  RegularFile file_;
  std::string name_;
  Head head_;
};

std::optional<FloatType> float_type(const std::string& type) {
  if (type == "<f2") return FloatType::f16;
  if (type == "<f4") return FloatType::f32;
  if (type == "<f8") return FloatType::f64;
  return std::nullopt;
}

}  // namespace

template <typename T>
void write_npy(const std::filesystem::path& path, Span<const T> values, const std::vector<std::int64_t>& shape) {
  std::string header = std::string("{'descr': '") + type_name<T>() + "', 'fortran_order': False, 'shape': (";
  for (const std::int64_t extent : shape) header += std::to_string(extent) + ",";
  header += "), }";
  const std::size_t before = magic.size() + written_version.size() + 2;
  header += std::string(63 - (before + header.size()) % 64, ' ') + "\n";  // numbers begin at a multiple of 64
  std::string head(magic);
  head += written_version;
  head += static_cast<char>(header.size() % 256);
  head += static_cast<char>(header.size() / 256);
  head += header;
  AtomicFile file(path);
  file.write(head);
  file.write({reinterpret_cast<const char*>(values.data()), values.size_bytes()});
  file.publish();
}

template <typename T>
NpyArray<T> read_npy(const std::filesystem::path& path) {
  const NpyFile file(path);
  if (file.head().type != type_name<T>()) {
    file.fail("it holds " + file.head().type + ", not " + type_name<T>(), "convert it with numpy.astype");
  }
  if (file.head().columns_first) file.fail("it is in columns-first order", "use numpy.ascontiguousarray");
  NpyArray<T> array{file.head().shape, {}};
  array.values.resize(static_cast<std::size_t>(file.count(sizeof(T))));
  file.read(0, array.values.data(), array.values.size() * sizeof(T));
  return array;
}

Matrix read_npy_matrix(const std::filesystem::path& path) {
  const NpyFile file(path);
  const Head& head = file.head();
  const std::optional<FloatType> type = float_type(head.type);
  if (!type) file.fail("it holds " + head.type + ", not <f2, <f4 or <f8", "convert it: array.astype('<f4')");
  if (head.shape.size() != 2) {
    file.fail("it has " + std::to_string(head.shape.size()) + " extents",
              "an embedding has two: rows, and their width");
  }
  if (file.count(bytes_of(*type)) == 0) file.fail("it has no numbers", "save the vectors again");
  Matrix matrix(head.shape[0], head.shape[1]);
  // As they lie in the file: its rows are the matrix's, or its columns.
  const std::int64_t lines = head.columns_first ? matrix.columns() : matrix.rows();
  const std::int64_t length = head.columns_first ? matrix.rows() : matrix.columns();
  std::string bytes(static_cast<std::size_t>(length * bytes_of(*type)), '\0');
  Array<float> line(head.columns_first ? length : 0);
  for (std::int64_t l = 0; l < lines; ++l) {
    file.read(l * length * bytes_of(*type), bytes.data(), bytes.size());
    if (!head.columns_first) {
      floats_from_bytes(*type, bytes.data(), {matrix.row(l), length});
      continue;
    }
    floats_from_bytes(*type, bytes.data(), line);
    for (std::int64_t r = 0; r < length; ++r) matrix(r, l) = line[r];
  }
  return matrix;
}

template void write_npy(const std::filesystem::path&, Span<const float>, const std::vector<std::int64_t>&);
template void write_npy(const std::filesystem::path&, Span<const std::int32_t>, const std::vector<std::int64_t>&);
template void write_npy(const std::filesystem::path&, Span<const std::int64_t>, const std::vector<std::int64_t>&);
template NpyArray<float> read_npy(const std::filesystem::path&);
template NpyArray<double> read_npy(const std::filesystem::path&);
template NpyArray<std::int32_t> read_npy(const std::filesystem::path&);
template NpyArray<std::int64_t> read_npy(const std::filesystem::path&);

}  // namespace embrace
