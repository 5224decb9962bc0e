// Every layout is the same data whether its files are plain, gzip or some of either, small or large.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "host/data/load.hpp"
#include "host/data/load_options.hpp"
#include "host/data/read/input_file.hpp"
#include "host/data/synthetic/synthetic.hpp"
#include "host/data/write.hpp"
#include "host/files.hpp"
#include "tests/temporary_folder.hpp"

namespace embrace {
namespace {

namespace fs = std::filesystem;
using Files = std::map<std::string, std::string>;  // text by name

constexpr std::size_t large = std::size_t{1} << 16U;

/// `text`, then a line a rating.
std::string ratings_text(const Ratings& ratings, const std::string& separator, std::string text = "") {
  for (std::size_t r = 0; r < ratings.values.size(); ++r) {
    for (const std::int64_t number :
         {ratings.user_ids[static_cast<std::size_t>(ratings.users[r])],
          ratings.item_ids[static_cast<std::size_t>(ratings.items[r])], static_cast<std::int64_t>(ratings.values[r])}) {
      text.append(std::to_string(number)).append(separator);
    }
    text.append(std::to_string(ratings.times[r])).append("\n");
  }
  return text;
}

Files ml_1m(const Dataset& data) {
  const test::TemporaryFolder folder;
  write_movielens(data, folder.path());
  Files files;
  for (const char* name : {"ratings.dat", "users.dat", "movies.dat", "tags.dat"})
    files[name] = read_file(folder / name);
  return files;
}

Files ml_csv(const Dataset& data) {
  Files files;
  files["ratings.csv"] = ratings_text(data.ratings, ",", "userId,movieId,rating,timestamp\n");
  std::string movies = "movieId,title,genres\n", tags = "userId,movieId,tag,timestamp\n";
  for (const Movie& movie : data.catalogue.movies) {
    movies += std::to_string(movie.id) + ",\"" + movie.title + "\"," + movie.genres.at(0) + "\n";
  }
  for (const TagUse& use : data.catalogue.tags) {
    tags += std::to_string(use.user) + "," + std::to_string(use.item) + "," + use.tag + ",9\n";
  }
  files["movies.csv"] = movies;
  files["tags.csv"] = tags;
  return files;
}

Files ml_100k(const Dataset& data) {
  Files files;
  files["u.data"] = ratings_text(data.ratings, "\t");
  files["u.genre"] = "unknown|0\n";
  for (const Movie& movie : data.catalogue.movies) {
    files["u.item"] += std::to_string(movie.id) + "|" + movie.title + "|01-Jan-1995||http://somewhere/|1\n";
  }
  for (const UserProfile& user : data.catalogue.users) {
    files["u.user"] += std::to_string(user.id) + "|24|M|technician|85711\n";
  }
  return files;
}

Files ncf(const Dataset& data) {
  Ratings train = data.ratings, test = data.ratings;
  for (Ratings* const part : {&train, &test}) {
    part->users.clear();
    part->items.clear();
    part->values.clear();
    part->times.clear();
  }
  Files files;
  for (std::size_t r = 0; r < data.ratings.values.size(); ++r) {
    const bool last = r + 1 == data.ratings.values.size() || data.ratings.users[r + 1] != data.ratings.users[r];
    Ratings& part = last ? test : train;
    part.users.push_back(data.ratings.users[r]);
    part.items.push_back(data.ratings.items[r]);
    part.values.push_back(data.ratings.values[r]);
    part.times.push_back(data.ratings.times[r]);
    if (!last) continue;
    const auto user = static_cast<std::size_t>(data.ratings.users[r]);
    const auto item = static_cast<std::size_t>(data.ratings.items[r]);
    files["x.test.negative"] +=
        "(" + std::to_string(data.ratings.user_ids[user]) + "," + std::to_string(data.ratings.item_ids[item]) + ")";
    for (std::size_t i = 0; i < 99; ++i) files["x.test.negative"] += "\t" + std::to_string(data.ratings.item_ids[i]);
    files["x.test.negative"] += "\n";
  }
  files["x.train.rating"] = ratings_text(train, "\t");
  files["x.test.rating"] = ratings_text(test, "\t");
  return files;
}

Files delimited(const Dataset& data) {
  return {{"table.csv", ratings_text(data.ratings, ";", "user;item;rating;timestamp\n")}};
}

void expect_same(const Dataset& a, const Dataset& b) {
  EXPECT_EQ(a.layout, b.layout);
  EXPECT_EQ(a.sha256, b.sha256);
  EXPECT_EQ(a.report.warnings, b.report.warnings);
  EXPECT_EQ(a.ratings.user_ids, b.ratings.user_ids);
  EXPECT_EQ(a.ratings.item_ids, b.ratings.item_ids);
  EXPECT_EQ(a.ratings.users, b.ratings.users);
  EXPECT_EQ(a.ratings.items, b.ratings.items);
  EXPECT_EQ(a.ratings.values, b.ratings.values);
  EXPECT_EQ(a.ratings.times, b.ratings.times);
  ASSERT_EQ(a.catalogue.users.size(), b.catalogue.users.size());
  ASSERT_EQ(a.catalogue.movies.size(), b.catalogue.movies.size());
  ASSERT_EQ(a.catalogue.tags.size(), b.catalogue.tags.size());
  for (std::size_t m = 0; m < a.catalogue.movies.size(); ++m) {
    const Movie &x = a.catalogue.movies[m], &y = b.catalogue.movies[m];
    ASSERT_EQ(std::tie(x.id, x.title, x.year, x.genres), std::tie(y.id, y.title, y.year, y.genres));
  }
  for (std::size_t t = 0; t < a.catalogue.tags.size(); ++t) {
    const TagUse &x = a.catalogue.tags[t], &y = b.catalogue.tags[t];
    ASSERT_EQ(std::tie(x.user, x.item, x.tag, x.time), std::tie(y.user, y.item, y.tag, y.time));
  }
}

struct LayoutCase {
  const char* name;
  Files (*files)(const Dataset&);
  bool movies;  // the layout has them
};
void PrintTo(const LayoutCase& layout, std::ostream* out) { *out << layout.name; }

class Layouts : public testing::TestWithParam<LayoutCase> {
 protected:
  /// The data of the folder with the files whose bit is set in `packed` as gzip.
  Dataset load(const Files& files, std::size_t packed) {
    const test::TemporaryFolder folder;
    fs::create_directory(folder / "data");
    std::size_t bit = 0;
    for (const auto& [name, text] : files) {
      const bool pack = ((packed >> bit++) & 1U) != 0;
      std::ofstream(folder / "data" / (name + (pack ? ".gz" : "")), std::ios::binary) << (pack ? gzip(text) : text);
    }
    return load_dataset((folder / "data").string(), {}, threads_);
  }

