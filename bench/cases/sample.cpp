// sample: the samples of an epoch of `hybrid` for rankings by BPR: ratings in a random order, each with a movie that
// the user does not have.
#include <algorithm>
#include <set>

#include "bench/cases/sampling.hpp"

namespace embrace::cases {
namespace {

Inputs inputs(const Shape& shape, std::uint64_t seed) {
  return {.shape = shape, .ratings = power_law_ratings(shape, seed), .a = {}, .b = {}};
}

/// What host/learning/samples.hpp promises, by sets.
std::vector<double> reference(const Inputs& in) {
  std::vector<std::size_t> order(in.ratings.users.size());  // by user, then item: entries of the sparse matrix
  for (std::size_t e = 0; e < order.size(); ++e) order[e] = e;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::pair(in.ratings.users[a], in.ratings.items[a]) < std::pair(in.ratings.users[b], in.ratings.items[b]);
  });
  std::vector<std::set<std::int32_t>> owned(static_cast<std::size_t>(in.shape.users));
  std::set<std::int32_t> all;
  for (const std::size_t e : order) {
    owned[static_cast<std::size_t>(in.ratings.users[e])].insert(in.ratings.items[e]);
    all.insert(in.ratings.items[e]);
  }
  const std::vector<std::int32_t> trained(all.begin(), all.end());
  std::vector<std::size_t> positives;
  for (std::size_t place = 0; place < order.size(); ++place) {
    if (owned[static_cast<std::size_t>(in.ratings.users[order[place]])].size() < trained.size()) {
      positives.push_back(place);
    }
  }
  const Permutation shuffled(std::max<std::int64_t>(1, std::ssize(positives)), Random(1, Stream::shuffle), 0);
  const Random sampling(1, Stream::sampling);
  const std::int64_t size = std::min(std::ssize(positives), most_samples);
  std::vector<double> users, items, sampled, entries, targets;
  for (std::int64_t s = 0; s < size; ++s) {
    const std::int64_t number = shuffled(s);
    const std::size_t place = positives[static_cast<std::size_t>(number)];
    const auto& own = owned[static_cast<std::size_t>(in.ratings.users[order[place]])];
    const auto drawn = [&](std::uint64_t trial) {
      return sampling.below(trained.size(), static_cast<std::uint64_t>(number) * 32 + trial, 0);
    };
    std::uint64_t trial = 0, at = drawn(0);
    while (own.contains(trained[at]) && ++trial < 32) at = drawn(trial);
    if (trial == 32) at = drawn(0);
    while (own.contains(trained[at])) at = (at + 1) % trained.size();
    users.push_back(in.ratings.users[order[place]]);
    items.push_back(in.ratings.items[order[place]]);
    sampled.push_back(trained[at]);
    entries.push_back(static_cast<double>(place));
    targets.push_back(1);
  }
  std::vector<double> answer;
  for (const auto* part : {&users, &items, &sampled, &entries, &targets}) {
    answer.insert(answer.end(), part->begin(), part->end());
  }
  return answer;
}

TimedRun cpu(const Inputs& in, Threads& threads) {
  auto sampling = std::make_shared<Sampling>(in, threads);
  auto batch = std::make_shared<Batch>();
  return timed_on_cpu(
      [sampling, batch, &threads] {
        const Samples& samples = sampling->samples;
        samples.fill(samples.order(0), 0, 0, sampling->size(), threads, *batch);
        return batch;
      },
      [](const auto& drawn) {
        std::vector<double> all(drawn->users.begin(), drawn->users.end());
        all.insert(all.end(), drawn->items.begin(), drawn->items.end());
        all.insert(all.end(), drawn->entries.begin(), drawn->entries.end());
        all.insert(all.end(), drawn->targets.begin(), drawn->targets.end());
        return all;
      });
}

/// Of a sample: which entry, its user and item, the movie that is drawn and one of the user's read; 20 bytes written.
Work work(const Inputs& in) {
  const auto n = static_cast<double>(std::min(in.shape.ratings, most_samples));
  return {44 * n, 0, n};
}

}  // namespace

Operation sample_operation() {
  return {.name = "sample",
          .bound_reason = "samples are drawn, not computed: the same on every backend",
          .small = {{"empty", 3, 2, 0},
                    {"one", 1, 2, 1},
                    {"one-user", 1, 33, 20},
                    {"small", 31, 64, 900},
                    {"nearly-all", 9, 8, 60}},
          .large = movielens_shapes({}),
          .inputs = inputs,
          .reference = reference,
          .cpu = cpu,
          .work = work};
}

}  // namespace embrace::cases
