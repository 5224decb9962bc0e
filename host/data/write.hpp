// Writing data and splits as text that this and other programs read. Files appear whole or not at all; text is made
// in pieces, so that its size does not matter for memory. Throws OutputError with the reason.
#pragma once
#include <filesystem>
#include <vector>

#include "host/data/dataset.hpp"
#include "host/data/split/split.hpp"

namespace embrace {

/// ratings.dat, users.dat, movies.dat and tags.dat with the codes of ml-1m ("::" between fields, UTF-8). What the data
/// do not have is left out: the timestamp field, users.dat, movies.dat or tags.dat. Tags that travelled from other data
/// are not written. OutputError when a profile's occupation is not one of ml-1m's, or its age is not known.
void write_movielens(const Dataset& dataset, const std::filesystem::path& folder);

/// FOLDER/fold-N/train.csv and test.csv, with fold-in also known.csv: header user,item,rating,timestamp, raw ids, rows
/// by position. Without timestamps the last column is empty.
void write_split(const Dataset& dataset, const std::vector<Fold>& folds, const std::filesystem::path& folder);

}  // namespace embrace
