#include "bench/peers/npy.hpp"

#include <bit>
#include <charconv>
#include <fstream>
#include <stdexcept>
#include <string>

#include "host/error.hpp"
#include "host/span.hpp"

namespace embrace::peers {
namespace {

static_assert(std::endian::native == std::endian::little, "array files are written as they lie in memory");

constexpr std::string_view magic("\x93NUMPY\x01\x00", 8);

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

/// The text between `before` and `end` in the header, e.g. the shape between "'shape': (" and ")".
std::string part_of(const std::string& header, const std::string& before, char end) {
  const std::size_t begin = header.find(before);
  if (begin == std::string::npos) throw std::runtime_error("its header has no " + before);
  const std::size_t first = begin + before.size();
  return header.substr(first, header.find(end, first) - first);
}

std::vector<std::int64_t> parse_shape(const std::string& text) {
  std::vector<std::int64_t> shape;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    if (*at == ' ' || *at == ',') {
      ++at;
      continue;
    }
    std::int64_t size = 0;
    const auto [rest, error] = std::from_chars(at, end, size);
    if (error != std::errc() || size < 0) throw std::runtime_error("its shape is (" + text + ")");
    shape.push_back(size);
    at = rest;
  }
  return shape;
}

template <typename T>
NpyArray<T> read(std::ifstream& stream, std::uintmax_t file_bytes) {
  std::string head(10, '\0');
  stream.read(head.data(), 10);
  if (!stream || !head.starts_with(magic)) throw std::runtime_error("it is no array file of version 1.0");
  const auto header_bytes =
      static_cast<std::size_t>(static_cast<unsigned char>(head[8]) + 256 * static_cast<unsigned char>(head[9]));
  std::string header(header_bytes, '\0');
  stream.read(header.data(), static_cast<std::streamsize>(header_bytes));
  if (!stream) throw std::runtime_error("its header is torn");
  const std::string type = part_of(header, "'descr': '", '\'');
  if (type != type_name<T>()) throw std::runtime_error("it holds " + type + ", not " + type_name<T>());
  if (part_of(header, "'fortran_order': ", ',') != "False") throw std::runtime_error("it is in columns-first order");
  NpyArray<T> array;
  array.shape = parse_shape(part_of(header, "'shape': (", ')'));
  // Checked against what is in the file before anything is allocated.
  std::uintmax_t left = (file_bytes - 10 - header_bytes) / sizeof(T);
  std::size_t size = 1;
  for (const std::int64_t extent : array.shape) {
    const auto e = static_cast<std::size_t>(extent);
    if (e != 0 && size > left / e) throw std::runtime_error("it is shorter than its shape says");
    size *= e;
  }
  array.values.resize(size);
  stream.read(reinterpret_cast<char*>(array.values.data()), static_cast<std::streamsize>(size * sizeof(T)));
  if (!stream) throw std::runtime_error("it is shorter than its shape says");
  return array;
}

}  // namespace

template <typename T>
void write_npy(const std::filesystem::path& file, Span<const T> values, const std::vector<std::int64_t>& shape) {
  std::string header = std::string("{'descr': '") + type_name<T>() + "', 'fortran_order': False, 'shape': (";
  for (const std::int64_t extent : shape) header += std::to_string(extent) + ",";
  header += "), }";
  header += std::string(63 - (magic.size() + 2 + header.size()) % 64, ' ') + "\n";  // data start at a multiple of 64
  std::string head(magic);
  head += static_cast<char>(header.size() % 256);
  head += static_cast<char>(header.size() / 256);
  head += header;
  std::ofstream stream(file, std::ios::binary);
  stream.write(head.data(), static_cast<std::streamsize>(head.size()));
  stream.write(reinterpret_cast<const char*>(values.data()), static_cast<std::streamsize>(values.size_bytes()));
  if (!stream.flush()) throw OutputError("cannot write " + file.string(), "is the disk full?");
}

template <typename T>
NpyArray<T> read_npy(const std::filesystem::path& file) {
  std::error_code error;
  const std::uintmax_t bytes = std::filesystem::file_size(file, error);
  std::ifstream stream(file, std::ios::binary);
  const std::string name = file.filename().string();
  if (error || !stream) throw std::runtime_error(name + " is missing");
  try {
    return read<T>(stream, bytes);
  } catch (const std::runtime_error& fault) {
    throw std::runtime_error(name + " cannot be read: " + fault.what());
  }
}

template void write_npy(const std::filesystem::path&, Span<const float>, const std::vector<std::int64_t>&);
template void write_npy(const std::filesystem::path&, Span<const std::int32_t>, const std::vector<std::int64_t>&);
template void write_npy(const std::filesystem::path&, Span<const std::int64_t>, const std::vector<std::int64_t>&);
template NpyArray<float> read_npy(const std::filesystem::path&);
template NpyArray<double> read_npy(const std::filesystem::path&);
template NpyArray<std::int32_t> read_npy(const std::filesystem::path&);
template NpyArray<std::int64_t> read_npy(const std::filesystem::path&);

}  // namespace embrace::peers
