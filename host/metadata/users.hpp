// Step 2, user metadata: demographics as bands, and what the training ratings say about each user.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "host/data/dataset.hpp"
#include "host/data/split/split.hpp"
#include "host/metadata/blocks.hpp"
#include "host/metadata/rating_statistics.hpp"

namespace embrace {

/// One row a user of the ratings, in their order; empty text where nothing is known.
struct UserTable {
  std::vector<std::string> age_band, gender, occupation, region;
  RatingStatistics ratings;
  std::vector<std::string> genres;                     // ascending
  std::vector<std::vector<double>> genre_mean;         // genre × user: mean training rating of such movies
  std::vector<std::vector<std::int64_t>> genre_count;  // genre × user: how many there were
  bool profiles = false;                               // the data has demographics of at least one of these users
};

/// The published bands of ml-1m: "under 18", "18-24", "25-34", "35-44", "45-49", "50-55", "56+". Single years of
/// ml-100k fall into the same bands, and ml-1m's own values (the lower ends) into theirs.
std::string age_band(int age);

/// First digit of a zip code; "other" when it starts otherwise (Canada and abroad), "" when there is none.
std::string zip_region(std::string_view zip);

/// Ratings count from the fold's training part alone.
UserTable user_table(const Dataset& dataset, const Fold& fold, Threads& threads);

/// age, gender, occupation, region (one-hot) and activity (numbers: count and span of the training ratings).
/// Vocabulary and standardisation from users with a training rating.
std::vector<FeatureBlock> user_blocks(const UserTable& table);

}  // namespace embrace
