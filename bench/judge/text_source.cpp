#include "bench/judge/text_source.hpp"

#include <algorithm>

#include "host/embedding/text_vectors.hpp"
#include "host/error.hpp"
#include "host/math/vector_math.hpp"
#include "host/metadata/movies.hpp"
#include "host/metadata/names.hpp"
#include "host/metadata/tags.hpp"

namespace embrace::judge {
namespace {

EntityVectors of_tags(const Experiment& experiment, const std::filesystem::path& file) {
  const TagTable table = count_tags(experiment.dataset, experiment.fold);
  if (table.vocabulary.empty()) throw Unsupported("text: the data has no tag that is common enough");
  std::vector<std::string> texts;
  for (const std::int32_t place : table.vocabulary) texts.push_back(table.tags[static_cast<std::size_t>(place)].tag);
  const Matrix tags = text_vectors(texts, file);
  const CsrView weights = table.weights.view();
  EntityVectors out{Matrix(weights.rows, tags.columns()), Array<std::uint8_t>(weights.rows, 0)};
  for (std::int64_t i = 0; i < weights.rows; ++i) {
    for (std::int64_t e = weights.offsets[i]; e < weights.offsets[i + 1]; ++e) {
      add_scaled(weights.values[e], tags.row(weights.indices[e]), out.rows.row(i), tags.columns());
      out.known[i] = 1;
    }
  }
  return out;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

}  // namespace

EntityVectors text_source(const Experiment& experiment, const std::filesystem::path& file, ItemText text,
                          Threads& threads) {
  if (text == ItemText::tags) return of_tags(experiment, file);
  const MovieTable table = movie_table(experiment.dataset, experiment.fold, threads);
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < table.title.size(); ++i) {
    texts.push_back(text == ItemText::titles ? std::string(bare_title(table.title[i])) : joined(table.genres[i]));
  }
  const bool none = std::all_of(texts.begin(), texts.end(), [](const std::string& t) { return t.empty(); });
  if (none) throw Unsupported("text: the data has no " + to_text(text));
  EntityVectors out{text_vectors(texts, file), {}};
  for (const std::string& t : texts) out.known.push_back(t.empty() ? 0 : 1);
  return out;
}

}  // namespace embrace::judge
