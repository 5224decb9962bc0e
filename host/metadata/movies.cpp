#include "host/metadata/movies.hpp"

#include "host/metadata/names.hpp"

namespace embrace {

std::string decade_name(int year) { return std::to_string(year - year % 10) + "s"; }

MovieTable movie_table(const Dataset& dataset, const Fold& fold, Threads& threads) {
  const Ratings& ratings = dataset.ratings;
  const std::size_t items = ratings.item_ids.size();
  MovieTable table;
  table.title.resize(items);
  table.genres.resize(items);
  table.year.resize(items);
  table.words.resize(items);
  for (const Movie& movie : dataset.catalogue.movies) {
    const std::int32_t index = index_of(ratings.item_ids, movie.id);
    if (index < 0) continue;
    const auto item = static_cast<std::size_t>(index);
    table.movies = true;
    table.title[item] = movie.title;
    table.genres[item] = movie.genres;
    table.year[item] = movie.year ? movie.year : year_in_title(movie.title);
    table.words[item] = title_words(movie.title);
  }
  table.ratings = rating_statistics(ratings, fold.train, Side::item, threads);
  return table;
}

std::vector<FeatureBlock> movie_blocks(const MovieTable& table, std::int64_t minimum_word) {
  const std::size_t items = table.title.size();
  std::vector<bool> trained(items);
  std::vector<std::string> year(items), decade(items);
  for (std::size_t item = 0; item < items; ++item) {
    trained[item] = table.ratings.known(item);
    if (!table.year[item]) continue;
    year[item] = std::to_string(*table.year[item]);
    decade[item] = decade_name(*table.year[item]);
  }
  std::vector<FeatureBlock> blocks;
  blocks.push_back(multi_hot_block("genres", table.genres, trained, 1));
  blocks.push_back(one_hot_block("year", year, trained));
  blocks.push_back(one_hot_block("decade", decade, trained));
  blocks.push_back(multi_hot_block("title", table.words, trained, minimum_word));
  blocks.push_back(activity_block("popularity", table.ratings));
  return blocks;
}

}  // namespace embrace
