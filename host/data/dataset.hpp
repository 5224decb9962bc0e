// Dataset: ratings and everything known about users and movies, as read.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "host/data/ratings.hpp"

namespace embrace {

struct UserProfile {
  std::int64_t id = 0;
  std::optional<int> age;  // years; for ml-1m the lower end of the published age band
  std::string gender;      // "M", "F" or empty
  std::string occupation;  // name, or empty
  std::string zip;
};

struct Movie {
  std::int64_t id = 0;
  std::string title;  // UTF-8, as published, with the year when the source has it there
  std::optional<int> year;
  std::vector<std::string> genres;
};

struct TagUse {
  std::int64_t user = 0;  // raw id; -1: not known, then every use counts as another user
  std::int64_t item = 0;
  std::string tag;  // as typed, UTF-8
  std::optional<std::int64_t> time;
  bool travelled = false;  // from another data set: `user` is an id of that one
};

/// What is known beside ratings; rows in file order. Ids without ratings may occur.
struct Catalogue {
  std::vector<UserProfile> users;
  std::vector<Movie> movies;
  std::vector<TagUse> tags;
};

/// What was odd about the input, for `data describe` and the narration.
struct LoadReport {
  std::int64_t rows = 0;        // data lines read
  std::int64_t rejected = 0;    // bad rows under skip:N
  std::int64_t duplicates = 0;  // (user, item) pairs met again
  std::vector<std::string> warnings;
};

struct Dataset {
  std::string name;    // folder or file name, or the built-in name
  std::string layout;  // ml-100k, ml-1m, ml-10m, ml-csv, ncf, lists, delimited, synthetic
  std::string sha256;  // over names and contents of the files that were used
  Ratings ratings;
  Catalogue catalogue;
  LoadReport report;
  std::vector<std::string> official;  // names of the splits that are there
  std::filesystem::path folder;       // where they lie
  std::optional<double> best_rmse;    // synthetic data: the RMSE that nothing can beat
};

}  // namespace embrace
