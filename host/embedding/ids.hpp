// Ids of an embedding's rows, as they come from files that anyone may have made.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace embrace {

inline constexpr std::size_t longest_id = 1024;

/// The id as it stands in the data: digits that are a whole number up to 2^63-1 lose their leading zeros, any other
/// text stays as it is.
std::string canonical_id(std::string_view text);

/// Why the text cannot be an id; nothing when it can: UTF-8 of 1 to longest_id bytes, no control characters.
std::optional<std::string> id_fault(std::string_view text);

/// Ids in the order in which they come, each once.
class IdList {
 public:
  /// Why the text was not taken; nothing when it was. `what` is the place's name, "line", and `place` its number, for
  /// what is said of an id that comes again.
  std::optional<std::string> add(std::string_view text, const char* what, std::int64_t place);
  std::vector<std::string> take() { return std::move(ids_); }

 private:
  std::vector<std::string> ids_;
  std::unordered_map<std::string, std::int64_t> places_;
};

}  // namespace embrace
