#include "host/embedding/embedding_file.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "host/embedding/check.hpp"
#include "host/embedding/ids.hpp"
#include "host/error.hpp"
#include "host/span.hpp"

namespace embrace {
namespace {

/// Names of the tensors of items, or of users.
struct Names {
  const char *vectors, *ids, *id_offsets, *bias;
};
constexpr Names of_items = {"items", "item_ids", "item_id_offsets", "item_bias"};
constexpr Names of_users = {"users", "user_ids", "user_id_offsets", "user_bias"};
constexpr const char* offset_name = "offset";

/// Ids as tensors hold them.
struct IdBytes {
  bool are_text = false;
  Array<std::int64_t> numbers{};  // the ids, or the bounds of their text
  std::string text{};
};

IdBytes text_bytes(const std::vector<std::string>& ids) {
  IdBytes bytes{.are_text = true, .numbers{0}};
  for (const std::string& id : ids) {
    bytes.text += id;
    bytes.numbers.push_back(static_cast<std::int64_t>(bytes.text.size()));
  }
  return bytes;
}

IdBytes id_bytes(const std::vector<std::string>& ids) {
  IdBytes bytes;
  for (const std::string& id : ids) {
    std::int64_t number = -1;
    std::from_chars(id.data(), id.data() + id.size(), number);
    if (number < 0 || std::to_string(number) != id) return text_bytes(ids);
    bytes.numbers.push_back(number);
  }
  return bytes;
}

template <typename Numbers>
std::string_view bytes_of(const Numbers& numbers) {
  const Span<const typename Numbers::value_type> all(numbers);
  return {reinterpret_cast<const char*>(all.data()), all.size_bytes()};
}

TensorBytes matrix_bytes(const char* name, const Matrix& matrix) {
  const Span<const float> all(matrix.data(), matrix.size());
  return {
      name, "F32", {matrix.rows(), matrix.columns()}, {reinterpret_cast<const char*>(all.data()), all.size_bytes()}};
}

void add_ids(std::vector<TensorBytes>& tensors, const Names& names, const IdBytes& ids) {
  tensors.push_back({ids.are_text ? names.id_offsets : names.ids, "I64", {ids.numbers.size()}, bytes_of(ids.numbers)});
}

void add_vectors(std::vector<TensorBytes>& tensors, const Names& names, const Matrix& vectors,
                 const Array<float>& bias) {
  tensors.push_back(matrix_bytes(names.vectors, vectors));
  if (!bias.empty()) tensors.push_back({names.bias, "F32", {bias.size()}, bytes_of(bias)});
}

void add_text(std::vector<TensorBytes>& tensors, const Names& names, const IdBytes& ids) {
  if (ids.are_text) tensors.push_back({names.ids, "U8", {static_cast<std::int64_t>(ids.text.size())}, ids.text});
}

/// As many ids as there are bounds less one: 0, …, the text's length.
std::vector<std::string> text_ids(const TensorFile& file, const Names& names) {
  const std::string text = file.text(names.ids);
  if (!file.has(names.id_offsets)) {
    throw DataError(
        file.name() + ": tensor '" + names.ids + "' is text, and there is no tensor '" + names.id_offsets + "'",
        "give the bounds of the ids: 0, ..., the number of bytes");
  }
  const Array<std::int64_t> bounds = file.whole_numbers(names.id_offsets);
  const bool sound = !bounds.empty() && bounds.front() == 0 && std::is_sorted(bounds.begin(), bounds.end()) &&
                     bounds.back() == static_cast<std::int64_t>(text.size());
  if (!sound) {
    throw DataError(file.name() + ": tensor '" + names.id_offsets + "' does not divide the text of the ids",
                    "it goes from 0 to the number of bytes, ascending");
  }
  std::vector<std::string> ids;
  ids.reserve(static_cast<std::size_t>(bounds.size() - 1));
  for (std::int64_t i = 0; i + 1 < bounds.size(); ++i) {
    ids.push_back(
        text.substr(static_cast<std::size_t>(bounds[i]), static_cast<std::size_t>(bounds[i + 1] - bounds[i])));
  }
  return ids;
}

std::vector<std::string> ids_from(const TensorFile& file, const Names& names) {
  std::vector<std::string> given;
  if (file.type(names.ids) == "U8") {
    given = text_ids(file, names);
  } else {
    for (const std::int64_t number : file.whole_numbers(names.ids)) given.push_back(std::to_string(number));
  }
  IdList ids;
  for (std::size_t row = 0; row < given.size(); ++row) {
    const auto fault = ids.add(given[row], "row", static_cast<std::int64_t>(row));
    if (fault)
      throw DataError(file.name() + ": tensor '" + names.ids + "', row " + std::to_string(row) + ": " + *fault);
  }
  return ids.take();
}

}  // namespace

std::string write_embedding(const std::filesystem::path& path, const Embedding& e) {
  if (const std::string place = not_finite(e); !place.empty()) throw Diverged("the vectors are not finite: " + place);
  const IdBytes item_ids = id_bytes(e.item_ids), user_ids = id_bytes(e.user_ids);
  std::vector<TensorBytes> tensors;
  add_ids(tensors, of_items, item_ids);
  if (e.has_users()) add_ids(tensors, of_users, user_ids);
  add_vectors(tensors, of_items, e.items, e.item_bias);
  if (e.has_users()) add_vectors(tensors, of_users, e.users, e.user_bias);
  if (e.has_users() || e.offset != 0)
    tensors.push_back({offset_name, "F32", {}, bytes_of(Span<const float>(&e.offset, 1))});
  add_text(tensors, of_items, item_ids);
  if (e.has_users()) add_text(tensors, of_users, user_ids);
  return write_tensors(path, e.about, tensors);
}

Embedding embedding_from(const TensorFile& file) {
  Embedding e;
  e.items = file.matrix(of_items.vectors);
  e.item_ids = ids_from(file, of_items);
  if (file.has(of_items.bias)) e.item_bias = file.numbers(of_items.bias);
  if (file.has(of_users.vectors) || file.has(of_users.ids)) {
    e.users = file.matrix(of_users.vectors);
    e.user_ids = ids_from(file, of_users);
  }
  if (file.has(of_users.bias)) e.user_bias = file.numbers(of_users.bias);
  if (file.has(offset_name)) {
    const Array<float> offset = file.numbers(offset_name);
    if (offset.size() != 1) throw DataError(file.name() + ": tensor 'offset' is not one number");
    e.offset = offset[0];
  }
  e.about = file.metadata();
  require_sound(e, file.name());
  return e;
}

}  // namespace embrace
