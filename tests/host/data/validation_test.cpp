// The validation part of a fold: the training part divided again, and nothing else.
#include "host/data/split/validation.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "host/data/synthetic/synthetic.hpp"
#include "host/error.hpp"

namespace embrace {
namespace {

using Pair = std::pair<std::int64_t, std::int64_t>;

/// Raw ids of the ratings at `positions`, ascending.
std::vector<Pair> pairs_of(const Ratings& ratings, const std::vector<std::int64_t>& positions) {
  std::vector<Pair> pairs;
  for (const std::int64_t position : positions) {
    const auto p = static_cast<std::size_t>(position);
    pairs.emplace_back(ratings.user_ids[static_cast<std::size_t>(ratings.users[p])],
                       ratings.item_ids[static_cast<std::size_t>(ratings.items[p])]);
  }
  std::sort(pairs.begin(), pairs.end());
  return pairs;
}

class Validation : public testing::TestWithParam<const char*> {
 protected:
  Fold outer(const std::string& name = "holdout:0.2") {
    return make_folds(data_, parse_split(name), 1, {}, threads_).front();
  }
  Division part(const Dataset& data, const Fold& fold) {
    return validation_part(data, fold, parse_split(GetParam()), 2, threads_);
  }
  Threads threads_{2};
  Dataset data_ = make_synthetic({60, 40, 900}, threads_);
};

TEST_P(Validation, DividesTheTrainingPartAndNothingElse) {
  const Fold fold = outer();
  const Division inner = part(data_, fold);
  ASSERT_EQ(inner.folds.size(), 1U);
  const Fold& divided = inner.folds[0];
  EXPECT_FALSE(divided.train.empty());
  EXPECT_FALSE(divided.test.empty());
  std::vector<Pair> all;
  for (const auto* positions : {&divided.train, &divided.test, &divided.known}) {
    const std::vector<Pair> some = pairs_of(inner.dataset.ratings, *positions);
    all.insert(all.end(), some.begin(), some.end());
  }
  std::sort(all.begin(), all.end());
  EXPECT_EQ(all, pairs_of(data_.ratings, fold.train)) << "disjoint, and together the training part";
  EXPECT_EQ(inner.dataset.ratings.size(), static_cast<std::int64_t>(fold.train.size())) << "nothing else is there";
}

TEST_P(Validation, DoesNotReadTheTest) {
  const Fold fold = outer();
  Dataset other = data_;
  for (const std::int64_t p : fold.test) other.ratings.values[static_cast<std::size_t>(p)] = 10.0F;
  for (const std::int64_t p : fold.test) other.ratings.times[static_cast<std::size_t>(p)] = 0;
  const Division a = part(data_, fold), b = part(other, fold);
  EXPECT_EQ(a.dataset.ratings.values, b.dataset.ratings.values);
  EXPECT_EQ(a.folds[0].train, b.folds[0].train);
  EXPECT_EQ(a.folds[0].test, b.folds[0].test);
  EXPECT_EQ(a.folds[0].sha256, b.folds[0].sha256);
}

TEST_P(Validation, IsTheSameForAnyNumberOfThreads) {
  const Fold fold = outer();
  const Division a = part(data_, fold);
  Threads one(1);
  const Division b = validation_part(data_, fold, parse_split(GetParam()), 2, one);
  EXPECT_EQ(a.folds[0].test, b.folds[0].test);
  EXPECT_EQ(a.folds[0].sha256, b.folds[0].sha256);
}

INSTANTIATE_TEST_SUITE_P(Splits, Validation,
                         testing::Values("holdout:0.1", "kfold:5", "leave-last-out", "time:0.2", "cold-items:4",
                                         "cold-users:4", "fold-in:10"));

TEST(ValidationPart, DependsOnTheSeed) {
  Threads threads(1);
  const Dataset data = make_synthetic({60, 40, 900}, threads);
  const Fold fold = make_folds(data, parse_split("holdout:0.2"), 1, {}, threads).front();
  const SplitName how = parse_split("holdout:0.1");
  EXPECT_NE(validation_part(data, fold, how, 1, threads).folds[0].test,
            validation_part(data, fold, how, 2, threads).folds[0].test);
}

TEST(ValidationPart, RefusesSplitsThatComeWithTheData) {
  Threads threads(1);
  const Dataset data = make_synthetic({60, 40, 900}, threads);
  const Fold fold = make_folds(data, parse_split("holdout:0.2"), 1, {}, threads).front();
  for (const char* how : {"official:u1", "files:a,b"}) {
    EXPECT_THROW(validation_part(data, fold, parse_split(how), 1, threads), UsageError) << how;
  }
}

TEST(ValidationPart, TheQuestionStaysTheSame) {
  for (const auto& [split, how] : {std::pair("kfold:5", "holdout:0.1"),
                                   {"holdout:0.3", "holdout:0.1"},
                                   {"official:u1", "holdout:0.1"},
                                   {"official:ncf", "leave-last-out"},
                                   {"files:a,b", "holdout:0.1"},
                                   {"leave-last-out", "leave-last-out"},
                                   {"time:0.2", "time:0.2"},
                                   {"cold-items:5", "cold-items:5"},
                                   {"cold-users:5", "cold-users:5"},
                                   {"fold-in:9", "fold-in:9"}}) {
    EXPECT_EQ(validation_split(parse_split(split)).text, how) << split;
  }
}

TEST(TrainingData, HidesTagsOfTestPairs) {
  Threads threads(1);
  Dataset data = make_synthetic({60, 40, 900}, threads);
  const Fold fold = make_folds(data, parse_split("holdout:0.2"), 1, {}, threads).front();
  const Pair tested = pairs_of(data.ratings, fold.test).front(), trained = pairs_of(data.ratings, fold.train).front();
  data.catalogue.tags = {{tested.first, tested.second, "of the test", {}, false},
                         {trained.first, trained.second, "of the training", {}, false},
                         {tested.first, tested.second, "of another data set", {}, true}};
  const Dataset training = training_data(data, fold);
  ASSERT_EQ(training.catalogue.tags.size(), 2U);
  EXPECT_EQ(training.catalogue.tags[0].tag, "of the training");
  EXPECT_EQ(training.catalogue.tags[1].tag, "of another data set");
}

}  // namespace
}  // namespace embrace
