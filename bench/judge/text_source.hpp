// Texts about an item as vectors: means of the static vectors of their tokens.
#pragma once
#include <filesystem>

#include "bench/experiment.hpp"
#include "host/enum_text.hpp"
#include "host/judge/source_vectors.hpp"

namespace embrace {

namespace judge {
enum class ItemText { titles, genres, tags };
}  // namespace judge
template <>
inline constexpr std::array enum_texts<judge::ItemText> = {"titles", "genres", "tags"};

namespace judge {

/// titles: without the year; genres: their names, one behind the other; tags: each tag of the vocabulary of +tags a
/// text of its own, an item the mean of its tags weighted by tf-idf. An item without such a text is not known. `file`
/// is text_vectors()'s. Throws Unsupported for texts that the data do not have, DataError.
EntityVectors text_source(const Experiment& experiment, const std::filesystem::path& file, ItemText text,
                          Threads& threads);

}  // namespace judge
}  // namespace embrace
