// Splits: what each promises, and that neither file order nor threads decide anything.
#include "host/data/split/split.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <set>

#include "host/data/load.hpp"
#include "host/data/split/divide.hpp"
#include "host/data/split/split_name.hpp"
#include "host/data/synthetic/synthetic.hpp"
#include "host/error.hpp"
#include "host/files.hpp"
#include "host/random.hpp"
#include "tests/temporary_folder.hpp"

namespace embrace {
namespace {

using test::TemporaryFolder;

using Pairs = std::set<std::pair<std::int64_t, std::int64_t>>;

std::size_t at(std::int64_t position) { return static_cast<std::size_t>(position); }

Dataset small() {
  Threads threads(1);
  return make_synthetic({60, 40, 900}, threads);
}

std::vector<Fold> folds_of(const Dataset& data, const std::string& name, std::uint64_t seed = 1) {
  Threads threads(2);
  return make_folds(data, parse_split(name), seed, {}, threads);
}

std::pair<std::int64_t, std::int64_t> pair_at(const Ratings& r, std::int64_t p) {
  return {r.user_ids[at(r.users[at(p)])], r.item_ids[at(r.items[at(p)])]};
}

Pairs pairs_of(const Dataset& data, const std::vector<std::int64_t>& positions) {
  Pairs pairs;
  for (const std::int64_t p : positions) pairs.insert(pair_at(data.ratings, p));
  return pairs;
}

/// Ratings given one by one: {user, item, value, time}.
Dataset handmade(const std::vector<std::array<std::int64_t, 4>>& rows, bool timed = true) {
  Dataset data;
  std::set<std::int64_t> users, items;
  for (const auto& row : rows) {
    users.insert(row[0]);
    items.insert(row[1]);
  }
  Ratings& r = data.ratings;
  r.user_ids.assign(users.begin(), users.end());
  r.item_ids.assign(items.begin(), items.end());
  for (const auto& row : rows) {
    r.users.push_back(index_of(r.user_ids, row[0]));
    r.items.push_back(index_of(r.item_ids, row[1]));
    r.values.push_back(static_cast<float>(row[2]));
    if (timed) r.times.push_back(row[3]);
  }
  return data;
}

/// The same ratings in another order of lines.
Dataset permuted(const Dataset& data) {
  Dataset other = data;
  std::vector<std::int64_t> order(at(data.ratings.size()));
  std::iota(order.begin(), order.end(), 0);
  shuffle(order, Random(9, Stream::shuffle));
  for (std::size_t n = 0; n < order.size(); ++n) {
    other.ratings.users[n] = data.ratings.users[at(order[n])];
    other.ratings.items[n] = data.ratings.items[at(order[n])];
    other.ratings.values[n] = data.ratings.values[at(order[n])];
    other.ratings.times[n] = data.ratings.times[at(order[n])];
  }
  return other;
}

/// Train, test and known are ascending, disjoint and together everything.
void expect_partition(const Dataset& data, const Fold& fold) {
  std::vector<std::int64_t> all;
  for (const auto* part : {&fold.train, &fold.test, &fold.known}) {
    EXPECT_TRUE(std::is_sorted(part->begin(), part->end()));
    all.insert(all.end(), part->begin(), part->end());
  }
  std::sort(all.begin(), all.end());
  std::vector<std::int64_t> expected(at(data.ratings.size()));
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(all, expected);
}

TEST(SplitName, IsParsedStrictly) {
  EXPECT_EQ(parse_split("kfold:5").folds(), 5);
  EXPECT_EQ(parse_split("cold-items:3").folds(), 3);
  EXPECT_EQ(parse_split("holdout:0.25").share, 0.25);
  EXPECT_EQ(parse_split("official:u1").official, "u1");
  EXPECT_EQ(parse_split("fold-in:7").users, 7);
  EXPECT_EQ(parse_split("files:a.csv,b.csv").test_file, "b.csv");
  EXPECT_EQ(parse_split("leave-last-out").text, "leave-last-out");
  // The text is part of a record's id and of a row: one split has one.
  EXPECT_EQ(parse_split("kfold:02").text, "kfold:2");
  EXPECT_EQ(parse_split("holdout:0.20").text, "holdout:0.2");
  EXPECT_EQ(parse_split("time:2e-1").text, "time:0.2");
  EXPECT_EQ(parse_split("fold-in:007").text, "fold-in:7");
  EXPECT_EQ(parse_split("cold-users:5").text, "cold-users:5");
  EXPECT_EQ(parse_split("files:02,03").text, "files:02,03");
  for (const char* wrong : {"",          "kfold",     "kfold:",       "kfold:1",           "kfold:0",
                            "kfold:-2",  "kfold:2.5", "kfold:5x",     "kfold:99999999999", "holdout",
                            "holdout:0", "holdout:1", "holdout:-0.1", "holdout:nan",       "holdout:1e400",
                            "time:2",    "official",  "official:",    "leave-last-out:1",  "fold-in:0",
                            "files:a",   "files:a,",  "files:a,b,c",  "cold-users:1",      "fold:5"}) {
    EXPECT_THROW(parse_split(wrong), UsageError) << wrong;
  }
}

TEST(Split, RandomSplitsDependOnTheSetOfPairsAndTheSeedAlone) {
  const Dataset data = small();
  const Dataset other = permuted(data);
  for (const char* name : {"kfold:7", "holdout:0.3", "cold-items:3", "cold-users:4", "fold-in:9"}) {
    const auto a = folds_of(data, name), b = folds_of(other, name), reseeded = folds_of(data, name, 2);
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t f = 0; f < a.size(); ++f) {
      SCOPED_TRACE(std::string(name) + " fold " + std::to_string(f));
      expect_partition(data, a[f]);
      EXPECT_EQ(a[f].number, static_cast<int>(f));
      EXPECT_EQ(a[f].sha256, b[f].sha256);
      EXPECT_EQ(pairs_of(data, a[f].test), pairs_of(other, b[f].test));
      EXPECT_EQ(pairs_of(data, a[f].known), pairs_of(other, b[f].known));
      EXPECT_NE(a[f].sha256, reseeded[f].sha256);
      EXPECT_FALSE(a[f].test.empty());
    }
  }
}

TEST(Split, HashesArePinned) {
  std::vector<std::array<std::int64_t, 4>> rows;
  for (std::int64_t n = 0; n < 900; ++n) {
    rows.push_back({7 * (n / 30) + 1, (std::int64_t{1} << 40U) + n * n % 30 * 1000 + n % 30, n % 5 + 1, n * n % 1000});
  }
  const Dataset data = handmade(rows);
  EXPECT_EQ(folds_of(data, "kfold:7")[3].sha256, "4fa77235dacda99d2dc9496f2d742bf5c556dfb4f175dc1a14aed7f9d4ecee96");
  EXPECT_EQ(folds_of(data, "fold-in:9")[0].sha256, "36ba2e48fff8fb7da9b143359d68fb047dd7305b2325a92eb6f0a2319ec1b146");
  EXPECT_EQ(folds_of(data, "leave-last-out")[0].sha256,
            "d0fc5ebc8f22573d0d92f6b814d61785d6b08731c3b9c4421461c6657ef651e5");
}

TEST(Split, ThePartsOfKfoldAreEvenAndEachRatingIsTestedOnce) {
  const Dataset data = small();
  const auto folds = folds_of(data, "kfold:7");
  std::vector<std::int64_t> tested;
  for (const Fold& fold : folds) {
    EXPECT_TRUE(fold.test.size() == 128 || fold.test.size() == 129);  // 900 = 7 * 128 + 4
    tested.insert(tested.end(), fold.test.begin(), fold.test.end());
  }
  std::sort(tested.begin(), tested.end());
  EXPECT_EQ(tested.size(), 900U);
  EXPECT_EQ(std::adjacent_find(tested.begin(), tested.end()), tested.end());
  EXPECT_EQ(folds_of(data, "kfold:900").size(), 900U);
  EXPECT_THROW(folds_of(data, "kfold:901"), UsageError);
}

TEST(Split, HoldoutTakesTheShareToTheNearest) {
  const Dataset data = small();
  EXPECT_EQ(folds_of(data, "holdout:0.3")[0].test.size(), 270U);
  EXPECT_THROW(folds_of(data, "holdout:0.0001"), UsageError);
  EXPECT_THROW(folds_of(data, "holdout:0.9999"), UsageError);
}

TEST(Split, ColdPartsShareNoItemOrUserWithTheTraining) {
  const Dataset data = small();
  for (const bool items : {true, false}) {
    const auto& index = items ? data.ratings.items : data.ratings.users;
    std::set<std::int32_t> cold;
    for (const Fold& fold : folds_of(data, items ? "cold-items:3" : "cold-users:3")) {
      std::set<std::int32_t> train, test;
      for (const std::int64_t p : fold.train) train.insert(index[at(p)]);
      for (const std::int64_t p : fold.test) test.insert(index[at(p)]);
      for (const std::int32_t i : test) {
        EXPECT_EQ(train.count(i), 0U);
        EXPECT_TRUE(cold.insert(i).second) << "cold twice";
      }
    }
    EXPECT_EQ(cold.size(), items ? 40U : 60U);
  }
  EXPECT_THROW(folds_of(data, "cold-items:41"), UsageError);
}

TEST(Split, TheLastOfAUserIsTheLatestAndOfEqualTimesTheLaterLine) {
  const Dataset data = handmade({{5, 1, 3, 10}, {5, 2, 3, 30}, {5, 3, 3, 30}, {5, 4, 3, 20}, {8, 1, 4, 9}});
  const auto folds = folds_of(data, "leave-last-out");
  EXPECT_EQ(folds[0].test, (std::vector<std::int64_t>{2}));
  EXPECT_EQ(folds[0].train, (std::vector<std::int64_t>{0, 1, 3, 4}));  // user 8 has one rating: kept for training
  EXPECT_THROW(folds_of(handmade({{1, 1, 3, 1}, {2, 1, 3, 1}}), "leave-last-out"), UsageError);
}

TEST(Split, TimeTakesTheLatestAndOfEqualTimesTheLaterLines) {
  const Dataset data = handmade({{1, 1, 3, 50}, {1, 2, 3, 10}, {2, 1, 3, 50}, {2, 2, 3, 50}, {3, 1, 3, 40}});
  EXPECT_EQ(folds_of(data, "time:0.4")[0].test, (std::vector<std::int64_t>{2, 3}));
}

TEST(Split, WithoutTimestampsThereIsNoLatest) {
  const Dataset data = handmade({{1, 1, 3, 0}, {1, 2, 3, 0}, {2, 1, 3, 0}}, false);
  EXPECT_THROW(folds_of(data, "leave-last-out"), UsageError);
  EXPECT_THROW(folds_of(data, "time:0.5"), UsageError);
  EXPECT_EQ(folds_of(data, "kfold:3").size(), 3U);
}

TEST(Split, FoldInKnowsFourFifthsOfEachHeldOutUser) {
  const Dataset data = small();
  const Fold fold = folds_of(data, "fold-in:9")[0];
  std::map<std::int32_t, std::pair<std::size_t, std::size_t>> counts;
  for (const std::int64_t p : fold.known) ++counts[data.ratings.users[at(p)]].first;
  for (const std::int64_t p : fold.test) ++counts[data.ratings.users[at(p)]].second;
  EXPECT_EQ(counts.size(), 9U);
  for (const auto& [user, count] : counts) {
    EXPECT_EQ(count.second, (count.first + count.second + 4) / 5) << "user " << user;
  }
  for (const std::int64_t p : fold.train) EXPECT_EQ(counts.count(data.ratings.users[at(p)]), 0U);
  EXPECT_THROW(folds_of(data, "fold-in:60"), UsageError);
  const Dataset single = handmade({{1, 1, 3, 0}, {2, 1, 3, 0}, {3, 1, 3, 0}});
  EXPECT_THROW(folds_of(single, "fold-in:1"), UsageError);  // known, so there is nothing to test
}

Division divided(Dataset data, const std::string& name, std::optional<float> positive) {
  Threads threads(2);
  return divide(std::move(data), parse_split(name), 1, positive, {}, threads);
}

TEST(Divide, ReducesFirst) {
  const Dataset data = small();
  const Division division = divided(data, "kfold:4", 4.0F);
  const auto large =
      std::count_if(data.ratings.values.begin(), data.ratings.values.end(), [](float v) { return v >= 4; });
  EXPECT_EQ(division.dataset.ratings.size(), large);
  for (const Fold& fold : division.folds) expect_partition(division.dataset, fold);
  for (const float v : division.dataset.ratings.values) EXPECT_GE(v, 4);
  EXPECT_THROW(divided(data, "kfold:4", 6.0F), UsageError);
}

TEST(Divide, TheLatestIsTheLatestOfTheReducedData) {
  const Dataset data = handmade({{1, 1, 5, 10}, {1, 2, 4, 20}, {1, 3, 2, 30}, {2, 4, 1, 5}});
  const Division division = divided(data, "leave-last-out", 4.0F);
  EXPECT_EQ(pairs_of(division.dataset, division.folds[0].test), (Pairs{{1, 2}}));
  EXPECT_EQ(division.dataset.ratings.user_ids, (std::vector<std::int64_t>{1}));  // user 2 fell out
}

TEST(Divide, FilesReplaceTheRatings) {
  const TemporaryFolder folder;
  write_atomically(folder / "a.csv", "user,item,rating,timestamp\n900,7,5,1\n1,7,2,2\n1,8,4,3\n");
  write_atomically(folder / "b.csv", "user,item,rating,timestamp\n900,9,4,4\n1,3,1,5\n");
  const std::string name = "files:" + (folder / "a.csv").string() + "," + (folder / "b.csv").string();
  const Dataset data = small();
  const Division whole = divided(data, name, std::nullopt);
  EXPECT_EQ(whole.dataset.ratings.size(), 5);
  EXPECT_EQ(whole.dataset.catalogue.movies.size(), data.catalogue.movies.size());
  EXPECT_EQ(pairs_of(whole.dataset, whole.folds[0].train), (Pairs{{900, 7}, {1, 7}, {1, 8}}));
  EXPECT_EQ(pairs_of(whole.dataset, whole.folds[0].test), (Pairs{{900, 9}, {1, 3}}));
  EXPECT_NE(whole.dataset.sha256, data.sha256);
  const Division positive = divided(data, name, 4.0F);
  EXPECT_EQ(pairs_of(positive.dataset, positive.folds[0].train), (Pairs{{900, 7}, {1, 8}}));
  EXPECT_EQ(pairs_of(positive.dataset, positive.folds[0].test), (Pairs{{900, 9}}));
  expect_partition(positive.dataset, positive.folds[0]);
  EXPECT_THROW(divided(data, name, 5.0F), UsageError);  // no test left
}

TEST(Divide, APairInBothFilesIsRefused) {
  const TemporaryFolder folder;
  write_atomically(folder / "a.csv", "user,item,rating\n1,7,2\n1,8,4\n");
  write_atomically(folder / "b.csv", "user,item,rating\n1,8,5\n");
  EXPECT_THROW(
      divided(small(), "files:" + (folder / "a.csv").string() + "," + (folder / "b.csv").string(), std::nullopt),
      DataError);
}

TEST(Divide, PublishedPositionsAndCandidatesFollowTheReduction) {
  const TemporaryFolder folder;
  write_atomically(folder / "x.train.rating", "0\t0\t5\t1\n0\t1\t2\t2\n1\t2\t2\t3\n2\t2\t4\t3\n");
  write_atomically(folder / "x.test.rating", "0\t2\t5\t9\n1\t0\t3\t9\n2\t0\t5\t9\n");
  write_atomically(folder / "x.test.negative", "(0,2)\t0\t1\n(1,0)\t1\n(2,0)\t1\t2\n");
  Threads threads(2);
  const Dataset data = load_dataset(folder.path().string(), {}, threads);
  const Division division = divided(data, "official:ncf", 4.0F);
  const Fold& fold = division.folds[0];
  EXPECT_EQ(pairs_of(division.dataset, fold.train), (Pairs{{0, 0}, {2, 2}}));
  EXPECT_EQ(pairs_of(division.dataset, fold.test), (Pairs{{0, 2}, {2, 0}}));
  EXPECT_EQ(division.dataset.ratings.user_ids, (std::vector<std::int64_t>{0, 2}));
  EXPECT_EQ(division.dataset.ratings.item_ids, (std::vector<std::int64_t>{0, 2}));  // item 1 fell out
  ASSERT_EQ(fold.candidates.size(), 2U);
  EXPECT_EQ(fold.candidates[0], (std::vector<std::int32_t>{0, 1}));
  EXPECT_EQ(fold.candidates[1], (std::vector<std::int32_t>{0, 1}));
}

}  // namespace
}  // namespace embrace
