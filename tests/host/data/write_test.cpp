// What is written can be read back, and its bytes are pinned.
#include "host/data/write.hpp"

#include <gtest/gtest.h>

#include <tuple>

#include "host/data/load.hpp"
#include "host/data/split/divide.hpp"
#include "host/data/split/split_name.hpp"
#include "host/data/synthetic/synthetic.hpp"
#include "host/digest.hpp"
#include "host/error.hpp"
#include "host/files.hpp"
#include "tests/temporary_folder.hpp"

namespace embrace {
namespace {

using test::TemporaryFolder;

void expect_same_catalogue(const Catalogue& a, const Catalogue& b) {
  ASSERT_EQ(a.users.size(), b.users.size());
  for (std::size_t n = 0; n < a.users.size(); ++n) {
    const UserProfile &x = a.users[n], &y = b.users[n];
    ASSERT_EQ(std::tie(x.id, x.age, x.gender, x.occupation, x.zip),
              std::tie(y.id, y.age, y.gender, y.occupation, y.zip));
  }
  ASSERT_EQ(a.movies.size(), b.movies.size());
  for (std::size_t n = 0; n < a.movies.size(); ++n) {
    const Movie &x = a.movies[n], &y = b.movies[n];
    ASSERT_EQ(std::tie(x.id, x.title, x.year, x.genres), std::tie(y.id, y.title, y.year, y.genres));
  }
  ASSERT_EQ(a.tags.size(), b.tags.size());
  for (std::size_t n = 0; n < a.tags.size(); ++n) {
    const TagUse &x = a.tags[n], &y = b.tags[n];
    ASSERT_EQ(std::tie(x.user, x.item, x.tag, x.time), std::tie(y.user, y.item, y.tag, y.time));
  }
}

TEST(WriteMovielens, TheDefaultIsTheSameBytesEverywhereAndReadsBack) {
  const TemporaryFolder folder;
  Threads threads(2);
  const Dataset data = make_synthetic({}, threads);
  write_movielens(data, folder.path());
  EXPECT_EQ(sha256(read_file(folder / "ratings.dat")),
            "233ed7def08251b9be52ddf794777f234542b41e6a510e731537fc8f6e98d5d6");
  EXPECT_EQ(sha256(read_file(folder / "users.dat")),
            "86da5c102ff43b9002f976063aa55a1c488f3166c269fedeaf8d38865c9f4142");
  EXPECT_EQ(sha256(read_file(folder / "movies.dat")),
            "5cf529025082cca4901e8f5f2c47f18e0810dab9d5374e493411b83b7a17b455");
  EXPECT_EQ(sha256(read_file(folder / "tags.dat")), "076068906ae2fbb9b691cda1a5deca53f6f02d5799dfd58b6dabdf7d8bd8e5a1");

  const Dataset back = load_dataset(folder.path().string(), {}, threads);
  EXPECT_EQ(back.layout, "ml-1m");
  EXPECT_EQ(back.ratings.user_ids, data.ratings.user_ids);
  EXPECT_EQ(back.ratings.item_ids, data.ratings.item_ids);
  EXPECT_EQ(back.ratings.users, data.ratings.users);
  EXPECT_EQ(back.ratings.items, data.ratings.items);
  EXPECT_EQ(back.ratings.values, data.ratings.values);
  EXPECT_EQ(back.ratings.times, data.ratings.times);
  expect_same_catalogue(back.catalogue, data.catalogue);
}

TEST(WriteSplit, WritesRawIdsUnderOneHeader) {
  const TemporaryFolder folder;
  Dataset data;
  data.ratings.user_ids = {3, 70};
  data.ratings.item_ids = {5, 9'000'000'000};
  data.ratings.users = {1, 0, 1};
  data.ratings.items = {0, 1, 1};
  data.ratings.values = {4, 0.5F, 5};
  data.ratings.times = {11, -2, 13};
  std::vector<Fold> folds(2);
  folds[0].train = {0, 1};
  folds[0].test = {2};
  folds[1].number = 1;
  folds[1].train = {2};
  folds[1].known = {0};
  folds[1].test = {1};
  write_split(data, folds, folder.path());
  EXPECT_EQ(read_file(folder / "fold-0/train.csv"), "user,item,rating,timestamp\n70,5,4,11\n3,9000000000,0.5,-2\n");
  EXPECT_EQ(read_file(folder / "fold-0/test.csv"), "user,item,rating,timestamp\n70,9000000000,5,13\n");
  EXPECT_FALSE(std::filesystem::exists(folder / "fold-0/known.csv"));
  EXPECT_EQ(read_file(folder / "fold-1/known.csv"), "user,item,rating,timestamp\n70,5,4,11\n");
  data.ratings.times.clear();
  write_split(data, folds, folder.path());
  EXPECT_EQ(read_file(folder / "fold-1/test.csv"), "user,item,rating,timestamp\n3,9000000000,0.5,\n");
  Threads threads(1);
  const Dataset back = load_dataset((folder / "fold-0/train.csv").string(), {}, threads);
  EXPECT_EQ(back.ratings.values, (std::vector<float>{4, 0.5F}));
  EXPECT_TRUE(back.ratings.times.empty());
}

TEST(WriteSplit, SplitFilesGiveTheFoldBack) {
  const TemporaryFolder folder;
  Threads threads(2);
  const Dataset data = make_synthetic({60, 40, 900}, threads);
  const auto folds = make_folds(data, parse_split("holdout:0.2"), 1, {}, threads);
  write_split(data, folds, folder.path());
  const std::string name =
      "files:" + (folder / "fold-0/train.csv").string() + "," + (folder / "fold-0/test.csv").string();
  const Division division = divide(data, parse_split(name), 1, std::nullopt, {}, threads);
  EXPECT_EQ(division.folds[0].sha256, folds[0].sha256);
}

TEST(Write, AFolderThatCannotBeMadeIsAnOutputError) {
  const TemporaryFolder folder;
  write_atomically(folder / "taken", "x");
  Threads threads(1);
  const Dataset data = make_synthetic({5, 5, 20}, threads);
  EXPECT_THROW(write_movielens(data, folder / "taken"), OutputError);
}

}  // namespace
}  // namespace embrace
