// users.dat, movies.dat and tags.dat of ml-1m and ml-10m.
#include "host/data/read/catalogue.hpp"
#include "host/data/read/catalogue_fields.hpp"
#include "host/data/read/occupations.hpp"

namespace embrace {
namespace {

const char* occupation_of(const TableField& field) {
  const std::int64_t code = need_id(field, "occupation code");
  if (code >= static_cast<std::int64_t>(kOccupations.size())) {
    throw RowError{field.column, {"the occupation code " + std::to_string(code) + " is not known", "0 to 20"}};
  }
  return kOccupations.at(static_cast<std::size_t>(code));
}

/// The fields from `first` to `last`, with the separators that belonged to the text.
std::string joined(const TableRow& record, std::size_t first, std::size_t last) {
  std::string text = record.fields[first].text;
  for (std::size_t f = first + 1; f <= last; ++f) text += "::" + record.fields[f].text;
  return text;
}

void need_at_least_three(const TableRow& record, const char* layout) {
  if (record.fields.size() < 3) need_fields(record, 3, layout);
}

}  // namespace

std::vector<UserProfile> read_users_dat(const InputFile& file, BadRows& bad) {
  std::vector<UserProfile> users;
  KnownIds known;
  read_table_rows(file, TableForm::lines, "::", bad, [&](const TableRow& record) {
    need_fields(record, 5, "id::gender::age::occupation::zip");
    const auto& fields = record.fields;
    UserProfile user;
    user.id = need_id(fields[0], "user id");
    user.gender = need_gender(fields[1]);
    user.age = need_age(fields[2]);
    user.occupation = occupation_of(fields[3]);
    user.zip = fields[4].text;
    known.add(user.id, record, "user");
    users.push_back(std::move(user));
  });
  return users;
}

std::vector<Movie> read_movies_dat(const InputFile& file, BadRows& bad) {
  std::vector<Movie> movies;
  KnownIds known;
  read_table_rows(file, TableForm::lines, "::", bad, [&](const TableRow& record) {
    need_at_least_three(record, "id::title::genre|genre");
    Movie movie;
    movie.id = need_id(record.fields[0], "movie id");
    movie.title = joined(record, 1, record.fields.size() - 2);
    movie.year = year_in_title(movie.title);
    movie.genres = genres_of(record.fields.back().text);
    known.add(movie.id, record, "movie");
    movies.push_back(std::move(movie));
  });
  return movies;
}

std::vector<TagUse> read_tags_dat(const InputFile& file, BadRows& bad) {
  std::vector<TagUse> tags;
  read_table_rows(file, TableForm::lines, "::", bad, [&](const TableRow& record) {
    need_at_least_three(record, "user::movie::tag::time");
    const auto& fields = record.fields;
    TagUse use;
    use.user = need_id(fields[0], "user id");
    use.item = need_id(fields[1], "movie id");
    const bool timed = fields.size() > 3;
    use.tag = joined(record, 2, fields.size() - (timed ? 2 : 1));
    if (timed) use.time = need_time(fields.back().text, fields.back().column);
    tags.push_back(std::move(use));
  });
  return tags;
}

}  // namespace embrace
