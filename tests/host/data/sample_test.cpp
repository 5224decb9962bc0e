// A part of the data: whole users, as many as there is room for, the same each time.
#include "host/data/sample.hpp"

#include <gtest/gtest.h>

#include <set>

namespace embrace {
namespace {

Dataset many() {
  Dataset dataset;
  dataset.name = "data";
  dataset.sha256 = "d";
  dataset.official = {"u1"};
  Ratings& ratings = dataset.ratings;
  ratings.scale = {1, 5};
  for (std::int32_t user = 0; user < 100; ++user) ratings.user_ids.push_back(1000 + user);
  for (std::int32_t item = 0; item < 40; ++item) ratings.item_ids.push_back(7 * item);
  for (std::int32_t user = 0; user < 100; ++user) {
    for (std::int32_t item = user % 20; item < user % 20 + 10; ++item) {
      ratings.users.push_back(user);
      ratings.items.push_back(item);
      ratings.values.push_back(static_cast<float>(1 + (user + item) % 5));
      ratings.times.push_back(user * 1000 + item);
    }
  }
  return dataset;
}

TEST(Sample, UsersAreKeptWhole) {
  const Dataset part = sample_users(many(), 205);
  const Ratings& ratings = part.ratings;
  EXPECT_EQ(ratings.size(), 200);
  EXPECT_EQ(ratings.user_count(), 20);
  EXPECT_EQ(part.name, "data (20 of 100 users)");
  EXPECT_NE(part.sha256, "d");
  EXPECT_TRUE(part.official.empty());
  const Dataset whole = many();
  std::set<std::pair<std::int64_t, std::int64_t>> seen;
  for (std::size_t p = 0; p < ratings.values.size(); ++p) {
    const std::int64_t user = ratings.user_ids.at(static_cast<std::size_t>(ratings.users[p]));
    const std::int64_t item = ratings.item_ids.at(static_cast<std::size_t>(ratings.items[p]));
    EXPECT_TRUE(seen.insert({user, item}).second);
    EXPECT_EQ(ratings.values[p], static_cast<float>(1 + (user - 1000 + item / 7) % 5));
    EXPECT_EQ(ratings.times[p], (user - 1000) * 1000 + item / 7);
  }
}

TEST(Sample, ItIsTheSameEachTimeAndNotTheFirstUsers) {
  const Dataset a = sample_users(many(), 200), b = sample_users(many(), 200);
  EXPECT_EQ(a.ratings.user_ids, b.ratings.user_ids);
  EXPECT_GT(a.ratings.user_ids.back(), 1000 + 50);
}

TEST(Sample, WhatIsSmallEnoughStaysAsItIs) {
  const Dataset whole = sample_users(many(), 1000);
  EXPECT_EQ(whole.ratings.size(), 1000);
  EXPECT_EQ(whole.name, "data");
  EXPECT_EQ(whole.sha256, "d");
  EXPECT_EQ(whole.official.size(), 1U);
  EXPECT_EQ(sample_users(many(), 667).ratings.size(), 1000) << "half again as many are not worth a cut";
  EXPECT_LE(sample_users(many(), 666).ratings.size(), 666);
  EXPECT_EQ(sample_users(many(), 3).ratings.user_count(), 1) << "one user at least";
}

}  // namespace
}  // namespace embrace
