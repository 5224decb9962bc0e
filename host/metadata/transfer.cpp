#include "host/metadata/transfer.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <unordered_map>

#include "host/error.hpp"
#include "host/metadata/names.hpp"

namespace embrace {
namespace {

constexpr double enough_agreement = 0.8;
constexpr std::size_t examples = 10;

bool share_a_key(const std::string& a, const std::string& b) {
  const auto x = title_keys(a), y = title_keys(b);
  return std::find_first_of(x.begin(), x.end(), y.begin(), y.end()) != x.end();
}

std::string count_of(std::int64_t part, std::int64_t whole) {
  return std::to_string(part) + " of " + std::to_string(whole);
}

/// Do movie ids mean the same movies? Fills the reason.
bool same_ids_by_title(const Catalogue& target, const Catalogue& source, TransferReport& report) {
  std::unordered_map<std::int64_t, const Movie*> by_id;
  for (const Movie& movie : source.movies) by_id.emplace(movie.id, &movie);
  std::int64_t common = 0, agree = 0;
  for (const Movie& movie : target.movies) {
    const auto found = by_id.find(movie.id);
    if (found == by_id.end()) continue;
    ++common;
    agree += share_a_key(movie.title, found->second->title) ? 1 : 0;
  }
  report.reason = "the titles of " + count_of(agree, common) + " common movie ids agree";
  return common > 0 && static_cast<double>(agree) >= enough_agreement * static_cast<double>(common);
}

/// The same for a source without titles: tags that are the name of a genre. They count as agreeing when they hit
/// movies of that genre at least half way between chance and always.
bool same_ids_by_genre(const Dataset& target, const Catalogue& source, TransferReport& report) {
  std::unordered_map<std::int64_t, std::set<std::string>> genres;
  std::map<std::string, double> share;
  for (const Movie& movie : target.catalogue.movies) {
    auto& set = genres[movie.id];
    for (const std::string& genre : movie.genres) set.insert(normalise_tag(genre));
    for (const std::string& genre : set) share[genre] += 1;
  }
  double uses = 0, hits = 0, chance = 0;
  for (const TagUse& use : source.tags) {
    const auto movie = genres.find(use.item);
    const auto genre = share.find(normalise_tag(use.tag));
    if (movie == genres.end() || genre == share.end()) continue;
    uses += 1;
    hits += movie->second.count(genre->first) > 0 ? 1 : 0;
    chance += genre->second / static_cast<double>(genres.size());
  }
  report.reason = "tags that name a genre fit the movie with their id in " +
                  count_of(static_cast<std::int64_t>(hits), static_cast<std::int64_t>(uses)) + " cases, " +
                  std::to_string(static_cast<std::int64_t>(chance)) + " by chance";
  constexpr double enough = 20;
  return uses >= enough && hits >= (uses + chance) / 2;
}

/// How sure a match is, best first.
constexpr std::array<const char*, 5> ways = {"movie id", "title", "other name", "title, a year off",
                                             "part of the title"};
enum Way : std::size_t { by_movie_id, by_title, by_other_name, by_near_year, by_part };

struct Found {
  std::vector<std::int64_t> ids;  // raw source ids; empty: not found
  Way way = by_movie_id;
};

/// What each target movie with ratings is in the source, by item index.
using Match = std::vector<Found>;

/// Does one title begin or end with the whole other one? Both are keys: words with single spaces.
bool is_part(const std::string& a, const std::string& b) {
  const std::string& part = a.size() < b.size() ? a : b;
  const std::string& whole = a.size() < b.size() ? b : a;
  if (part.find(' ') == std::string::npos || whole.size() == part.size()) return false;
  return whole.compare(0, part.size() + 1, part + " ") == 0 ||
         whole.compare(whole.size() - part.size() - 1, part.size() + 1, " " + part) == 0;
}

/// Where a title may be found: by key and year.
class TitleIndex {
 public:
  explicit TitleIndex(const std::vector<Movie>& movies) {
    for (const Movie& movie : movies) {
      const std::optional<int> year = year_of(movie);
      if (!year) continue;
      const auto keys = title_keys(movie.title);
      for (std::size_t k = 0; k < keys.size(); ++k) {
        (k == 0 ? main_ : other_)[{*year, keys[k]}].push_back(movie.id);
      }
    }
  }

