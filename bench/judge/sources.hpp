// Sources of embeddings by the names that users write: one list, said once.
#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/judge/text_source.hpp"
#include "host/metadata/information.hpp"
#include "host/method.hpp"

namespace embrace::judge {

struct SourceSpec {
  enum class Kind {
    method,                  // als, hybrid/+movie
    blocks,                  // +genres, +genres+year
    file,                    // file:PATH, vectors of anybody's
    text,                    // text:FILE/titles, texts by static vectors of their tokens
    random,                  // normal numbers; where there is `of`, in its shape
    zero,                    // nothing: a judge of biases alone
    popularity,              // one number an item, ln(1 + ratings)
    shuffled,                // rows of `of` on other items
    shuffled_by_popularity,  // on other items of the same tenth by popularity
    oracle,                  // `of`, trained with the test ratings
  };
  std::string text;  // canonical
  Kind kind = Kind::zero;
  const Method* method = nullptr;
  Information information{};
  std::vector<std::string> blocks{};
  std::filesystem::path path{};  // of the file of vectors
  ItemText item_text = ItemText::titles;
  std::shared_ptr<const SourceSpec> of{};

  bool is_control() const { return kind >= Kind::random; }
};

/// Comma-separated; `all` is every method with vectors, on ratings. Each once, in the order given. Throws UsageError
/// with the nearest name.
std::vector<SourceSpec> parse_sources(const std::string& text);

/// Is it the name of a control?
bool names_control(const std::string& source);

/// For `list sources`: names with their meaning.
std::vector<std::pair<std::string, std::string>> source_names();

/// The task that a method is trained for as a source of a judge of `wanted`: that one where the method has it.
inline Task source_task(const Method& method, Task wanted) {
  const Traits& traits = method.info.traits;
  if (wanted == Task::rating) return traits.rating ? Task::rating : Task::ranking;
  return traits.ranking ? Task::ranking : Task::rating;
}

/// Does its trainer have vectors of items?
bool gives_vectors(const Method& method);

}  // namespace embrace::judge
