// u.user, u.item and u.genre of ml-100k.
#include <charconv>

#include "host/data/read/catalogue.hpp"
#include "host/data/read/catalogue_fields.hpp"
#include "host/data/read/text_encoding.hpp"

namespace embrace {
namespace {

constexpr std::size_t fields_before_genres = 5;

std::vector<std::string> published_genres() {
  return {"unknown",     "Action", "Adventure", "Animation", "Children's", "Comedy",  "Crime",
          "Documentary", "Drama",  "Fantasy",   "Film-Noir", "Horror",     "Musical", "Mystery",
          "Romance",     "Sci-Fi", "Thriller",  "War",       "Western"};
}

/// u.genre: name|column, in the order of the columns.
std::vector<std::string> read_genres(const InputFile& file, BadRows& bad) {
  std::vector<std::string> genres;
  read_table_rows(file, TableForm::lines, "|", bad, [&](const TableRow& record) {
    need_fields(record, 2, "genre|column");
    const std::int64_t column = need_id(record.fields[1], "genre's column");
    if (column != static_cast<std::int64_t>(genres.size())) {
      throw RowError{record.fields[1].column,
                     {"genre column " + std::to_string(column) + " where " + std::to_string(genres.size()) + " is due",
                      "columns count from 0 without gaps"}};
    }
    genres.push_back(record.fields[0].text);
  });
  return genres;
}

/// The year of "01-Jan-1995".
std::optional<int> year_of_date(const std::string& date) {
  int year = 0;
  const std::size_t dash = date.rfind('-');
  if (dash == std::string::npos || date.size() != dash + 5) return std::nullopt;
  const char* const end = date.data() + date.size();
  const auto [stop, error] = std::from_chars(date.data() + dash + 1, end, year);
  return error == std::errc() && stop == end ? std::optional<int>(year) : std::nullopt;
}

}  // namespace

std::vector<UserProfile> read_users_100k(const InputFile& file, BadRows& bad) {
  std::vector<UserProfile> users;
  KnownIds known;
  read_table_rows(file, TableForm::lines, "|", bad, [&](const TableRow& record) {
    need_fields(record, 5, "id|age|gender|occupation|zip");
    const auto& fields = record.fields;
    UserProfile user;
    user.id = need_id(fields[0], "user id");
    user.age = need_age(fields[1]);
    user.gender = need_gender(fields[2]);
    user.occupation = fields[3].text;
    user.zip = fields[4].text;
    known.add(user.id, record, "user");
    users.push_back(std::move(user));
  });
  return users;
}

std::vector<Movie> read_movies_100k(const InputFile& file, const InputFile* genre_file, BadRows& bad) {
  const std::vector<std::string> genres = genre_file != nullptr ? read_genres(*genre_file, bad) : published_genres();
  std::vector<Movie> movies;
  KnownIds known;
  read_table_rows(file, TableForm::lines, "|", bad, [&](const TableRow& record) {
    const auto& fields = record.fields;
    need_fields(record, fields_before_genres + genres.size(), "id|title|date|video date|URL|a 0 or 1 for each genre");
    Movie movie;
    movie.id = need_id(fields[0], "movie id");
    movie.title = fields[1].text;
    movie.year = year_in_title(movie.title);
    if (!movie.year) movie.year = year_of_date(fields[2].text);
    for (std::size_t g = 0; g < genres.size(); ++g) {
      const TableField& flag = fields[fields_before_genres + g];
      if (flag.text != "0" && flag.text != "1") {
        throw RowError{flag.column, {"the genre flag '" + excerpt(flag.text) + "' is neither 0 nor 1", genres[g]}};
      }
      if (flag.text == "1") movie.genres.push_back(genres[g]);
    }
    known.add(movie.id, record, "movie");
    movies.push_back(std::move(movie));
  });
  return movies;
}

}  // namespace embrace
