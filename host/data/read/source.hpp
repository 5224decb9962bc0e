// Source: which layout a folder or file has, and which of its files are read.
#pragma once
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "host/data/read/input_file.hpp"
#include "host/threads.hpp"

namespace embrace {

enum class Layout { ml_100k, ml_dat, ml_csv, ncf, lists, delimited };

/// A layout for people: its name in reports, the file that gives it away, and all of it.
struct LayoutInfo {
  const char* name;
  const char* mark;
  const char* consists_of;
};
std::span<const LayoutInfo> layouts();

/// Files with what is known beside ratings. Each may be gzip.
struct CatalogueFiles {
  Layout layout = Layout::delimited;
  std::optional<std::filesystem::path> users, movies, tags;
  std::optional<std::filesystem::path> genres;  // ml-100k: names of the genre columns
};

struct Source {
  std::string name;
  Layout layout = Layout::delimited;
  std::filesystem::path folder;
  std::vector<std::filesystem::path> ratings;  // one; ncf and lists: train and test
  CatalogueFiles catalogue;
  std::optional<std::filesystem::path> negatives;  // ncf
  std::vector<std::string> official;
};

/// Finds out what is there, from the names that a layout's files have and from their first lines; the name of the
/// folder says nothing. A file is read alone. A folder is looked at without its subfolders. In this order:
///   u.data → ml-100k; ratings.dat → ml-1m or ml-10m; ratings.csv with the columns userId and movieId → ml-csv;
///   X.train.rating with X.test.rating and X.test.negative → ncf (FOLDER/X names one of several);
///   train.txt and test.txt that are lists of users → lists;
///   else the only file that looks like a table of ratings, or like lists.
/// Throws DataError: nothing there, no layout, several tables.
Source find_source(const std::filesystem::path& path);

/// The metadata files of a folder, of whichever MovieLens layout; none is an empty result.
CatalogueFiles find_catalogue(const std::filesystem::path& folder);

/// FOLDER/name or FOLDER/name.gz (the plain one when both are there).
std::optional<std::filesystem::path> find_file(const std::filesystem::path& folder, const std::string& name);

/// Names X for which a folder holds X.train.rating, ascending.
std::vector<std::string> ncf_names(const std::filesystem::path& folder);

/// The opened files of a source and their digest: what has to be known before a prepared copy can be looked up.
struct OpenSource {
  Source source;
  std::vector<InputFile> ratings;
  std::optional<InputFile> users, movies, tags, genres, negatives;
  std::string sha256;

  std::vector<const InputFile*> files() const;
};

OpenSource open_source(Source source, Threads& threads);

/// Digest over names (without .gz) and uncompressed contents, in the given order. Contents are hashed in pieces of
/// 4 MiB on all cores: SHA-256 of the lines "name size digest-of-piece digest-of-piece …".
std::string digest_of(const std::vector<const InputFile*>& files, Threads& threads);

}  // namespace embrace
