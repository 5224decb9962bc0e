#include "host/data/read/source.hpp"

#include <algorithm>
#include <set>
#include <system_error>

#include "host/data/read/text_encoding.hpp"
#include "host/data/read/triple_format.hpp"
#include "host/data/read/user_lists.hpp"
#include "host/digest.hpp"
#include "host/error.hpp"
#include "host/threads.hpp"

namespace embrace {
namespace fs = std::filesystem;
namespace {

constexpr LayoutInfo all_layouts[] = {
    {"ml-100k", "u.data",
     "folder with u.data, u.item, u.user, u.genre, u.occupation; official splits u1 ... u5, ua, ub"},
    {"ml-1m", "ratings.dat",
     "folder with ratings.dat, users.dat, movies.dat (::); whole stars; timestamps optional; tags.dat optional"},
    {"ml-10m", "ratings.dat", "folder with ratings.dat, movies.dat, tags.dat (::); half stars"},
    {"ml-csv", "ratings.csv",
     "folder with ratings.csv, movies.csv, tags.csv, links.csv: ml-latest-small, ml-20m, ml-25m, ml-32m"},
    {"ncf", "*.train.rating", "folder with *.train.rating, *.test.rating, *.test.negative; official split ncf"},
    {"lists", "train.txt and test.txt",
     "file of lists, user item item ..., a line a user, as LightGCN's; or folder with train.txt and test.txt; "
     "for rankings; with --split files:train.txt,test.txt"},
    {"delimited", "one file",
     "file of user, item, rating[, timestamp]; tab, comma, ::, semicolon, bar or space; header optional"}};

std::string layouts_hint() {
  std::string text;
  for (const LayoutInfo& layout : all_layouts) {
    text += std::string(text.empty() ? "supported: " : ", ") + layout.name + " (" + layout.mark + ")";
  }
  return text + ", see embrace list datasets";
}

std::string without_gz(const std::string& name) {
  return name.ends_with(".gz") ? name.substr(0, name.size() - 3) : name;
}

/// Visible regular files, ascending by name.
std::vector<fs::path> files_in(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> files;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code ignored;
    if (entry->is_regular_file(ignored) && entry->path().filename().string().front() != '.') {
      files.push_back(entry->path());
    }
  }
  if (error) throw DataError(folder.string() + ": " + error.message(), "check the path and its permissions");
  std::sort(files.begin(), files.end());
  return files;
}

std::string folder_name(const fs::path& folder) {
  std::error_code error;
  const fs::path whole = fs::absolute(folder, error).lexically_normal();
  return (whole.has_filename() ? whole : whole.parent_path()).filename().string();
}

bool is_movielens_csv(const fs::path& file) {
  const std::string head = head_of(file, sniffed_bytes);
  const FormatGuess guess = guess_format(std::string_view(head).substr(byte_order_mark(head)));
  return guess.format && guess.format->movielens_csv;
}

std::vector<std::string> splits_of_100k(const fs::path& folder) {
  std::vector<std::string> names;
  for (const char* const name : {"u1", "u2", "u3", "u4", "u5", "ua", "ub"}) {
    if (find_file(folder, std::string(name) + ".base") && find_file(folder, std::string(name) + ".test")) {
      names.emplace_back(name);
    }
  }
  return names;
}

CatalogueFiles catalogue_of(Layout layout, const fs::path& folder) {
  CatalogueFiles files;
  files.layout = layout;
  if (layout == Layout::ml_100k) {
    files.users = find_file(folder, "u.user");
    files.movies = find_file(folder, "u.item");
    files.genres = find_file(folder, "u.genre");
  } else if (layout == Layout::ml_dat) {
    files.users = find_file(folder, "users.dat");
    files.movies = find_file(folder, "movies.dat");
    files.tags = find_file(folder, "tags.dat");
  } else if (layout == Layout::ml_csv) {
    files.movies = find_file(folder, "movies.csv");
    files.tags = find_file(folder, "tags.csv");
  }
  return files;
}

Source ncf_source(const fs::path& folder, const std::string& stem, const std::string& name) {
  Source source;
  source.name = name;
  source.layout = Layout::ncf;
  source.folder = folder;
  for (const char* const part : {".train.rating", ".test.rating", ".test.negative"}) {
    const auto file = find_file(folder, stem + part);
    if (!file) {
      throw DataError((folder / (stem + part)).string() + ": is missing",
                      "an NCF data set has .train.rating, .test.rating and .test.negative");
    }
    if (source.ratings.size() < 2) {
      source.ratings.push_back(*file);
    } else {
      source.negatives = file;
    }
  }
  source.official = {"ncf"};
  return source;
}

/// A file given by itself. `::` without a header is MovieLens's own; so is a header with userId and movieId.
Source file_source(const fs::path& file) {
  Source source;
  source.name = file.filename().string();
  source.folder = file.parent_path();
  source.ratings = {file};
  const std::string head = head_of(file, sniffed_bytes);
  if (looks_like_user_lists(head)) {
    source.layout = Layout::lists;
    return source;
  }
  const FormatGuess guess = guess_format(std::string_view(head).substr(byte_order_mark(head)));
  if (!guess.format) return source;  // the reader says why
  const bool called_u_data = without_gz(source.name) == "u.data";
  if (guess.format->movielens_csv) source.layout = Layout::ml_csv;
  if (guess.format->separator == "::" && !guess.format->header) source.layout = Layout::ml_dat;
  if (called_u_data && guess.format->separator == "\t" && !guess.format->header) source.layout = Layout::ml_100k;
  return source;
}

/// train.txt and test.txt of a folder when both are lists of users, else nothing.
std::vector<fs::path> two_lists(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const char* const name : {"train.txt", "test.txt"}) {
    const auto file = find_file(folder, name);
    if (!file || !looks_like_user_lists(head_of(*file, sniffed_bytes))) return {};
    files.push_back(*file);
  }
  return files;
}

