#include "host/metadata/transfer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "host/data/load.hpp"
#include "host/data/read/catalogue.hpp"
#include "host/error.hpp"
#include "tests/host/metadata/metadata_fixture.hpp"

namespace embrace {
namespace {

Dataset target() {
  Dataset data;
  data.name = "target";
  data.ratings.user_ids = {1, 2};
  data.ratings.item_ids = {1, 2, 3, 4, 5};
  data.ratings.users = {0, 0, 0, 0, 0, 1};
  data.ratings.items = {0, 1, 2, 3, 4, 0};
  data.ratings.values = {1, 2, 3, 4, 5, 1};
  data.catalogue.movies = {{1, "Matrix, The (1999)", 1999, {"Action"}},
                           {2, "Seven (Se7en) (1995)", 1995, {"Crime"}},
                           {3, "Star Wars (1977)", 1977, {"Sci-Fi"}},
                           {4, "Lost One, The (1950)", 1950, {"Drama"}},
                           {5, "Amélie Again (2001)", std::nullopt, {"Comedy"}}};
  return data;
}

TEST(Travel, ByMovieIdWhenTheTitlesOfCommonIdsAgree) {
  Dataset data = target();
  Catalogue source;
  source.movies = data.catalogue.movies;
  source.movies[0].title = "The MATRIX (1999)";
  source.movies.push_back({77, "Nowhere (1990)", 1990, {}});
  source.tags = {{1, 1, "neo", 5}, {8, 1, "Neo", 6}, {8, 3, "space", 7}, {8, 77, "lost", 8}};
  const TransferReport report = transfer_tags(data, source);
  EXPECT_EQ(report.by, "movie id");
  EXPECT_EQ(report.uses, 4);
  EXPECT_EQ(report.uses_matched, 3);
  EXPECT_EQ(report.tags, 3);
  EXPECT_EQ(report.tags_matched, 2);
  EXPECT_EQ(report.source_movies, 3);
  EXPECT_EQ(report.source_movies_matched, 2);
  EXPECT_EQ(report.movies, 5);
  EXPECT_EQ(report.movies_found, 5);
  EXPECT_EQ(report.movies_tagged, 2);
  EXPECT_EQ(report.ratings, 6);
  EXPECT_EQ(report.ratings_covered, 3);
  ASSERT_EQ(data.catalogue.tags.size(), 3U);
  for (const TagUse& use : data.catalogue.tags) EXPECT_TRUE(use.travelled);
  EXPECT_EQ(data.catalogue.tags[0].user, 1);
  EXPECT_EQ(report.examples_matched, (std::vector<std::string>{"Matrix, The (1999) = The MATRIX (1999)"}));
}

TEST(Travel, ByTitleAndYearWhenIdsMeanOtherMovies) {
  Dataset data = target();
  Catalogue source;
  source.movies = {{3, "The Matrix (1999)", std::nullopt, {}},
                   {1, "Se7en (a.k.a. Seven) (1995)", std::nullopt, {}},
                   {2, "Star Wars: Episode IV - A New Hope (1977)", std::nullopt, {}},
                   {5, "Matrix, The (1950)", std::nullopt, {}},
                   {4, "Amelie again (2002)", std::nullopt, {}}};
  source.tags = {{9, 3, "neo", 1}, {9, 1, "dark", 1}, {9, 2, "space", 1}, {9, 5, "wrong", 1}, {9, 4, "paris", 1}};
  const TransferReport report = transfer_tags(data, source);
  EXPECT_EQ(report.by, "title and year");
  using Ways = std::vector<std::pair<std::string, std::int64_t>>;
  EXPECT_EQ(report.found_by,
            (Ways{{"title", 1}, {"other name", 1}, {"title, a year off", 1}, {"part of the title", 1}}));
  EXPECT_EQ(report.movies_found, 4);
  EXPECT_EQ(report.uses_matched, 4);
  EXPECT_EQ(report.examples_missed, (std::vector<std::string>{"Lost One, The (1950)"}));
  std::vector<std::pair<std::int64_t, std::string>> got;
  for (const TagUse& use : data.catalogue.tags) got.emplace_back(use.item, use.tag);
  EXPECT_EQ(got,
            (std::vector<std::pair<std::int64_t, std::string>>{{1, "neo"}, {2, "dark"}, {3, "space"}, {5, "paris"}}));
}

TEST(Travel, TwoMoviesOfOneTitleAndYearBothGetTheTags) {
  Dataset data = target();
  data.catalogue.movies[3].title = "The Matrix (1999)";
  Catalogue source;
  source.movies = {{50, "Matrix, The (1999)", 1999, {}}};
  source.tags = {{9, 50, "neo", 1}};
  const TransferReport report = transfer_tags(data, source);
  EXPECT_EQ(report.uses_matched, 1);
  EXPECT_EQ(report.movies_tagged, 2);
  EXPECT_EQ(data.catalogue.tags.size(), 2U);
}

TEST(Travel, RowsThatTheTargetHasItselfDoNotComeBack) {
  Dataset data = target();
  data.catalogue.tags = {{1, 1, "neo", 5}};
  Catalogue source = data.catalogue;
  source.tags.push_back({1, 1, "neo", 6});
  const TransferReport report = transfer_tags(data, source);
  EXPECT_EQ(report.uses_known, 1);
  EXPECT_EQ(data.catalogue.tags.size(), 2U);
}

/// A source of tags alone, where ids can be checked by tags that name a genre.
Catalogue genre_tags(const Dataset& data, std::int64_t shift) {
  Catalogue source;
  for (int round = 0; round < 6; ++round) {
    for (std::size_t m = 0; m < data.catalogue.movies.size(); ++m) {
      const auto& genres = data.catalogue.movies[m].genres;
      source.tags.push_back(
          {0, data.catalogue.movies[(m + static_cast<std::size_t>(shift)) % 5].id, genres.front(), 0});
    }
  }
  return source;
}

TEST(Travel, TagsWithoutTitlesGoByIdOnlyWhenTheyFitTheGenres) {
  Dataset data = target();
  const TransferReport report = transfer_tags(data, genre_tags(data, 0));
  EXPECT_EQ(report.by, "movie id");
  EXPECT_EQ(report.uses_matched, 30);
  for (const TagUse& use : data.catalogue.tags) {
    EXPECT_EQ(use.user, -1);  // all 0 in the source: nobody knows who
    EXPECT_FALSE(use.time.has_value());
  }
  Dataset other = target();
  EXPECT_THROW(transfer_tags(other, genre_tags(other, 1)), DataError);
  EXPECT_TRUE(other.catalogue.tags.empty());
}

TEST(Travel, NeedsTitlesAndTags) {
  Dataset data = target();
  EXPECT_THROW(transfer_tags(data, Catalogue{}), DataError);
  data.catalogue.movies.clear();
  Catalogue source;
  source.tags = {{1, 1, "x", 1}};
  EXPECT_THROW(transfer_tags(data, source), DataError);
}

/// Folder of the published data sets, for the tests below.
class TravelRealData : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("EMBRACE_TEST_DATA");
    if (folder == nullptr) GTEST_SKIP() << "EMBRACE_TEST_DATA is not set";
    folder_ = folder;
  }
  Dataset load(const char* name) const {
    Threads threads;
    return load_dataset((folder_ / name).string(), {}, threads);
  }
  Catalogue catalogue(const char* name) const {
    Threads threads;
    return read_catalogue(folder_ / name, threads);
  }
  std::filesystem::path folder_;
};