  Threads threads_{2};
};

TEST_P(Layouts, AreTheSameDataPlainGzipAndMixed) {
  for (const std::int64_t ratings : {2000, 30000}) {
    const Dataset data = make_synthetic({.users = 943, .items = 1682, .ratings = ratings, .seed = 1}, threads_);
    const Files files = GetParam().files(data);
    const Dataset plain = load(files, 0);
    EXPECT_EQ(plain.layout, GetParam().name);
    EXPECT_EQ(plain.ratings.size(), ratings);
    EXPECT_EQ(plain.catalogue.movies.size(), GetParam().movies ? data.catalogue.movies.size() : 0);
    for (std::size_t packed = 1; packed < std::size_t{1} << files.size(); ++packed) {
      SCOPED_TRACE(testing::Message() << ratings << " ratings, files that are gzip: " << packed);
      expect_same(load(files, packed), plain);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, Layouts,
                         testing::Values(LayoutCase{"ml-100k", ml_100k, true}, LayoutCase{"ml-1m", ml_1m, true},
                                         LayoutCase{"ml-csv", ml_csv, true}, LayoutCase{"ncf", ncf, false},
                                         LayoutCase{"delimited", delimited, false}),
                         [](const auto& instance) {
                           std::string name = instance.param.name;
                           name.erase(std::remove(name.begin(), name.end(), '-'), name.end());
                           return name;
                         });

// What a file is, is found out from its head: where the compressed bytes that are read for it end must not matter.
TEST(HeadOf, AGzipFileIsThatOfItsText) {
  const test::TemporaryFolder folder;
  const fs::path file = folder / "text.gz";
  for (const std::uint32_t symbols : {1U, 4U, 10U, 64U, 256U}) {
    for (const std::size_t size : {std::size_t{100}, large, large + 5000, 3 * large, 12 * large}) {
      std::mt19937 random(symbols);
      std::string text(size, '\0');
      for (char& letter : text) letter = static_cast<char>(random() % symbols);
      std::ofstream(file, std::ios::binary) << gzip(text);
      EXPECT_TRUE(head_of(file, large) == text.substr(0, large)) << symbols << " symbols, " << size << " bytes";
    }
  }
}

}  // namespace
}  // namespace embrace
