// A small data set made by hand: 12 users × 10 movies, every user rates 6 of them; profiles, titles and tags.
#pragma once
#include <algorithm>
#include <string>
#include <vector>

#include "host/data/dataset.hpp"
#include "host/data/split/split.hpp"

namespace embrace::testing {

constexpr std::int64_t user_count = 12, movie_count = 10;

inline std::int64_t user_id(std::int64_t u) { return 10 * (u + 1); }
inline std::int64_t movie_id(std::int64_t m) { return 100 + 7 * m; }

inline Dataset small_dataset() {
  Dataset data;
  data.name = "small";
  data.layout = "ml-1m";
  Ratings& ratings = data.ratings;
  for (std::int64_t u = 0; u < user_count; ++u) ratings.user_ids.push_back(user_id(u));
  for (std::int64_t m = 0; m < movie_count; ++m) ratings.item_ids.push_back(movie_id(m));
  for (std::int64_t u = 0; u < user_count; ++u) {
    for (std::int64_t k = 0; k < 6; ++k) {
      ratings.users.push_back(static_cast<std::int32_t>(u));
      ratings.items.push_back(static_cast<std::int32_t>((u + k * (1 + u % 2)) % movie_count));
      ratings.values.push_back(static_cast<float>(1 + (u * 3 + k * k) % 5));
      ratings.times.push_back(900'000'000 + 86400 * (u % 4) + 3600 * k + 7);
    }
  }
  // Users with odd steps meet a movie twice after movie_count / 2 steps; the sixth one is moved on.
  for (std::size_t p = 5; p < ratings.items.size(); p += 6) {
    if (ratings.items[p] == ratings.items[p - 5])
      ratings.items[p] = static_cast<std::int32_t>((ratings.items[p] + 1) % movie_count);
  }
  const std::vector<std::string> jobs = {"artist", "writer", "", "other"};
  for (std::int64_t u = 0; u < user_count; ++u) {
    data.catalogue.users.push_back({user_id(u), static_cast<int>(15 + 5 * u), u % 3 == 0 ? "F" : "M",
                                    jobs[static_cast<std::size_t>(u % 4)],
                                    u % 5 == 0 ? "V1A" : std::to_string(10000 * u)});
  }
  const std::vector<std::string> genres = {"Action", "Comedy", "Drama"};
  for (std::int64_t m = 0; m < movie_count; ++m) {
    data.catalogue.movies.push_back(
        {movie_id(m),
         "Dark Night " + std::to_string(m) + ", The (" + std::to_string(1990 + m) + ")",
         static_cast<int>(1990 + m),
         {genres[static_cast<std::size_t>(m % 3)], genres[static_cast<std::size_t>((m + m / 3) % 3)]}});
  }
  for (std::int64_t m = 0; m < movie_count; ++m) {
    for (std::int64_t u = 0; u < user_count; ++u) {
      if ((u + m) % 2 == 0)
        data.catalogue.tags.push_back({user_id(u), movie_id(m), u % 3 == 0 ? "Sci-Fi" : "funny", 1});
      if ((u * m) % 5 == 1) data.catalogue.tags.push_back({user_id(u), movie_id(m), "atmospheric", 2});
    }
  }
  return data;
}

/// Every fourth rating, and all of the movie with index `cold` (-1: none), is for the test.
inline Fold small_fold(const Dataset& data, std::int32_t cold = -1) {
  Fold fold;
  for (std::int64_t p = 0; p < data.ratings.size(); ++p) {
    const bool test = p % 4 == 1 || data.ratings.items[static_cast<std::size_t>(p)] == cold;
    (test ? fold.test : fold.train).push_back(p);
  }
  return fold;
}

/// All ratings are for training.
inline Fold whole_fold(const Dataset& data) {
  Fold fold;
  for (std::int64_t p = 0; p < data.ratings.size(); ++p) fold.train.push_back(p);
  return fold;
}

}  // namespace embrace::testing