TEST_F(TravelRealData, Movielens10mTo1mGoesById) {
  Dataset data = load("ml-1m");
  const TransferReport report = transfer_tags(data, catalogue("ml-10m-tags"));
  EXPECT_EQ(report.by, "movie id");
  EXPECT_EQ(report.uses_matched, 44732);
  EXPECT_EQ(report.movies_tagged, 2777);
  EXPECT_EQ(report.ratings_covered, 963243);
}

TEST_F(TravelRealData, Movielens20mTo1mGoesByIdWithoutTitles) {
  Dataset data = load("ml-1m");
  const TransferReport report = transfer_tags(data, catalogue("ml-20m-tags-derived"));
  EXPECT_EQ(report.by, "movie id");
  EXPECT_EQ(report.uses_matched, 151911);
  EXPECT_EQ(report.movies_tagged, 3220);
  EXPECT_EQ(report.ratings_covered, 988033);
  Dataset other = load("ml-100k");
  EXPECT_THROW(transfer_tags(other, catalogue("ml-20m-tags-derived")), DataError);
}

TEST_F(TravelRealData, LatestSmallTo100kGoesByTitle) {
  Dataset data = load("ml-100k");
  const TransferReport report = transfer_tags(data, catalogue("ml-latest-small"));
  EXPECT_EQ(report.by, "title and year");
  EXPECT_GT(report.movies_found, 1300);
  const auto star_wars = std::count_if(data.catalogue.tags.begin(), data.catalogue.tags.end(),
                                       [](const TagUse& use) { return use.item == 50; });
  EXPECT_GT(star_wars, 10);
}

}  // namespace
}  // namespace embrace
