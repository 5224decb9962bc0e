#include "host/data/read/catalogue.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

#include "host/data/read/text_encoding.hpp"
#include "host/error.hpp"
#include "host/text.hpp"
#include "host/threads.hpp"

namespace embrace {
namespace {

/// All genres of the MovieLens releases.
constexpr std::array<std::string_view, 21> published_genres = {
    "unknown", "Action",      "Adventure", "Animation", "Children's", "Children", "Comedy",
    "Crime",   "Documentary", "Drama",     "Fantasy",   "Film-Noir",  "Horror",   "IMAX",
    "Musical", "Mystery",     "Romance",   "Sci-Fi",    "Thriller",   "War",      "Western"};

void warn_of_genres(const std::vector<Movie>& movies, std::vector<std::string>& warnings) {
  std::map<std::string, std::int64_t> unknown;
  for (const Movie& movie : movies) {
    for (const std::string& genre : movie.genres) {
      const bool known = std::find(published_genres.begin(), published_genres.end(), genre) != published_genres.end();
      if (!known) ++unknown[genre];
    }
  }
  constexpr std::size_t most_named = 5;
  std::string names;
  std::size_t named = 0;
  for (const auto& [genre, count] : unknown) {
    if (named++ == most_named) {
      names += ", …";
      break;
    }
    names += (names.empty() ? "" : ", ") + excerpt(genre) + " (" + std::to_string(count) + " movies)";
  }
  if (!unknown.empty()) {
    warnings.push_back(std::to_string(unknown.size()) + " genres are unknown to MovieLens and kept: " + names);
  }
}

/// A file that is neither UTF-8 nor plain Latin-1 is a mixture; somebody's titles are garbled then.
void warn_of_mixture(const InputFile& file, std::vector<std::string>& warnings) {
  const std::string_view text = file.text();
  if (encoding_of(text) == Encoding::utf8) return;
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    if (static_cast<unsigned char>(text[i]) < 0xC2) continue;
    if (valid_utf8(text.substr(i, 2)) || valid_utf8(text.substr(i, 3))) {
      warnings.push_back(file.name() +
                         " is not UTF-8 throughout; read as Latin-1, so some of its letters may be wrong");
      return;
    }
  }
}

std::vector<UserProfile> read_users(const OpenSource& open, BadRows& bad) {
  return open.source.catalogue.layout == Layout::ml_100k ? read_users_100k(*open.users, bad)
                                                         : read_users_dat(*open.users, bad);
}

std::vector<Movie> read_movies(const OpenSource& open, BadRows& bad) {
  switch (open.source.catalogue.layout) {
    case Layout::ml_100k:
      return read_movies_100k(*open.movies, open.genres ? &*open.genres : nullptr, bad);
    case Layout::ml_dat:
      return read_movies_dat(*open.movies, bad);
    default:
      return read_movies_csv(*open.movies, bad);
  }
}

std::vector<TagUse> read_tags(const OpenSource& open, BadRows& bad) {
  return open.source.catalogue.layout == Layout::ml_dat ? read_tags_dat(*open.tags, bad)
                                                        : read_tags_csv(*open.tags, bad);
}

}  // namespace

std::optional<int> year_in_title(const std::string& title) {
  const std::size_t open = title.rfind('(');
  if (open == std::string::npos || title.size() < open + 6) return std::nullopt;
  int year = 0;
  for (std::size_t i = open + 1; i < open + 5; ++i) {
    if (title[i] < '0' || title[i] > '9') return std::nullopt;
    year = year * 10 + (title[i] - '0');
  }
  const bool another_digit = title[open + 5] >= '0' && title[open + 5] <= '9';
  if (another_digit || title.find(')', open) == std::string::npos || year < 1870 || year > 2100) return std::nullopt;
  return year;
}

std::vector<std::string> genres_of(const std::string& text) {
  if (text == "(no genres listed)") return {};
  std::vector<std::string> genres = split_text(text, '|');
  genres.erase(std::remove(genres.begin(), genres.end(), ""), genres.end());
  return genres;
}

Catalogue read_catalogue(const OpenSource& files, BadRows& bad, std::vector<std::string>& warnings, Threads& threads) {
  Catalogue catalogue;
  BadRows bad_users(bad.allowed()), bad_movies(bad.allowed()), bad_tags(bad.allowed());
  threads.for_each(3, [&](std::int64_t t, int) {
    if (t == 0 && files.tags) catalogue.tags = read_tags(files, bad_tags);  // the longest first
    if (t == 1 && files.movies) catalogue.movies = read_movies(files, bad_movies);
    if (t == 2 && files.users) catalogue.users = read_users(files, bad_users);
  });
  bad.append(std::move(bad_users));
  bad.append(std::move(bad_movies));
  bad.append(std::move(bad_tags));
  for (const auto* const file : {&files.users, &files.movies, &files.tags}) {
    if (*file) warn_of_mixture(**file, warnings);
  }
  warn_of_genres(catalogue.movies, warnings);
  return catalogue;
}

Catalogue read_catalogue(const std::filesystem::path& folder, Threads& threads) {
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error)) {
    throw DataError(folder.string() + ": is not a folder", "give a folder with tags.dat, tags.csv, movies.dat, …");
  }
  Source source;
  source.folder = folder;
  source.catalogue = find_catalogue(folder);
  const CatalogueFiles& found = source.catalogue;
  if (!found.users && !found.movies && !found.tags) {
    throw DataError(folder.string() + ": has no users, movies or tags",
                    "looked for u.user, u.item, users.dat, movies.dat, tags.dat, movies.csv, tags.csv, plain or .gz");
  }
  const OpenSource files = open_source(std::move(source), threads);
  BadRows bad(0);
  std::vector<std::string> warnings;
  Catalogue catalogue = read_catalogue(files, bad, warnings, threads);
  bad.throw_if_too_many();
  for (const InputFile* const file : files.files()) file->check_unchanged();
  return catalogue;
}

}  // namespace embrace
