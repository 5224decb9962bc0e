// Tags that travel: what people of another release said about the same movies.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "host/data/dataset.hpp"

namespace embrace {

/// What a join of tags matched and missed. Movies of the target are those with ratings.
struct TransferReport {
  std::string by;                  // "movie id" or "title and year"
  std::string reason;              // why: how many titles of common ids agree, …
  std::int64_t uses = 0;           // rows of tags in the source
  std::int64_t uses_matched = 0;   // of these, on a movie that is in the target
  std::int64_t uses_known = 0;     // of the matched, left out: the target has this very row itself
  std::int64_t tags = 0;           // distinct normalised tags in the source
  std::int64_t tags_matched = 0;   // of these, on a movie of the target
  std::int64_t source_movies = 0;  // with tags
  std::int64_t source_movies_matched = 0;
  std::int64_t movies = 0;                                     // of the target
  std::int64_t movies_found = 0;                               // of these, found in the source, with or without tags
  std::vector<std::pair<std::string, std::int64_t>> found_by;  // "title", "other name", …: movies_found by how
  std::int64_t movies_tagged = 0;                              // of these, with at least one tag that travelled
  std::int64_t ratings = 0;                                    // of the target
  std::int64_t ratings_covered = 0;           // of these, of a movie with at least one tag that travelled
  std::vector<std::string> examples_matched;  // "target title = source title", at most 10, only where they differ
  std::vector<std::string> examples_missed;   // target titles that were not found, most rated first, at most 10
};

/// Appends to target.catalogue.tags the source's tags of movies that both have, marked TagUse::travelled.
/// By movie id when ids mean the same movies in both: most titles of common ids agree; for a source without titles,
/// tags that name a genre ("comedy") are on movies of that genre. Else by title and year: case, accents, punctuation
/// and the place of the article do not matter. In this order: the same main title; another name in brackets; a main
/// title of two words or more that is a year off; the one movie of that year whose title begins or ends with the
/// other's of two words or more.
/// A source whose users are all 0 has none: the user becomes -1. Throws DataError when the target has no titles, or
/// the source has none and its ids are of another kind.
TransferReport transfer_tags(Dataset& target, const Catalogue& source);

}  // namespace embrace
