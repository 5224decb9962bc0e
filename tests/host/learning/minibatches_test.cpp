#include "host/learning/minibatches.hpp"

#include <gtest/gtest.h>

#include "host/methods/registry.hpp"
#include "tests/feature_problem.hpp"

namespace embrace {
namespace {

constexpr std::int64_t users = 30, items = 40, batch = 64;
constexpr std::uint64_t seed = 1;

/// All that a batch holds, side by side.
std::vector<double> contents(const Batch& samples, const std::array<Slots, 3>& slots, std::size_t sides) {
  std::vector<double> out;
  const auto add = [&](const auto& list) { out.insert(out.end(), list.begin(), list.end()); };
  add(samples.users);
  add(samples.items);
  add(samples.entries);
  add(samples.targets);
  for (std::size_t side = 0; side < sides; ++side) {
    const Slots& of = slots[side];
    add(of.entity);
    add(of.without_identity);
    add(of.slot);
    add(of.samples.offsets);
    add(of.samples.positions);
    add(of.rows);
    add(of.readers.offsets);
    add(of.readers.positions);
    add(of.weights);
    out.push_back(static_cast<double>(of.identities));
  }
  return out;
}

struct Model {
  explicit Model(const test::FeatureProblem& data)
      : user(users, true, &data.user, row_sizes(data.ratings.view()), EmbeddingTable::Slices::one, 4, 0.1, seed, 0),
        item(items, true, &data.item, row_sizes(data.by_item.view()), EmbeddingTable::Slices::one, 4, 0.1, seed, 1),
        context(data.ratings.entries(), false, &data.context,
                std::vector<std::int64_t>(static_cast<std::size_t>(data.ratings.entries()), 1),
                EmbeddingTable::Slices::one, 4, 0.1, seed, 2) {}
  Minibatches::Tables tables(Task task) const { return {&user, &item, task == Task::rating ? &context : nullptr}; }
  EmbeddingTable user, item, context;
};

const Hyper& hyper() {
  static const Hyper all = make_hyper(
      *find_method("hybrid"), Task::rating,
      std::vector<std::pair<std::string, double>>{{"batch", static_cast<double>(batch)}, {"identity_dropout", 0.3}});
  return all;
}

/// Two epochs, each batch made by itself.
std::vector<std::vector<double>> one_by_one(const test::FeatureProblem& data, Task task) {
  const Model model(data);
  Threads threads(1);
  const Samples samples(data.problem(hyper(), task, seed, threads), Samples::Negatives::pairwise, 1);
  const Random dropout(seed, Stream::dropout);
  std::vector<std::vector<double>> out;
  for (std::uint32_t epoch = 0; epoch < 2; ++epoch) {
    for (std::int64_t first = 0; first < samples.size(); first += batch) {
      Batch drawn;
      std::array<Slots, 3> slots;
      samples.fill(samples.order(epoch), epoch, first, std::min(batch, samples.size() - first), threads, drawn);
      model.user.collect(drawn.users, 0.3, 2 * out.size(), dropout, slots[0]);
      model.item.collect(drawn.items, 0.3, 2 * out.size() + 1, dropout, slots[1]);
      if (task == Task::rating) model.context.collect(drawn.entries, 0.0, 0, dropout, slots[2]);
      out.push_back(contents(drawn, slots, task == Task::rating ? 3 : 2));
    }
  }
  return out;
}

TEST(Minibatches, RunsOfAnyLengthHoldTheSameBatches) {
  const auto data = test::mixed_problem(users, items);
  for (const Task task : {Task::rating, Task::ranking}) {
    const auto expected = one_by_one(data, task);
    ASSERT_GT(expected.size(), 8U);
    const Model model(data);
    for (const std::int64_t run : {std::int64_t{1}, 3 * batch, Minibatches::run}) {
      for (const int workers : {1, 4}) {
        Threads threads(workers);
        Minibatches minibatches(data.problem(hyper(), task, seed, threads), Samples::Negatives::pairwise, 1, run);
        std::vector<std::vector<double>> seen;
        std::uint64_t samples = 0;
        for (std::uint32_t epoch = 0; epoch < 2; ++epoch) {
          const EpochResult result = minibatches.epoch(model.tables(task), threads, [&](const Minibatch& now) {
            EXPECT_EQ(now.number, seen.size());
            EXPECT_EQ(now.first, samples);
            EXPECT_EQ(now.epoch, epoch);
            samples += static_cast<std::uint64_t>(now.samples.size());
            seen.push_back(contents(now.samples, now.slots, task == Task::rating ? 3 : 2));
            return 2.0 * static_cast<double>(now.samples.size());
          });
          EXPECT_EQ(result.objective, 2.0);
          EXPECT_EQ(result.updates, minibatches.samples().size());
        }
        EXPECT_EQ(seen, expected) << "runs of " << run << " samples, " << workers << " threads";
      }
    }
  }
}

TEST(Minibatches, SlotsOfSearchedMoviesWaitForTheModel) {
  const auto data = test::mixed_problem(users, items);
  const Model model(data);
  Threads threads(2);
  Minibatches minibatches(data.problem(hyper(), Task::ranking, seed, threads), Samples::Negatives::searched, 1);
  minibatches.epoch(model.tables(Task::ranking), threads, [&](Minibatch& now) {
    EXPECT_GT(now.slots[Minibatches::users].size(), 0);
    std::fill(now.samples.items.begin() + now.samples.size(), now.samples.items.end(), 3);
    minibatches.collect(Minibatches::items, model.item, now);
    const Slots& slots = now.slots[Minibatches::items];
    EXPECT_EQ(slots.slot.size(), now.samples.items.size());
    EXPECT_EQ(slots.entity[static_cast<std::size_t>(slots.slot.back())], 3);
    return 0.0;
  });
}

}  // namespace
}  // namespace embrace
