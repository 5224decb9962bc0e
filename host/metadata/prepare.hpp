// `data prepare`: the metadata steps as tables that a person can open. There is no split here: all ratings and tags
// count as the training part.
#pragma once
#include <filesystem>
#include <optional>

#include "host/data/dataset.hpp"
#include "host/metadata/transfer.hpp"
#include "host/threads.hpp"

namespace embrace {

/// Writes all of the files below into `folder` (made when missing); `transfer` says how tags came to the data. Each
/// file is CSV (quoted as in RFC 4180) or JSON, in UTF-8, written whole or not at all. Throws OutputError.
void prepare(const Dataset& dataset, const std::optional<TransferReport>& transfer, const std::filesystem::path& folder,
             Threads& threads);

/// Step 1, tags.csv: every tag, most used first: tag,spelling,uses,users,movies,in_vocabulary.
void write_tags(const Dataset& dataset, const std::filesystem::path& folder);
/// Step 1, movie_tags.csv: the vocabulary's tags of each movie, heaviest first: movie_id,title,tag,count,tf_idf.
void write_movie_tags(const Dataset& dataset, const std::filesystem::path& folder, Threads& threads);
/// Step 2, users.csv: profile and rating aggregates, one row a user; mean_<genre> is empty where nothing was rated.
void write_users(const Dataset& dataset, const std::filesystem::path& folder, Threads& threads);
/// Step 3, movies.csv: description and rating aggregates, one row a movie with ratings.
void write_movies(const Dataset& dataset, const std::filesystem::path& folder, Threads& threads);
/// Step 4, features.json: every block of `all`: its rows, columns by name, kind and entries; and the feature sets.
void write_features(const Dataset& dataset, const std::filesystem::path& folder);
/// summary.json: counts, coverage and what a join of tags matched and missed.
void write_summary(const Dataset& dataset, const std::optional<TransferReport>& transfer,
                   const std::filesystem::path& folder, Threads& threads);

}  // namespace embrace
