#include "bench/cli/titles.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "host/embedding/ids.hpp"
#include "host/error.hpp"
#include "host/metadata/names.hpp"
#include "host/text.hpp"

namespace embrace::cli {
namespace {

constexpr const char* no_rating = "it had no training rating";

/// The keys of a title by which it is found, the main one first; of its own year only, when it has one.
struct Sought {
  std::vector<std::string> keys;
  std::optional<int> year;
};

Sought sought(const std::string& text) { return {title_keys(bare_title(text)), year_in_title(text)}; }

bool matches(const Sought& wanted, const Sought& title) {
  if (wanted.keys.empty() || (wanted.year && wanted.year != title.year)) return false;
  return std::find(title.keys.begin(), title.keys.end(), wanted.keys.front()) != title.keys.end();
}

}  // namespace

Titles::Titles(const Dataset& dataset) {
  for (const Movie& movie : dataset.catalogue.movies) {
    if (movie.title.empty()) continue;
    const std::string id = std::to_string(movie.id);
    if (titles_.emplace(id, movie.title).second) ids_.push_back(id);
  }
}

std::string Titles::of(const std::string& id) const {
  const auto found = titles_.find(id);
  return found == titles_.end() ? "" : found->second;
}

std::string Titles::find_item(const std::string& text, const Embedding& embedding) const {
  const auto has_vector = [&](const std::string& id) {
    return std::find(embedding.item_ids.begin(), embedding.item_ids.end(), id) != embedding.item_ids.end();
  };
  std::string as_id = canonical_id(text);
  if (has_vector(as_id)) return as_id;
  if (titles_.contains(as_id)) {
    throw UsageError(fmt::format("{} ({}) has no vector", of(as_id), as_id), no_rating);
  }
  std::vector<std::string> found;
  const Sought wanted = sought(text);
  for (const std::string& id : ids_) {
    const std::string& title = titles_.at(id);
    if (title == text) {
      found.assign(1, id);
      break;
    }
    if (matches(wanted, sought(title))) found.push_back(id);
  }
  if (found.size() > 1) std::erase_if(found, [&](const std::string& id) { return !has_vector(id); });
  if (found.size() > 1) {
    std::string all;
    for (const std::string& id : found) all += fmt::format("{}{} ({})", all.empty() ? "" : ", ", of(id), id);
    throw UsageError(fmt::format("'{}' may be {} items", text, found.size()), "give one of " + all);
  }
  if (found.empty()) {
    const std::string hint =
        empty() ? "titles need the data: -d DATA" : fmt::format("nearest: {}", fmt::join(nearest(text), ", "));
    throw UsageError("there is no item '" + text + "'", hint);
  }
  if (!has_vector(found.front())) {
    throw UsageError(fmt::format("{} ({}) has no vector", of(found.front()), found.front()), no_rating);
  }
  return found.front();
}

/// Titles that contain the text first, then those that differ from it in the fewest letters.
std::vector<std::string> Titles::nearest(const std::string& text) const {
  constexpr std::size_t most = 5, longest = 200;  // of a longer text no title is near
  const std::string wanted = lower_case(bare_title(text).substr(0, longest));
  std::vector<std::pair<std::size_t, std::string>> ranked;
  for (const std::string& id : ids_) {
    const std::string title = lower_case(bare_title(titles_.at(id)));
    const bool contains = title.find(wanted) != std::string::npos;
    ranked.emplace_back(contains ? 0 : 1 + edit_distance(wanted, title), titles_.at(id));
  }
  std::stable_sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> names;
  for (std::size_t i = 0; i < std::min(most, ranked.size()); ++i) names.push_back("'" + ranked[i].second + "'");
  return names;
}

}  // namespace embrace::cli
