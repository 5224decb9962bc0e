#include "host/embedding/tensor_file.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "host/data/read/text_encoding.hpp"
#include "host/digest.hpp"
#include "host/error.hpp"
#include "host/files.hpp"

namespace embrace {
namespace {

// Not ordered_json: its objects take quadratic time for a hostile number of keys.
using Json = nlohmann::json;

static_assert(std::endian::native == std::endian::little, "tensors are read and written as they lie in memory");

constexpr std::int64_t length_bytes = 8;
constexpr std::int64_t largest_header = largest_text;
constexpr int deepest = 4;  // header, tensor, shape
constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();

struct TypeSize {
  const char* name;
  std::int64_t bytes;
};
constexpr TypeSize type_sizes[] = {{"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"I16", 2}, {"U16", 2}, {"F16", 2}, {"BF16", 2},
                                   {"I32", 4},  {"U32", 4}, {"F32", 4}, {"I64", 8}, {"U64", 8}, {"F64", 8}};

/// Nothing for a type that is newer than this program: such a tensor may lie in the file, unread.
std::optional<std::int64_t> size_of(const std::string& type) {
  for (const TypeSize& known : type_sizes) {
    if (type == known.name) return known.bytes;
  }
  return std::nullopt;
}

constexpr std::pair<const char*, FloatType> float_types[] = {
    {"F16", FloatType::f16}, {"BF16", FloatType::bf16}, {"F32", FloatType::f32}, {"F64", FloatType::f64}};

/// Throws std::runtime_error with the reason.
Json parse_header(const std::string& text) {
  std::vector<std::set<std::string>> keys;
  const auto callback = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (depth > deepest) throw std::runtime_error("is nested too deep");
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key && !keys.back().insert(parsed.get<std::string>()).second) {
      throw std::runtime_error("gives '" + excerpt(parsed.get<std::string>()) + "' twice");
    }
    return true;
  };
  try {
    Json header = Json::parse(text, callback);
    if (!header.is_object()) throw std::runtime_error("is no JSON object");
    return header;
  } catch (const Json::exception&) {
    throw std::runtime_error("is no JSON");
  }
}

bool is_size(const Json& value) {
  return value.is_number_unsigned() && value.get<std::uint64_t>() <= static_cast<std::uint64_t>(largest);
}

bool are_sizes(const Json& value) { return value.is_array() && std::all_of(value.begin(), value.end(), is_size); }

/// Nothing when it is beyond 2^63-1.
std::optional<std::int64_t> product(const std::vector<std::int64_t>& shape, std::int64_t factor) {
  if (std::find(shape.begin(), shape.end(), 0) != shape.end()) return 0;
  for (const std::int64_t extent : shape) {
    if (factor > largest / extent) return std::nullopt;
    factor *= extent;
  }
  return factor;
}

}  // namespace

bool TensorFile::begins_like(std::string_view head) {
  constexpr std::string_view no_text("\0\0\0\0{", 5);  // the upper half of a length below 4 GiB, then JSON
  return head.size() > length_bytes && head.substr(length_bytes - 4).starts_with(no_text);
}

TensorFile::TensorFile(const std::filesystem::path& path) : path_(path), file_(path) {
  const std::int64_t size = file_.status().st_size;
  std::uint64_t length = 0;
  if (size < length_bytes) fail("is too short for a file of tensors");
  file_.read_at(0, reinterpret_cast<char*>(&length), sizeof length);
  if (length > static_cast<std::uint64_t>(size - length_bytes))
    fail("its header is longer than the file", "is it whole?");
  if (length > static_cast<std::uint64_t>(largest_header))
    fail("its header is larger than 16 MiB", "is it the right file?");
  std::string header(length, '\0');
  file_.read_at(length_bytes, header.data(), header.size());
  begin_ = length_bytes + static_cast<std::int64_t>(length);
  take_header(header);
  check_places();
}

