// Step 3, movie metadata: genres, year, decade, title words, and what the training ratings say about each movie.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "host/data/dataset.hpp"
#include "host/data/split/split.hpp"
#include "host/metadata/blocks.hpp"
#include "host/metadata/rating_statistics.hpp"

namespace embrace {

/// One row an item of the ratings, in their order; empty where nothing is known.
struct MovieTable {
  std::vector<std::string> title;  // as published
  std::vector<std::vector<std::string>> genres;
  std::vector<std::optional<int>> year;         // of the catalogue, else of the title
  std::vector<std::vector<std::string>> words;  // of the title
  RatingStatistics ratings;
  bool movies = false;  // the data has metadata of at least one of these items
};

/// Ratings count from the fold's training part alone.
MovieTable movie_table(const Dataset& dataset, const Fold& fold, Threads& threads);

/// genres (multi-hot), year, decade (one-hot), title (multi-hot) and activity (numbers). Vocabularies and
/// standardisation from items with a training rating; a title word needs `minimum_word` of them.
std::vector<FeatureBlock> movie_blocks(const MovieTable& table, std::int64_t minimum_word = 5);

/// "1990s", the decade's columns.
std::string decade_name(int year);

}  // namespace embrace