/// The one file of a folder that looks like a table of ratings.
fs::path only_table(const fs::path& folder) {
  const std::vector<fs::path> files = files_in(folder);
  if (files.size() == 1) return files[0];
  std::vector<fs::path> tables;
  std::copy_if(files.begin(), files.end(), std::back_inserter(tables), [](const fs::path& file) {
    const std::string head = head_of(file, sniffed_bytes);
    return looks_like_user_lists(head) || looks_like_ratings(head);
  });
  if (tables.size() == 1) return tables[0];
  if (tables.empty()) {
    if (const auto named = find_file(folder, "ratings.csv")) return *named;  // its reader says what is wrong
    const CatalogueFiles others = find_catalogue(folder);
    if (others.movies || others.tags || others.users) {
      throw DataError(folder.string() + ": has movies, users or tags, but no ratings",
                      "to add tags to other data, use --tags-from");
    }
    throw DataError(folder.string() + ": no ratings found", layouts_hint());
  }
  std::string names;
  for (const fs::path& table : tables) names += (names.empty() ? "" : ", ") + table.filename().string();
  throw DataError(folder.string() + ": several files look like ratings: " + names, "name the file that you mean");
}

Source folder_source(const fs::path& folder) {
  Source source;
  source.folder = folder;
  source.name = folder_name(folder);
  if (const auto data = find_file(folder, "u.data")) {
    source.layout = Layout::ml_100k;
    source.ratings = {*data};
    source.official = splits_of_100k(folder);
  } else if (const auto dat = find_file(folder, "ratings.dat")) {
    source.layout = Layout::ml_dat;
    source.ratings = {*dat};
  } else if (const auto csv = find_file(folder, "ratings.csv"); csv && is_movielens_csv(*csv)) {
    source.layout = Layout::ml_csv;
    source.ratings = {*csv};
  } else if (const std::vector<std::string> stems = ncf_names(folder); !stems.empty()) {
    if (stems.size() > 1) {
      std::string all;
      for (const std::string& stem : stems) all += (all.empty() ? "" : " or ") + (folder / stem).string();
      throw DataError(folder.string() + ": has several NCF data sets", "give " + all);
    }
    return ncf_source(folder, stems[0], source.name);
  } else if (std::vector<fs::path> lists = two_lists(folder); !lists.empty()) {
    source.layout = Layout::lists;
    source.ratings = std::move(lists);
    return source;
  } else {
    Source table = file_source(only_table(folder));
    table.name = source.name;
    table.folder = folder;
    table.catalogue = catalogue_of(table.layout, folder);
    return table;
  }
  source.catalogue = catalogue_of(source.layout, folder);
  return source;
}

}  // namespace