  Found find(const Movie& movie) const {
    const std::optional<int> year = year_of(movie);
    const auto keys = title_keys(movie.title);
    if (!year || keys.empty()) return {};
    if (auto ids = look(main_, keys.front(), *year); !ids.empty()) return {ids, by_title};
    for (const std::string& key : keys) {
      if (auto ids = look(other_, key, *year); !ids.empty()) return {ids, by_other_name};
      if (auto ids = look(main_, key, *year); !ids.empty()) return {ids, by_other_name};
    }
    for (const int away : {-1, 1}) {
      if (keys.front().find(' ') == std::string::npos) break;  // one word is soon another movie's title as well
      if (auto ids = look(main_, keys.front(), *year + away); !ids.empty()) return {ids, by_near_year};
    }
    return {part_of(keys.front(), *year), by_part};
  }

 private:
  using Index = std::map<std::pair<int, std::string>, std::vector<std::int64_t>>;
  /// Titles carry the year by which releases agree; a catalogue's own year may be that of another country.
  static std::optional<int> year_of(const Movie& movie) {
    const auto year = year_in_title(movie.title);
    return year ? year : movie.year;
  }
  static std::vector<std::int64_t> look(const Index& index, const std::string& key, int year) {
    const auto found = index.find({year, key});
    return found == index.end() ? std::vector<std::int64_t>{} : found->second;
  }
  /// Nothing when two titles of the year would do.
  std::vector<std::int64_t> part_of(const std::string& key, int year) const {
    const std::vector<std::int64_t>* only = nullptr;
    for (auto entry = main_.lower_bound({year, ""}); entry != main_.end() && entry->first.first == year; ++entry) {
      if (!is_part(key, entry->first.second)) continue;
      if (only != nullptr) return {};
      only = &entry->second;
    }
    return only == nullptr ? std::vector<std::int64_t>{} : *only;
  }
  Index main_, other_;
};

/// Movies of the catalogue by item index; null for items that it does not describe.
std::vector<const Movie*> rated_movies(const Dataset& target) {
  std::vector<const Movie*> movies(target.ratings.item_ids.size());
  for (const Movie& movie : target.catalogue.movies) {
    const std::int32_t item = index_of(target.ratings.item_ids, movie.id);
    if (item >= 0) movies[static_cast<std::size_t>(item)] = &movie;
  }
  return movies;
}

Match match_by_id(const Dataset& target, const Catalogue& source) {
  std::set<std::int64_t> known;
  for (const Movie& movie : source.movies) known.insert(movie.id);
  for (const TagUse& use : source.tags) known.insert(use.item);
  Match match(target.ratings.item_ids.size());
  for (std::size_t item = 0; item < match.size(); ++item) {
    if (known.count(target.ratings.item_ids[item]) > 0) match[item].ids.push_back(target.ratings.item_ids[item]);
  }
  return match;
}

Match match_by_title(const Dataset& target, const Catalogue& source) {
  const TitleIndex index(source.movies);
  const auto movies = rated_movies(target);
  Match match(movies.size());
  for (std::size_t item = 0; item < movies.size(); ++item) {
    if (movies[item] != nullptr) match[item] = index.find(*movies[item]);
  }
  return match;
}

/// Appends the uses and counts them.
void append_uses(Dataset& target, const Catalogue& source, const Match& match, TransferReport& report) {
  std::unordered_map<std::int64_t, std::vector<std::int64_t>> targets;  // source id → raw target ids
  for (std::size_t item = 0; item < match.size(); ++item) {
    for (const std::int64_t id : match[item].ids) targets[id].push_back(target.ratings.item_ids[item]);
  }
  std::set<std::tuple<std::int64_t, std::int64_t, std::string, std::optional<std::int64_t>>> own;
  for (const TagUse& use : target.catalogue.tags) own.emplace(use.user, use.item, use.tag, use.time);
  const bool nobody =
      std::all_of(source.tags.begin(), source.tags.end(), [](const TagUse& use) { return use.user == 0; });
  std::set<std::string> tags, tags_matched;
  std::set<std::int64_t> movies, movies_matched, tagged;
  for (const TagUse& use : source.tags) {
    const std::string name = normalise_tag(use.tag);
    tags.insert(name);
    movies.insert(use.item);
    const auto found = targets.find(use.item);
    if (found == targets.end()) continue;
    ++report.uses_matched;
    bool known = true;
    for (const std::int64_t id : found->second) {
      if (own.count({use.user, id, use.tag, use.time}) > 0) continue;
      known = false;
      target.catalogue.tags.push_back({nobody ? -1 : use.user, id, use.tag, nobody ? std::nullopt : use.time, true});
      tagged.insert(id);
    }
    report.uses_known += known ? 1 : 0;
    tags_matched.insert(name);
    movies_matched.insert(use.item);
  }
  report.uses = static_cast<std::int64_t>(source.tags.size());
  report.tags = static_cast<std::int64_t>(tags.size());
  report.tags_matched = static_cast<std::int64_t>(tags_matched.size());
  report.source_movies = static_cast<std::int64_t>(movies.size());
  report.source_movies_matched = static_cast<std::int64_t>(movies_matched.size());
  report.movies_tagged = static_cast<std::int64_t>(tagged.size());
  for (const std::int32_t item : target.ratings.items) {
    report.ratings_covered += tagged.count(target.ratings.item_ids[static_cast<std::size_t>(item)]) > 0 ? 1 : 0;
  }
}

void describe_match(const Dataset& target, const Catalogue& source, const Match& match, TransferReport& report) {
  std::unordered_map<std::int64_t, const Movie*> by_id;
  for (const Movie& movie : source.movies) by_id.emplace(movie.id, &movie);
  const auto movies = rated_movies(target);
  std::vector<std::int64_t> ratings(movies.size());
  for (const std::int32_t item : target.ratings.items) ++ratings[static_cast<std::size_t>(item)];
  std::vector<std::size_t> order(movies.size());
  for (std::size_t item = 0; item < order.size(); ++item) order[item] = item;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return ratings[a] > ratings[b]; });
  std::array<std::int64_t, ways.size()> found_by{};
  for (const Found& found : match) found_by[found.way] += found.ids.empty() ? 0 : 1;
  for (std::size_t way = 0; way < ways.size(); ++way) {
    report.movies_found += found_by[way];
    if (found_by[way] > 0) report.found_by.emplace_back(ways[way], found_by[way]);
  }
  for (const std::size_t item : order) {
    if (movies[item] == nullptr) continue;
    const std::string& title = movies[item]->title;
    if (match[item].ids.empty()) {
      if (report.examples_missed.size() < examples) report.examples_missed.push_back(title);
      continue;
    }
    const auto found = by_id.find(match[item].ids.front());
    if (found == by_id.end() || found->second->title == title || report.examples_matched.size() >= examples) continue;
    report.examples_matched.push_back(title + " = " + found->second->title);
  }
}

}  // namespace

TransferReport transfer_tags(Dataset& target, const Catalogue& source) {
  if (target.catalogue.movies.empty()) {
    throw DataError("tags cannot travel to " + target.name + ": it has no movie titles",
                    "give data with movies.dat, movies.csv or u.item");
  }
  if (source.tags.empty())
    throw DataError("the folder that tags should come from has no tags", "give one with tags.dat or tags.csv");
  TransferReport report;
  report.movies = target.ratings.item_count();
  report.ratings = target.ratings.size();
  const bool titles = !source.movies.empty();
  const bool by_id =
      titles ? same_ids_by_title(target.catalogue, source, report) : same_ids_by_genre(target, source, report);
  if (!by_id && !titles) {
    throw DataError("tags without titles cannot travel to " + target.name + ": " + report.reason,
                    "give a folder that has movies.dat or movies.csv beside its tags");
  }
  report.by = by_id ? "movie id" : "title and year";
  const Match match = by_id ? match_by_id(target, source) : match_by_title(target, source);
  append_uses(target, source, match, report);
  describe_match(target, source, match, report);
  return report;
}

}  // namespace embrace
