// Dataset: ratings and everything known about users and movies, as read; and how to load one.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "host/data/ratings.hpp"
#include "host/threads.hpp"

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

/// A published split that came with the data: ratings by position, plus sampled candidates for `ncf`.
struct OfficialSplit {
  std::string name;                 // u1 … u5, ua, ub, ncf
  std::vector<std::int64_t> train;  // positions in Dataset::ratings, ascending
  std::vector<std::int64_t> test;
  std::vector<std::vector<std::int32_t>> candidates;  // ncf: item indices to rank, one list a user; else empty
};

struct Dataset {
  std::string name;    // folder or file name, or the built-in name
  std::string layout;  // ml-100k, ml-1m, ml-10m, ml-csv, ncf, delimited, synthetic
  std::string sha256;  // over names and contents of the files that were used
  Ratings ratings;
  Catalogue catalogue;
  LoadReport report;
  std::vector<std::string> official;  // names of the splits that are there
  std::filesystem::path folder;       // where they lie
  std::optional<double> best_rmse;    // synthetic data: the RMSE that nothing can beat
};

enum class OnDuplicate { error, first, last, mean };

struct LoadOptions {
  std::int64_t skip_bad_rows = 0;  // up to so many bad rows are skipped and listed; 0: the first ends it
  OnDuplicate duplicates = OnDuplicate::error;
  std::filesystem::path cache;                     // prepared cache; empty: none
  std::filesystem::path rejects;                   // file for skipped rows; empty: none
  std::optional<std::filesystem::path> tags_from;  // a folder whose tags travel to this data
};

/// Loads a folder, a file or a built-in name. Throws DataError (exit 3) or UsageError (a built-in name misspelt).
Dataset load_dataset(const std::string& source, const LoadOptions& options, Threads& threads);

/// The published split of this name; UsageError when the data has none of that name.
OfficialSplit load_official(const Dataset& dataset, const std::string& name, const LoadOptions& options,
                            Threads& threads);

}  // namespace embrace