void TensorFile::take_header(const std::string& text) {
  Json header;
  try {
    header = parse_header(text);
  } catch (const std::runtime_error& error) {
    fail(std::string("its header ") + error.what(), "is it safetensors?");
  }
  if (const auto metadata = header.find("__metadata__"); metadata != header.end()) {
    if (!metadata->is_object()) fail("its __metadata__ is no object");
    for (const auto& fact : metadata->items()) {
      if (!fact.value().is_string()) fail("its __metadata__ '" + excerpt(fact.key()) + "' is no text");
      metadata_[fact.key()] = fact.value().get<std::string>();
    }
    header.erase(metadata);
  }
  for (const auto& entry : header.items()) {
    const std::string what = "tensor '" + excerpt(entry.key()) + "'";
    const Json& value = entry.value();
    if (!value.is_object()) fail(what + " is not described by an object");
    const Json type = value.value("dtype", Json());
    const Json shape = value.value("shape", Json());
    const Json places = value.value("data_offsets", Json());
    if (!type.is_string()) fail(what + " has no dtype");
    if (!are_sizes(shape)) fail(what + ": its shape is no list of sizes");
    if (!are_sizes(places) || places.size() != 2) fail(what + ": its data_offsets are not two places");
    tensors_[entry.key()] = {type.get<std::string>(), shape.get<std::vector<std::int64_t>>(),
                             places[0].get<std::int64_t>(), places[1].get<std::int64_t>()};
  }
}

/// As the format wants it: within the file, each as long as type and shape say, without overlaps and without holes.
void TensorFile::check_places() const {
  const std::int64_t data = file_.status().st_size - begin_;
  std::vector<std::tuple<std::int64_t, std::int64_t, std::string>> order;
  for (const auto& [name, tensor] : tensors_) {
    const std::string what = "tensor '" + excerpt(name) + "'";
    if (tensor.begin > tensor.end || tensor.end > data) fail(what + " lies outside the file", "is it whole?");
    const std::optional<std::int64_t> element = size_of(tensor.type);
    if (element && product(tensor.shape, *element) != tensor.end - tensor.begin) {
      fail(what + " has " + std::to_string(tensor.end - tensor.begin) + " bytes, which is not what its shape says");
    }
    order.emplace_back(tensor.begin, tensor.end, name);
  }
  std::sort(order.begin(), order.end());
  std::int64_t end = 0;
  for (const auto& [begin, stop, name] : order) {
    if (begin < end) fail("tensor '" + excerpt(name) + "' lies over another one");
    if (begin > end) fail("there is a hole before tensor '" + excerpt(name) + "'");
    end = stop;
  }
  if (end != data) fail("has " + std::to_string(data - end) + " bytes behind its last tensor", "is it damaged?");
}

std::vector<std::string> TensorFile::names() const {
  std::vector<std::string> names;
  for (const auto& entry : tensors_) names.push_back(entry.first);
  return names;
}

const TensorFile::Tensor& TensorFile::find(const std::string& tensor) const {
  const auto found = tensors_.find(tensor);
  if (found != tensors_.end()) return found->second;
  std::string all;
  for (const std::string& name : names()) all += (all.empty() ? "" : ", ") + excerpt(name);
  fail("has no tensor '" + tensor + "'", "it has " + (all.empty() ? "none" : excerpt(all, 200)));
}

const TensorFile::Tensor& TensorFile::find(const std::string& tensor, std::size_t extents) const {
  const Tensor& found = find(tensor);
  if (found.shape.size() != extents) {
    fail("tensor '" + tensor + "' has " + std::to_string(found.shape.size()) + " extents, not " +
         std::to_string(extents));
  }
  return found;
}

void TensorFile::read(const Tensor& tensor, std::int64_t offset, void* to, std::size_t bytes) const {
  file_.read_at(begin_ + tensor.begin + offset, static_cast<char*>(to), bytes);
}

FloatType TensorFile::float_type_of(const std::string& tensor) const {
  const std::string& type = find(tensor).type;
  for (const auto& [name, known] : float_types) {
    if (type == name) return known;
  }
  fail("tensor '" + tensor + "' is of " + excerpt(type), "F32, F16, BF16 and F64 are read");
}

