// The readers on published data, where the environment names a folder with them: EMBRACE_TEST_DATA.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <set>

#include "host/data/dataset.hpp"
#include "host/data/load.hpp"
#include "host/data/read/catalogue.hpp"
#include "host/data/read/source.hpp"
#include "host/data/split/official.hpp"

namespace embrace {
namespace {

class RealData : public testing::Test {
 protected:
  void SetUp() override {
    const char* const folder = std::getenv("EMBRACE_TEST_DATA");
    if (folder == nullptr) GTEST_SKIP() << "EMBRACE_TEST_DATA names no folder with published data";
    folder_ = folder;
  }
  Dataset load(const std::string& name) {
    if (!std::filesystem::exists(folder_ / name)) throw std::runtime_error(name + " is not in EMBRACE_TEST_DATA");
    return load_dataset((folder_ / name).string(), {}, threads_);
  }
  std::filesystem::path folder_;
  Threads threads_{2};
};

std::map<float, int> histogram(const Ratings& ratings) {
  std::map<float, int> counts;
  for (const float value : ratings.values) ++counts[value];
  return counts;
}

/// Item ids that have a rating.
std::size_t rated(const Ratings& ratings) {
  return std::set<std::int32_t>(ratings.items.begin(), ratings.items.end()).size();
}

TEST_F(RealData, Ml100kHasThePublishedCounts) {
  const Dataset data = load("ml-100k");
  EXPECT_EQ(data.name, "ml-100k");
  EXPECT_EQ(data.layout, "ml-100k");
  EXPECT_EQ(data.ratings.size(), 100000);
  EXPECT_EQ(data.ratings.user_count(), 943);
  EXPECT_EQ(data.ratings.item_count(), 1682);
  EXPECT_EQ(histogram(data.ratings),
            (std::map<float, int>{{1.0F, 6110}, {2.0F, 11370}, {3.0F, 27145}, {4.0F, 34174}, {5.0F, 21201}}));
  EXPECT_EQ(data.report.duplicates, 0);
  EXPECT_EQ(data.ratings.times.size(), 100000U);
  EXPECT_EQ(data.ratings.user_ids[static_cast<std::size_t>(data.ratings.users[0])], 196);
  EXPECT_EQ(data.ratings.item_ids[static_cast<std::size_t>(data.ratings.items[0])], 242);
  EXPECT_EQ(data.ratings.times[0], 881250949);
  ASSERT_EQ(data.catalogue.users.size(), 943U);
  EXPECT_EQ(std::count_if(data.catalogue.users.begin(), data.catalogue.users.end(),
                          [](const auto& u) { return u.gender == "F"; }),
            273);
  ASSERT_EQ(data.catalogue.movies.size(), 1682U);
  EXPECT_EQ(data.catalogue.movies[0].genres, (std::vector<std::string>{"Animation", "Children's", "Comedy"}));
  EXPECT_EQ(data.catalogue.movies[0].year, 1995);
  EXPECT_EQ(data.catalogue.movies[266].title, "unknown");
  EXPECT_FALSE(data.catalogue.movies[266].year.has_value());
  EXPECT_TRUE(data.report.warnings.empty()) << data.report.warnings[0];
}

TEST_F(RealData, Ml100kSplitsAreUnionsOfTheRatings) {
  const Dataset data = load("ml-100k");
  EXPECT_EQ(data.official, (std::vector<std::string>{"u1", "u2", "u3", "u4", "u5", "ua", "ub"}));
  std::set<std::int64_t> tested;
  for (const std::string& name : data.official) {
    const OfficialSplit split = load_official(data, name, {}, threads_);
    const std::size_t test = name[1] >= 'a' ? 9430 : 20000;
    EXPECT_EQ(split.test.size(), test) << name;
    EXPECT_EQ(split.train.size(), 100000 - test) << name;
    std::vector<std::int64_t> all;
    std::merge(split.train.begin(), split.train.end(), split.test.begin(), split.test.end(), std::back_inserter(all));
    for (std::size_t p = 0; p < all.size(); ++p) ASSERT_EQ(all[p], static_cast<std::int64_t>(p)) << name;
    if (name[1] <= '5') tested.insert(split.test.begin(), split.test.end());
  }
  EXPECT_EQ(tested.size(), 100000U) << "the tests of u1 … u5 are disjoint";
}

TEST_F(RealData, Ml1mHasThePublishedCounts) {
  const Dataset data = load("ml-1m");
  EXPECT_EQ(data.layout, "ml-1m");
  EXPECT_EQ(data.ratings.size(), 1000209);
  EXPECT_EQ(data.ratings.user_count(), 6040);
  EXPECT_EQ(data.ratings.item_count(), 3706);
  EXPECT_EQ(histogram(data.ratings),
            (std::map<float, int>{{1.0F, 56174}, {2.0F, 107557}, {3.0F, 261197}, {4.0F, 348971}, {5.0F, 226310}}));
  EXPECT_EQ(data.catalogue.users.size(), 6040U);
  EXPECT_EQ(data.catalogue.users[0].occupation, "K-12 student");
  EXPECT_EQ(data.catalogue.users[1].age, 56);
  EXPECT_EQ(data.catalogue.movies.size(), 3883U);
  const auto latin = std::find_if(data.catalogue.movies.begin(), data.catalogue.movies.end(),
                                  [](const Movie& m) { return m.id == 73; });
  EXPECT_EQ(latin->title, "Misérables, Les (1995)");
  EXPECT_TRUE(std::all_of(data.catalogue.movies.begin(), data.catalogue.movies.end(),
                          [](const Movie& m) { return m.year.has_value(); }));
}

TEST_F(RealData, MlLatestSmallHasThePublishedCounts) {
  const Dataset data = load("ml-latest-small");
  EXPECT_EQ(data.layout, "ml-csv");
  EXPECT_EQ(data.ratings.size(), 100836);
  EXPECT_EQ(data.ratings.user_count(), 610);
  EXPECT_EQ(rated(data.ratings), 9724U);
  EXPECT_EQ(data.ratings.scale.lowest, 0.5F);
  EXPECT_EQ(data.ratings.scale.step, 0.5F);
  EXPECT_EQ(data.catalogue.tags.size(), 3683U);
  EXPECT_EQ(data.catalogue.movies.size(), 9742U);
  const auto quoted = std::find_if(data.catalogue.movies.begin(), data.catalogue.movies.end(),
                                   [](const Movie& m) { return m.id == 11; });
  EXPECT_EQ(quoted->title, "American President, The (1995)");
}

TEST_F(RealData, NcfHasOneTargetAUserAmongItsCandidates) {
  const Dataset data = load("ml-1m/splits/ncf-leave-one-out");
  EXPECT_EQ(data.layout, "ncf");
  EXPECT_EQ(data.ratings.size(), 1000209);
  const OfficialSplit split = load_official(data, "ncf", {}, threads_);
  EXPECT_EQ(split.test.size(), 6040U);
  EXPECT_EQ(split.train.size(), 994169U);
  ASSERT_EQ(split.candidates.size(), 6040U);
  int without_target = 0;  // 100 candidates, but 99 where the target stands among the negatives
  for (const auto& list : split.candidates) without_target += list.size() == 99 ? 1 : 0;
  EXPECT_EQ(without_target, 156);
  for (const std::int64_t position : split.test) {
    const auto p = static_cast<std::size_t>(position);
    const auto& list = split.candidates[static_cast<std::size_t>(data.ratings.users[p])];
    EXPECT_TRUE(std::binary_search(list.begin(), list.end(), data.ratings.items[p]));
  }
}

TEST_F(RealData, ListeningCountsAreAPlainTable) {
  const Dataset data = load("hetrec2011-lastfm-2k");
  EXPECT_EQ(data.layout, "delimited");
  EXPECT_EQ(data.ratings.size(), 92834);
  EXPECT_EQ(data.ratings.user_count(), 1892);
  EXPECT_EQ(data.ratings.item_count(), 17632);
  EXPECT_EQ(data.ratings.scale.step, 0.0F);
}

TEST_F(RealData, TagsAndMoviesAreReadWithoutRatings) {
  const Catalogue dat = read_catalogue(folder_ / "ml-10m-tags", threads_);
  EXPECT_EQ(dat.tags.size(), 95580U);
  EXPECT_EQ(dat.movies.size(), 10681U);
  const Catalogue csv = read_catalogue(folder_ / "ml-20m-tags-derived", threads_);
  EXPECT_EQ(csv.tags.size(), 446255U);
  std::set<std::string> distinct;
  for (const TagUse& use : dat.tags) distinct.insert(use.tag);
  EXPECT_EQ(distinct.size(), 16529U);
}

}  // namespace
}  // namespace embrace