std::span<const LayoutInfo> layouts() { return all_layouts; }

std::optional<fs::path> find_file(const fs::path& folder, const std::string& name) {
  std::error_code error;
  if (fs::exists(folder / name, error)) return folder / name;
  if (fs::exists(folder / (name + ".gz"), error)) return folder / (name + ".gz");
  return std::nullopt;
}

std::vector<std::string> ncf_names(const fs::path& folder) {
  static const std::string suffix = ".train.rating";
  std::set<std::string> names;
  for (const fs::path& file : files_in(folder)) {
    const std::string name = without_gz(file.filename().string());
    if (name.ends_with(suffix)) names.insert(name.substr(0, name.size() - suffix.size()));
  }
  return {names.begin(), names.end()};
}

CatalogueFiles find_catalogue(const fs::path& folder) {
  for (const Layout layout : {Layout::ml_100k, Layout::ml_dat, Layout::ml_csv}) {
    CatalogueFiles files = catalogue_of(layout, folder);
    if (files.users || files.movies || files.tags) return files;
  }
  return {};
}

Source find_source(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (fs::is_directory(status)) return folder_source(path);
  if (!fs::exists(status) && path.has_filename()) {
    const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
    const std::string stem = path.filename().string();
    if (find_file(folder, stem + ".train.rating")) return ncf_source(folder, stem, stem);
    throw DataError(
        path.string() + ": " + (error ? error : std::make_error_code(std::errc::no_such_file_or_directory)).message(),
        "check the path; built-in data are synth and synth:USERSxITEMSxRATINGS");
  }
  return file_source(path);
}

std::vector<const InputFile*> OpenSource::files() const {
  std::vector<const InputFile*> all;
  for (const InputFile& file : ratings) all.push_back(&file);
  for (const auto* const file : {&users, &movies, &tags, &genres, &negatives}) {
    if (*file) all.push_back(&**file);
  }
  return all;
}

OpenSource open_source(Source source, Threads& threads) {
  OpenSource open;
  open.source = std::move(source);
  for (const fs::path& path : open.source.ratings) open.ratings.emplace_back(path);
  if (const auto& path = open.source.catalogue.users) open.users.emplace(*path);
  if (const auto& path = open.source.catalogue.movies) open.movies.emplace(*path);
  if (const auto& path = open.source.catalogue.tags) open.tags.emplace(*path);
  if (const auto& path = open.source.catalogue.genres) open.genres.emplace(*path);
  if (const auto& path = open.source.negatives) open.negatives.emplace(*path);
  open.sha256 = digest_of(open.files(), threads);
  return open;
}

std::string digest_of(const std::vector<const InputFile*>& files, Threads& threads) {
  constexpr std::size_t piece_bytes = std::size_t{4} << 20U;
  struct Piece {
    std::string_view text;
    std::string digest;
  };
  std::vector<Piece> pieces;
  std::vector<std::size_t> first{0};
  for (const InputFile* const file : files) {
    for (std::size_t begin = 0; begin < file->text().size(); begin += piece_bytes) {
      pieces.push_back({file->text().substr(begin, piece_bytes), ""});
    }
    first.push_back(pieces.size());
  }
  threads.for_each(static_cast<std::int64_t>(pieces.size()), [&](std::int64_t t, int) {
    Piece& piece = pieces[static_cast<std::size_t>(t)];
    piece.digest = sha256(piece.text);
  });
  Sha256 digest;
  for (std::size_t f = 0; f < files.size(); ++f) {
    digest.add(without_gz(files[f]->path().filename().string()) + " " + std::to_string(files[f]->text().size()));
    for (std::size_t p = first[f]; p < first[f + 1]; ++p) digest.add(" " + pieces[p].digest);
    digest.add("\n");
  }
  return digest.hex();
}

}  // namespace embrace
