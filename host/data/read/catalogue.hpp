// Catalogue: reading users, movies and tags of the MovieLens layouts.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "host/data/dataset.hpp"
#include "host/data/read/bad_rows.hpp"
#include "host/data/read/source.hpp"
#include "host/threads.hpp"

namespace embrace {

/// Users, movies and tags of a folder, which need not have ratings (ml-10m's tags.dat and movies.dat, a tags.csv.gz
/// alone, …). Throws DataError when there is none of them, or for the first bad row.
Catalogue read_catalogue(const std::filesystem::path& folder, Threads& threads);

/// The same from opened files; bad rows in the order users, movies, tags.
Catalogue read_catalogue(const OpenSource& files, BadRows& bad, std::vector<std::string>& warnings, Threads& threads);

// The readers of single files. Each throws nothing for a bad row but adds it to `bad`; an id that comes again is one.
std::vector<UserProfile> read_users_100k(const InputFile& file, BadRows& bad);  // id|age|gender|occupation|zip
/// id|title|date|video date|URL|one 0 or 1 per genre; Latin-1 as published. `genres` may be null: the published ones.
std::vector<Movie> read_movies_100k(const InputFile& file, const InputFile* genres, BadRows& bad);
std::vector<UserProfile> read_users_dat(const InputFile& file, BadRows& bad);  // id::gender::age::occupation::zip
std::vector<Movie> read_movies_dat(const InputFile& file, BadRows& bad);       // id::title::genre|genre
std::vector<TagUse> read_tags_dat(const InputFile& file, BadRows& bad);        // user::movie::tag[::time]
std::vector<Movie> read_movies_csv(const InputFile& file, BadRows& bad);       // movieId,title,genres
std::vector<TagUse> read_tags_csv(const InputFile& file, BadRows& bad);        // userId,movieId,tag[,timestamp]

/// The year in brackets at the end of a title, as in "Toy Story (1995)" or "Fawlty Towers (1975-1979)" (the first).
std::optional<int> year_in_title(const std::string& title);

/// Parts of "a|b"; "(no genres listed)" is none.
std::vector<std::string> genres_of(const std::string& text);

}  // namespace embrace
