// movies.csv and tags.csv of ml-latest, ml-20m, ml-25m and ml-32m.
#include <algorithm>

#include "host/data/read/catalogue.hpp"
#include "host/data/read/catalogue_fields.hpp"
#include "host/data/read/text_encoding.hpp"

namespace embrace {
namespace {

/// Positions of the wanted columns in a header; an optional one may be missing.
class Columns {
 public:
  Columns(std::vector<std::string> wanted, std::size_t needed) : wanted_(std::move(wanted)), needed_(needed) {}

  bool known() const { return !places_.empty(); }

  void learn(const TableRow& header) {
    std::vector<std::size_t> places;
    for (std::size_t w = 0; w < wanted_.size(); ++w) {
      const auto found = std::find_if(header.fields.begin(), header.fields.end(),
                                      [&](const TableField& field) { return field.text == wanted_[w]; });
      if (found == header.fields.end() && w < needed_) {
        throw RowError{1, {"the header has no column " + wanted_[w], "the first line is " + layout()}};
      }
      places.push_back(static_cast<std::size_t>(found - header.fields.begin()));
    }
    count_ = header.fields.size();
    places_ = std::move(places);
  }

  void check(const TableRow& record) const { need_fields(record, count_, layout()); }
  bool has(std::size_t wanted) const { return places_[wanted] < count_; }
  const TableField& field(const TableRow& record, std::size_t wanted) const { return record.fields[places_[wanted]]; }

 private:
  std::string layout() const {
    std::string text;
    for (const std::string& name : wanted_) text += (text.empty() ? "" : ",") + name;
    return text;
  }

  std::vector<std::string> wanted_;
  std::size_t needed_;
  std::size_t count_ = 0;
  std::vector<std::size_t> places_;
};

/// Reads a CSV file with a header; without the needed columns nothing of it can be read.
template <class Row>
void read_table(const InputFile& file, Columns columns, BadRows& bad, const Row& row) {
  bool refused = false;
  read_table_rows(file, TableForm::csv, ",", bad, [&](const TableRow& record) {
    if (refused) return;
    if (!columns.known()) {
      refused = true;
      columns.learn(record);
      refused = false;
      return;
    }
    columns.check(record);
    row(record, columns);
  });
}

}  // namespace

std::vector<Movie> read_movies_csv(const InputFile& file, BadRows& bad) {
  std::vector<Movie> movies;
  KnownIds known;
  read_table(file, Columns({"movieId", "title", "genres"}, 3), bad,
             [&](const TableRow& record, const Columns& columns) {
               Movie movie;
               movie.id = need_id(columns.field(record, 0), "movie id");
               movie.title = columns.field(record, 1).text;
               movie.year = year_in_title(movie.title);
               movie.genres = genres_of(columns.field(record, 2).text);
               known.add(movie.id, record, "movie");
               movies.push_back(std::move(movie));
             });
  return movies;
}

std::vector<TagUse> read_tags_csv(const InputFile& file, BadRows& bad) {
  std::vector<TagUse> tags;
  read_table(file, Columns({"userId", "movieId", "tag", "timestamp"}, 3), bad,
             [&](const TableRow& record, const Columns& columns) {
               TagUse use;
               use.user = need_id(columns.field(record, 0), "user id");
               use.item = need_id(columns.field(record, 1), "movie id");
               use.tag = columns.field(record, 2).text;
               if (columns.has(3)) {
                 const TableField& time = columns.field(record, 3);
                 use.time = need_time(time.text, time.column);
               }
               tags.push_back(std::move(use));
             });
  return tags;
}

}  // namespace embrace
