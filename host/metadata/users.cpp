#include "host/metadata/users.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

namespace embrace {
namespace {

/// Genre numbers of each item, and their names.
std::vector<std::vector<std::size_t>> genres_of_items(const Dataset& dataset, std::vector<std::string>& names) {
  const auto& ids = dataset.ratings.item_ids;
  std::map<std::string, std::size_t> number;
  for (const Movie& movie : dataset.catalogue.movies) {
    if (index_of(ids, movie.id) < 0) continue;
    for (const std::string& genre : movie.genres) number.emplace(genre, 0);
  }
  for (auto& [name, position] : number) {
    position = names.size();
    names.push_back(name);
  }
  std::vector<std::vector<std::size_t>> genres(ids.size());
  for (const Movie& movie : dataset.catalogue.movies) {
    const std::int32_t item = index_of(ids, movie.id);
    if (item < 0) continue;
    auto& list = genres[static_cast<std::size_t>(item)];
    for (const std::string& genre : movie.genres) list.push_back(number.at(genre));
    std::sort(list.begin(), list.end());
    list.erase(std::unique(list.begin(), list.end()), list.end());
  }
  return genres;
}

void add_genre_means(UserTable& table, const Dataset& dataset, const Fold& fold) {
  const Ratings& ratings = dataset.ratings;
  const auto genres = genres_of_items(dataset, table.genres);
  const std::size_t users = ratings.user_ids.size();
  table.genre_mean.assign(table.genres.size(), std::vector<double>(users));
  table.genre_count.assign(table.genres.size(), std::vector<std::int64_t>(users));
  for (const std::int64_t position : fold.train) {
    const auto p = static_cast<std::size_t>(position);
    const auto user = static_cast<std::size_t>(ratings.users[p]);
    for (const std::size_t genre : genres[static_cast<std::size_t>(ratings.items[p])]) {
      table.genre_mean[genre][user] += static_cast<double>(ratings.values[p]);
      ++table.genre_count[genre][user];
    }
  }
  for (std::size_t genre = 0; genre < table.genres.size(); ++genre) {
    for (std::size_t user = 0; user < users; ++user) {
      if (table.genre_count[genre][user] > 0) {
        table.genre_mean[genre][user] /= static_cast<double>(table.genre_count[genre][user]);
      }
    }
  }
}

}  // namespace

std::string age_band(int age) {
  struct Band {
    int below;
    const char* name;
  };
  static constexpr std::array<Band, 6> bands = {
      {{18, "under 18"}, {25, "18-24"}, {35, "25-34"}, {45, "35-44"}, {50, "45-49"}, {56, "50-55"}}};
  for (const Band& band : bands) {
    if (age < band.below) return band.name;
  }
  return "56+";
}

std::string zip_region(std::string_view zip) {
  const std::size_t first = zip.find_first_not_of(' ');
  if (first == std::string_view::npos) return "";
  const char c = zip[first];
  return c >= '0' && c <= '9' ? std::string(1, c) : "other";
}

UserTable user_table(const Dataset& dataset, const Fold& fold, Threads& threads) {
  const Ratings& ratings = dataset.ratings;
  const std::size_t users = ratings.user_ids.size();
  UserTable table;
  for (auto* column : {&table.age_band, &table.gender, &table.occupation, &table.region}) column->resize(users);
  for (const UserProfile& profile : dataset.catalogue.users) {
    const std::int32_t index = index_of(ratings.user_ids, profile.id);
    if (index < 0) continue;
    const auto user = static_cast<std::size_t>(index);
    table.profiles = true;
    if (profile.age) table.age_band[user] = age_band(*profile.age);
    table.gender[user] = profile.gender;
    table.occupation[user] = profile.occupation;
    table.region[user] = zip_region(profile.zip);
  }
  table.ratings = rating_statistics(ratings, fold.train, Side::user, threads);
  add_genre_means(table, dataset, fold);
  return table;
}

std::vector<FeatureBlock> user_blocks(const UserTable& table) {
  const std::size_t users = table.ratings.count.size();
  std::vector<bool> trained(users);
  for (std::size_t user = 0; user < users; ++user) trained[user] = table.ratings.known(user);
  std::vector<FeatureBlock> blocks;
  blocks.push_back(one_hot_block("age", table.age_band, trained));
  blocks.push_back(one_hot_block("gender", table.gender, trained));
  blocks.push_back(one_hot_block("occupation", table.occupation, trained));
  blocks.push_back(one_hot_block("region", table.region, trained));
  blocks.push_back(activity_block("activity", table.ratings));
  return blocks;
}

}  // namespace embrace
