#include "host/metadata/prepare.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "host/error.hpp"
#include "host/files.hpp"
#include "host/text.hpp"
#include "tests/host/metadata/metadata_fixture.hpp"

namespace embrace {
namespace {

class Prepare : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "embrace-prepare-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::vector<std::string> lines(const std::string& file) const {
    auto result = split_text(read_file(folder_ / file), '\n');
    EXPECT_EQ(result.back(), "");  // the last line ends
    result.pop_back();
    return result;
  }
  nlohmann::json json(const std::string& file) const { return nlohmann::json::parse(read_file(folder_ / file)); }

  std::filesystem::path folder_;
  Threads threads_{2};
};

TEST_F(Prepare, WritesAllSixFiles) {
  const Dataset data = testing::small_dataset();
  prepare(data, std::nullopt, folder_ / "new" / "folder", threads_);
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / "new" / "folder"))
    names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names, (std::vector<std::string>{"features.json", "movie_tags.csv", "movies.csv", "summary.json",
                                             "tags.csv", "users.csv"}));
}

TEST_F(Prepare, EachStageAloneWritesTheSame) {
  const Dataset data = testing::small_dataset();
  prepare(data, std::nullopt, folder_ / "all", threads_);
  const auto one = folder_ / "one";
  write_tags(data, one);
  write_movie_tags(data, one, threads_);
  write_users(data, one, threads_);
  write_movies(data, one, threads_);
  write_features(data, one);
  write_summary(data, std::nullopt, one, threads_);
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / "all")) {
    EXPECT_EQ(read_file(entry.path()), read_file(one / entry.path().filename())) << entry.path();
    ++files;
  }
  EXPECT_EQ(files, 6);
}

TEST_F(Prepare, TablesHaveARowForEachAndAreQuoted) {
  Dataset data = testing::small_dataset();
  data.catalogue.movies[0].title = "Say \"Cheese\", Bob (1990)";
  prepare(data, std::nullopt, folder_, threads_);
  const auto movies = lines("movies.csv");
  EXPECT_EQ(movies[0], "movie_id,title,year,decade,genres,title_words,ratings,mean,spread,span_days,tags");
  EXPECT_EQ(movies.size(), 1U + testing::movie_count);
  EXPECT_EQ(movies[1].rfind("100,\"Say \"\"Cheese\"\", Bob (1990)\",1990,1990s,Action|Action,say|cheese|bob,", 0), 0U)
      << movies[1];
  const auto users = lines("users.csv");
  EXPECT_EQ(
      users[0],
      "user_id,age_band,gender,occupation,region,ratings,mean,spread,span_days,mean_Action,mean_Comedy,mean_Drama");
  EXPECT_EQ(users.size(), 1U + testing::user_count);
  EXPECT_EQ(users[1].rfind("10,under 18,F,artist,other,6,", 0), 0U) << users[1];
  EXPECT_EQ(lines("tags.csv")[0], "tag,spelling,uses,users,movies,in_vocabulary");
  EXPECT_EQ(lines("movie_tags.csv")[0], "movie_id,title,tag,count,tf_idf");
}

TEST_F(Prepare, AUsersAggregatesAreThoseOfTheRatings) {
  Dataset data = testing::small_dataset();
  // User 0 gives 1, 3 and 5 to the first three movies, whose genres are Action; Comedy; Drama and Action.
  data.catalogue.movies[0].genres = {"Action"};
  data.catalogue.movies[1].genres = {"Comedy"};
  data.catalogue.movies[2].genres = {"Drama", "Action"};
  data.ratings = {};
  data.ratings.user_ids = {10};
  data.ratings.item_ids = {100, 107, 114};
  data.ratings.users = {0, 0, 0};
  data.ratings.items = {0, 1, 2};
  data.ratings.values = {1, 3, 5};
  data.ratings.times = {0, 86400, 43200};
  write_users(data, folder_, threads_);
  // Spread: sqrt((4 + 0 + 4) / 3) = 1.63299…
  EXPECT_EQ(lines("users.csv")[1], "10,under 18,F,artist,other,3,3,1.633,1,3,3,5");
}

TEST_F(Prepare, FeaturesListBlocksAndSets) {
  prepare(testing::small_dataset(), std::nullopt, folder_, threads_);
  const auto features = json("features.json");
  EXPECT_EQ(features["schema"], "embrace.features/1");
  EXPECT_EQ(features["sets"]["+user"],
            (std::vector<std::string>{"user.age", "user.gender", "user.occupation", "user.region"}));
  EXPECT_EQ(features["sets"]["ratings"].size(), 0U);
  EXPECT_EQ(features["blocks"]["item"]["rows"], testing::movie_count);
  const auto& genres = features["blocks"]["item"]["blocks"][0];
  EXPECT_EQ(genres["name"], "genres");
  EXPECT_EQ(genres["kind"], "multi_hot");
  EXPECT_EQ(genres["names"], (std::vector<std::string>{"Action", "Comedy", "Drama"}));
}

TEST_F(Prepare, TheSummaryTellsWhatAJoinMatchedAndMissed) {
  Dataset data = testing::small_dataset();
  Catalogue source;
  source.movies = data.catalogue.movies;
  source.movies.pop_back();
  for (std::int64_t user = 1; user < 8; ++user) {
    source.tags.push_back({user, data.catalogue.movies[0].id, "noir", 1});
    source.tags.push_back({user, 9999, "noir", 1});
  }
  const TransferReport report = transfer_tags(data, source);
  prepare(data, report, folder_, threads_);
  const auto summary = json("summary.json");
  EXPECT_EQ(summary["travelled_tags"]["tag_uses"], 14);
  EXPECT_EQ(summary["travelled_tags"]["tag_uses_matched"], 7);
  EXPECT_EQ(summary["travelled_tags"]["tag_uses_missed"], 7);
  EXPECT_EQ(summary["travelled_tags"]["movies_found"], testing::movie_count - 1);
  EXPECT_EQ(summary["travelled_tags"]["movies_missed"], 1);
  EXPECT_EQ(summary["data"]["ratings"], data.ratings.size());
  EXPECT_NE(summary["training_part"].get<std::string>().find("all ratings"), std::string::npos);
}

TEST_F(Prepare, BareRatingsGiveTablesWithoutMetadata) {
  Dataset data = testing::small_dataset();
  data.catalogue = {};
  data.ratings.times.clear();
  prepare(data, std::nullopt, folder_, threads_);
  EXPECT_EQ(lines("tags.csv").size(), 1U);
  EXPECT_EQ(lines("movies.csv").size(), 1U + testing::movie_count);
  EXPECT_EQ(json("features.json")["sets"].contains("+movie"), false);
  EXPECT_EQ(json("features.json")["notes"].size(), 4U);
}

TEST_F(Prepare, ByteThatIsNotUtf8DoesNotEndIt) {
  Dataset data = testing::small_dataset();
  data.catalogue.movies[0].title = "Caf\xE9 (1990)";
  data.catalogue.movies[0].genres = {"Dr\xE9me"};
  EXPECT_NO_THROW(prepare(data, std::nullopt, folder_, threads_));
  EXPECT_NO_THROW(json("features.json"));
}

TEST_F(Prepare, AFolderThatCannotBeWrittenIsAnOutputError) {
  write_atomically(folder_ / "file", "x");
  EXPECT_THROW(prepare(testing::small_dataset(), std::nullopt, folder_ / "file", threads_), OutputError);
}

}  // namespace
}  // namespace embrace
