#include "host/data/read/read_source.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "host/data/load_options.hpp"
#include "host/data/read/assemble.hpp"
#include "host/data/read/catalogue.hpp"
#include "host/data/read/rejects.hpp"
#include "host/data/read/triples.hpp"
#include "host/data/read/user_lists.hpp"
#include "host/error.hpp"
#include "host/threads.hpp"

namespace embrace {
namespace {

constexpr Scale whole_stars{1.0F, 5.0F, 1.0F};
constexpr Scale half_stars{0.5F, 5.0F, 0.5F};

template <class T>
void append(std::vector<T>& to, std::vector<T>& from) {
  if (to.empty()) {
    to.swap(from);
  } else {
    to.insert(to.end(), from.begin(), from.end());
  }
}

/// The rows of all ratings files in order, and where each file's rows begin.
struct Rows {
  Triples triples;
  std::vector<std::int64_t> first;
  std::vector<RowLines> lines;

  std::string place(const OpenSource& open, std::int64_t row, std::int64_t& line) const {
    const auto after = std::upper_bound(first.begin(), first.end(), row);
    const auto file = static_cast<std::size_t>(after - first.begin() - 1);
    line = lines[file].line(row - first[file]);
    return open.ratings[file].name();
  }
};

Rows read_rows(const OpenSource& open, BadRows& bad, std::vector<std::string>& warnings, Threads& threads) {
  Rows rows;
  bool timed = true, untimed = false;
  for (const InputFile& file : open.ratings) {
    const auto format = open.source.layout == Layout::lists
                            ? std::nullopt
                            : std::optional(format_of(file, open.source.layout, open.users.has_value()));
    BadRows own(bad.allowed());
    Triples part = format ? read_triples(file, *format, own, threads) : read_user_lists(file, own, threads);
    bad.append(std::move(own));
    bad.throw_if_too_many();
    if (part.size() == 0) {
      throw DataError(file.name() + ": no ratings in the file", "it is empty, or has a header or bad rows only");
    }
    const bool has_times = format && format->time;
    timed = timed && has_times;
    untimed = untimed || !has_times;
    rows.first.push_back(rows.triples.size());
    rows.lines.push_back(std::move(part.lines));
    append(rows.triples.users, part.users);
    append(rows.triples.items, part.items);
    append(rows.triples.values, part.values);
    append(rows.triples.times, part.times);
    rows.triples.missing_times += part.missing_times;
  }
  if (!timed) {
    if (!rows.triples.times.empty()) warnings.emplace_back("only some of the files have timestamps; they are left out");
    rows.triples.times.clear();
  }
  return rows;
}

[[noreturn]] void refuse_repeats(const OpenSource& open, const Rows& rows, const Ratings& ratings,
                                 const std::vector<Repeat>& repeats) {
  const Repeat& repeat = repeats.front();
  std::int64_t line = 0, earlier_line = 0;
  const std::string file = rows.place(open, repeat.row, line);
  const std::string earlier_file = rows.place(open, repeat.previous, earlier_line);
  const auto row = static_cast<std::size_t>(repeat.row);
  const std::string user = std::to_string(ratings.user_ids[static_cast<std::size_t>(ratings.users[row])]);
  const std::string item = std::to_string(ratings.item_ids[static_cast<std::size_t>(ratings.items[row])]);
  throw DataError(file, line, 1,
                  "user " + user + " has already rated item " + item + " in " +
                      (earlier_file == file ? "" : earlier_file + " ") + "line " + std::to_string(earlier_line) + " (" +
                      std::to_string(repeats.size()) + (repeats.size() == 1 ? " duplicate" : " duplicates") +
                      " in all)",
                  "choose one with --duplicates first, last or mean");
}

void warn_of_times(const Triples& triples, std::vector<std::string>& warnings) {
  if (triples.missing_times > 0) {
    warnings.push_back(std::to_string(triples.missing_times) +
                       " ratings have no timestamp; all timestamps are left out");
    return;
  }
  constexpr std::int64_t year_2100 = 4102444800, year_5138 = 100000000000;
  std::int64_t early = 0, late = 0, huge = 0;
  for (const std::int64_t time : triples.times) {
    early += time <= 0 ? 1 : 0;
    late += time >= year_2100 && time < year_5138 ? 1 : 0;
    huge += time >= year_5138 ? 1 : 0;
  }
  const auto warn = [&](std::int64_t count, const char* what) {
    if (count > 0) warnings.push_back(std::to_string(count) + " timestamps are " + what);
  };
  warn(early, "zero or negative; kept");
  warn(late, "after the year 2100; kept");
  warn(huge, "beyond the year 5138 (milliseconds instead of seconds?); kept");
}

template <class Row, class Id>
void warn_of_ids(const std::vector<std::int64_t>& rated, const std::vector<Row>& rows, Id id, const std::string& what,
                 std::vector<std::string>& warnings) {
  std::unordered_set<std::int64_t> described;
  std::int64_t unrated = 0;
  for (const Row& row : rows) {
    if (described.insert(id(row)).second && index_of(rated, id(row)) < 0) ++unrated;
  }
  const auto missing =
      std::count_if(rated.begin(), rated.end(), [&](std::int64_t i) { return described.count(i) == 0; });
  if (missing > 0) {
    warnings.push_back(std::to_string(missing) + " rated " + what + " have no metadata");
  }
  if (unrated > 0) warnings.push_back(std::to_string(unrated) + " " + what + " of the metadata have no rating");
}

void warn_of_catalogue(const Dataset& dataset, const OpenSource& open, std::vector<std::string>& warnings) {
  const Catalogue& catalogue = dataset.catalogue;
  const Ratings& ratings = dataset.ratings;
  if (open.users) {
    warn_of_ids(
        ratings.user_ids, catalogue.users, [](const UserProfile& u) { return u.id; }, "users", warnings);
  }
  if (open.movies) {
    warn_of_ids(
        ratings.item_ids, catalogue.movies, [](const Movie& m) { return m.id; }, "movies", warnings);
  }
  const auto stray = std::count_if(catalogue.tags.begin(), catalogue.tags.end(),
                                   [&](const TagUse& use) { return index_of(ratings.item_ids, use.item) < 0; });
  if (stray > 0) warnings.push_back(std::to_string(stray) + " tags are on movies without a rating");
}

/// ml-1m and ml-10m are written alike. A users file is ml-1m's; else tags or half stars are ml-10m's.
std::string layout_name(const OpenSource& open, Dataset& dataset) {
  switch (open.source.layout) {
    case Layout::ml_100k:
      return "ml-100k";
    case Layout::ml_csv:
      return "ml-csv";
    case Layout::ncf:
      return "ncf";
    case Layout::lists:
      return "lists";
    case Layout::delimited:
      return "delimited";
    case Layout::ml_dat:
      break;
  }
  const std::vector<float>& values = dataset.ratings.values;
  const bool halves = std::any_of(values.begin(), values.end(), [](float v) { return v != std::floor(v); });
  if (!open.users && (open.tags || halves)) return "ml-10m";
  dataset.ratings.scale = whole_stars;
  return "ml-1m";
}

std::vector<std::string> names_of(const OpenSource& open) {
  std::vector<std::string> names;
  for (const InputFile* const file : open.files()) names.push_back(file->name());
  return names;
}

}  // namespace

TripleFormat format_of(const InputFile& file, Layout layout, bool users_known) {
  const std::string_view head = file.text().substr(0, sniffed_bytes);
  TripleFormat format;
  if (layout == Layout::ml_csv || layout == Layout::delimited) {
    const FormatGuess guess = guess_format(head);
    if (!guess.format) {
      throw DataError(file.name(), guess.line, guess.column, guess.complaint.reason, guess.complaint.hint);
    }
    format = *guess.format;
    if (layout == Layout::ml_csv) format.scale = half_stars;
    return format;
  }
  format.separator = layout == Layout::ml_dat ? "::" : "\t";
  format.columns = layout == Layout::ml_100k ? 4 : usual_columns(head, format.separator);
  if (format.columns == 3) format.time.reset();
  format.scale = layout == Layout::ml_dat && !users_known ? half_stars : whole_stars;
  return format;
}

Dataset read_source(const OpenSource& open, const LoadOptions& options, Threads& threads) {
  Dataset dataset;
  dataset.name = open.source.name;
  dataset.sha256 = open.sha256;
  dataset.official = open.source.official;
  dataset.folder = open.source.folder;
  LoadReport& report = dataset.report;

  BadRows bad(options.skip_bad_rows);
  Rows rows = read_rows(open, bad, report.warnings, threads);
  report.rows = rows.triples.size() + static_cast<std::int64_t>(bad.rows().size());
  warn_of_times(rows.triples, report.warnings);
  dataset.catalogue = read_catalogue(open, bad, report.warnings, threads);
  bad.throw_if_too_many();
  report.rejected = static_cast<std::int64_t>(bad.rows().size());

  const auto scale = open.source.layout == Layout::delimited || open.source.layout == Layout::lists
                         ? std::nullopt
                         : format_of(open.ratings.front(), open.source.layout, open.users.has_value()).scale;
  dataset.ratings = assemble(std::move(rows.triples), scale, threads);
  dataset.layout = layout_name(open, dataset);
  const std::vector<Repeat> repeats = find_repeats(dataset.ratings, threads);
  report.duplicates = static_cast<std::int64_t>(repeats.size());
  if (!repeats.empty() && options.duplicates == OnDuplicate::error) {
    refuse_repeats(open, rows, dataset.ratings, repeats);
  }
  settle_repeats(dataset.ratings, repeats, options.duplicates);
  warn_of_catalogue(dataset, open, report.warnings);
  for (const InputFile* const file : open.files()) file->check_unchanged();
  if (!options.rejects.empty()) write_rejects(options.rejects, names_of(open), bad.rows());
  return dataset;
}

}  // namespace embrace
