// History and models of items on items, whose weights are sparse here.
#include "host/learning/history.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "host/learning/item_trainer.hpp"
#include "tests/planted.hpp"

namespace embrace {
namespace {

using test::Data;
using test::Pairs;

Data ratings() {
  Pairs pairs;
  pairs.add(0, 1, 5);
  pairs.add(0, 3, 2);
  pairs.add(2, 0, 4);
  return {4, 5, pairs};
}

std::vector<std::int32_t> items(const History& history, std::int32_t user) {
  return {history.items(user).begin(), history.items(user).end()};
}

TEST(History, IsWhatWasTrainedUntilSomethingIsFoldedIn) {
  const Data data = ratings();
  History history(data.ratings.view());
  EXPECT_EQ(items(history, 0), (std::vector<std::int32_t>{1, 3}));
  EXPECT_EQ(history.values(0)[1], 2.0F);
  EXPECT_TRUE(items(history, 1).empty());
  for (const std::int32_t item : {4, 2}) {  // the second takes the first's place
    Pairs known;
    known.add(1, 0, 3);
    known.add(1, item, 1);
    history.fold_in(Data(4, 5, known).ratings.view());  // gone afterwards
    EXPECT_EQ(items(history, 0), (std::vector<std::int32_t>{1, 3}));
    EXPECT_EQ(items(history, 1), (std::vector<std::int32_t>{0, item}));
    EXPECT_EQ(history.values(1)[0], 3.0F);
    EXPECT_EQ(items(history, 2), (std::vector<std::int32_t>{0}));
    EXPECT_EQ(history.view().entries(), 5);
  }
}

TEST(History, DistinctEntriesNameEachColumnOnce) {
  Pairs pairs;
  for (const std::int64_t item : {4, 1, 4, 4}) pairs.add(0, item, 5);
  pairs.add(2, 0, 3);
  pairs.add(2, 0, 2);
  const Csr distinct = distinct_entries(Data(3, 5, pairs).ratings.view());
  EXPECT_EQ(distinct.columns, 5);
  EXPECT_EQ(distinct.offsets, (Array<std::int64_t>{0, 2, 2, 3}));
  EXPECT_EQ(distinct.indices, (Array<std::int32_t>{1, 4, 0}));
  EXPECT_EQ(distinct.values, (Array<float>{1, 1, 1}));
}

/// Item j speaks for the item after it, by 1 / (j + 1).
class Successor final : public ItemTrainer {
 public:
  explicit Successor(const Problem& problem) : ItemTrainer(problem), items_(problem.items()) {}
  EpochResult epoch() override { return {}; }

 private:
  void add_weights(std::int32_t item, float* scores) const override {
    if (item + 1 < items_) scores[item + 1] += 1.0F / static_cast<float>(item + 1);
  }
  std::int64_t items_;
};

TEST(ItemTrainer, SumsTheWeightsOfWhatAUserHas) {
  const Data data = ratings();
  const Hyper hyper;
  Threads threads(2);
  const Successor trainer(data.problem(Task::ranking, hyper, 1, threads));
  const std::vector<std::int32_t> users = {2, 1, 0};
  std::vector<float> scores(15, 7.0F);
  trainer.score(users, {scores.data(), 3, 5, 5});
  EXPECT_EQ(scores, (std::vector<float>{0, 1, 0, 0, 0, /**/ 0, 0, 0, 0, 0, /**/ 0, 0, 0.5F, 0, 0.25F}));
  const std::vector<std::int32_t> pair_users = {0, 2, 0, 1, 0}, pair_items = {4, 1, 2, 1, 0};
  std::vector<float> predicted(5);
  trainer.predict({pair_users, pair_items, {}}, predicted);
  EXPECT_EQ(predicted, (std::vector<float>{0.25F, 1, 0.5F, 0, 0}));
}

}  // namespace
}  // namespace embrace
