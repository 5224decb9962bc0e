// The validation part of a fold: the training part divided again, and nothing else.
#include "host/data/split/validation.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "host/data/synthetic/synthetic.hpp"
#include "host/error.hpp"

namespace embrace {
namespace {

class Validation : public testing::TestWithParam<const char*> {
 protected:
  Fold outer(const std::string& name = "holdout:0.2") {
    return make_folds(data_, parse_split(name), 1, {}, threads_).front();
  }
  Fold part(const Fold& fold, std::uint64_t seed = 2) {
    return validation_part(data_.ratings, fold, parse_split(GetParam()), seed, threads_);
  }
  Threads threads_{2};
  Dataset data_ = make_synthetic({60, 40, 900}, threads_);
};

TEST_P(Validation, DividesTheTrainingPartAndNothingElse) {
  const Fold fold = outer(), inner = part(fold);
  EXPECT_FALSE(inner.train.empty());
  EXPECT_FALSE(inner.test.empty());
  for (const auto* positions : {&inner.train, &inner.test}) {
    EXPECT_TRUE(std::is_sorted(positions->begin(), positions->end()));
  }
  std::vector<std::int64_t> both;
  std::merge(inner.train.begin(), inner.train.end(), inner.test.begin(), inner.test.end(), std::back_inserter(both));
  EXPECT_EQ(both, fold.train) << "disjoint, and together the training part";
  EXPECT_TRUE(inner.known.empty());
  EXPECT_TRUE(inner.candidates.empty());
}

TEST_P(Validation, DoesNotReadTheTest) {
  const Fold fold = outer();
  Fold other = fold;
  other.test.resize(other.test.size() / 2);
  other.known = {0, 1};
  other.candidates = {{1, 2, 3}};
  other.sha256 = "x";
  const Fold a = part(fold), b = part(other);
  EXPECT_EQ(a.train, b.train);
  EXPECT_EQ(a.test, b.test);
  EXPECT_EQ(a.sha256, b.sha256);
}

TEST_P(Validation, IsTheSameForAnyNumberOfThreads) {
  const Fold fold = outer(), a = part(fold);
  Threads one(1);
  const Fold b = validation_part(data_.ratings, fold, parse_split(GetParam()), 2, one);
  EXPECT_EQ(a.test, b.test);
  EXPECT_EQ(a.sha256, b.sha256);
}

INSTANTIATE_TEST_SUITE_P(Splits, Validation,
                         testing::Values("holdout:0.1", "kfold:5", "leave-last-out", "time:0.2", "cold-items:4",
                                         "cold-users:4"));

TEST(ValidationPart, DependsOnTheSeed) {
  Threads threads(1);
  const Dataset data = make_synthetic({60, 40, 900}, threads);
  const Fold fold = make_folds(data, parse_split("holdout:0.2"), 1, {}, threads).front();
  const SplitName how = parse_split("holdout:0.1");
  EXPECT_NE(validation_part(data.ratings, fold, how, 1, threads).test,
            validation_part(data.ratings, fold, how, 2, threads).test);
}

TEST(ValidationPart, RefusesSplitsThatLeaveRatingsOutOrComeWithTheData) {
  Threads threads(1);
  const Dataset data = make_synthetic({60, 40, 900}, threads);
  const Fold fold = make_folds(data, parse_split("holdout:0.2"), 1, {}, threads).front();
  for (const char* how : {"fold-in:5", "official:u1", "files:a,b"}) {
    EXPECT_THROW(validation_part(data.ratings, fold, parse_split(how), 1, threads), UsageError) << how;
  }
}

}  // namespace
}  // namespace embrace