void TensorFile::read_floats(const Tensor& tensor, FloatType type, Span<float> to) const {
  constexpr std::int64_t most = std::int64_t{1} << 18U;
  std::string bytes;
  for (std::int64_t first = 0; first < to.size(); first += most) {
    const std::int64_t part = std::min(most, to.size() - first);
    bytes.resize(static_cast<std::size_t>(part * bytes_of(type)));
    read(tensor, first * bytes_of(type), bytes.data(), bytes.size());
    floats_from_bytes(type, bytes.data(), to.subspan(first, part));
  }
}

Matrix TensorFile::matrix(const std::string& tensor) const {
  const Tensor& found = find(tensor, 2);
  const FloatType type = float_type_of(tensor);
  if (found.begin == found.end) fail("tensor '" + tensor + "' has no numbers");
  Matrix matrix(found.shape[0], found.shape[1]);
  read_floats(found, type, {matrix.data(), matrix.size()});
  return matrix;
}

Array<float> TensorFile::numbers(const std::string& tensor) const {
  const bool single = find(tensor).shape.empty();
  const Tensor& found = find(tensor, single ? 0 : 1);
  const FloatType type = float_type_of(tensor);
  Array<float> numbers(single ? 1 : found.shape[0]);
  read_floats(found, type, numbers);
  return numbers;
}

template <typename Integer>
Array<std::int64_t> TensorFile::widened(const std::string& name, const Tensor& tensor) const {
  Array<Integer> read_numbers(tensor.shape[0]);
  read(tensor, 0, read_numbers.data(), static_cast<std::size_t>(tensor.end - tensor.begin));
  const auto fits = [](Integer value) { return std::in_range<std::int64_t>(value); };
  if (!std::all_of(read_numbers.begin(), read_numbers.end(), fits)) {
    fail("tensor '" + name + "' has a number beyond 2^63-1");
  }
  return std::vector<std::int64_t>(read_numbers.begin(), read_numbers.end());
}

Array<std::int64_t> TensorFile::whole_numbers(const std::string& tensor) const {
  const Tensor& found = find(tensor, 1);
  if (found.type == "I64") return widened<std::int64_t>(tensor, found);
  if (found.type == "I32") return widened<std::int32_t>(tensor, found);
  if (found.type == "U64") return widened<std::uint64_t>(tensor, found);
  if (found.type == "U32") return widened<std::uint32_t>(tensor, found);
  fail("tensor '" + tensor + "' is of " + excerpt(found.type), "I64, I32, U64 and U32 are read");
}

std::string TensorFile::text(const std::string& tensor) const {
  const Tensor& found = find(tensor, 1);
  if (found.type != "U8") fail("tensor '" + tensor + "' is of " + found.type + ", not U8");
  std::string bytes(static_cast<std::size_t>(found.end - found.begin), '\0');
  read(found, 0, bytes.data(), bytes.size());
  return bytes;
}

void TensorFile::fail(const std::string& reason, const std::string& hint) const {
  throw DataError(name() + ": " + reason, hint);
}

std::string write_tensors(const std::filesystem::path& path, const std::map<std::string, std::string>& metadata,
                          const std::vector<TensorBytes>& tensors) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::size_t end = 0;
  for (const TensorBytes& tensor : tensors) {
    const std::size_t begin = std::exchange(end, end + tensor.bytes.size());
    header[tensor.name] = {{"dtype", tensor.type}, {"shape", tensor.shape}, {"data_offsets", {begin, end}}};
  }
  std::string text = header.dump(-1, ' ', false, Json::error_handler_t::replace);
  text.append((8 - text.size() % 8) % 8, ' ');  // numbers begin at a multiple of 8
  const std::uint64_t length = text.size();
  AtomicFile file(path);
  Sha256 digest;
  const auto write = [&](std::string_view bytes) {
    file.write(bytes);
    digest.add(bytes);
  };
  write({reinterpret_cast<const char*>(&length), sizeof length});
  write(text);
  for (const TensorBytes& tensor : tensors) write(tensor.bytes);
  file.publish();
  return digest.hex();
}

}  // namespace embrace
