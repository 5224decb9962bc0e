// What minibatches are made of on the device, against what the host draws and collects: the same, element by element.
#include <algorithm>
#include <map>

#include "cuda/learning/frozen_vectors.hpp"
#include "cuda/learning/minibatches.hpp"
#include "host/methods/registry.hpp"
#include "host/span.hpp"
#include "tests/cuda/gpu_test.hpp"
#include "tests/feature_problem.hpp"

namespace embrace::gpu {
namespace {

constexpr double share = 0.3;
constexpr std::uint64_t seed = 1;

class SlotsTest : public test::GpuTest {};

Hyper hyper_of(const char* method, Task task) { return make_hyper(*find_method(method), task, {}); }

embrace::EmbeddingTable table_of(const Features* features, const std::vector<std::int64_t>& samples,
                                 bool identity = true) {
  return {static_cast<std::int64_t>(samples.size()),
          identity,
          features,
          samples,
          embrace::EmbeddingTable::Slices::by_field,
          4,
          0.5,
          seed,
          0};
}

TEST_F(SlotsTest, DrawsTheSamplesOfTheHost) {
  const auto data = test::mixed_problem(20, 30);
  Threads threads(1);
  for (const Task task : {Task::rating, Task::ranking}) {
    for (const auto kind : {embrace::Samples::Negatives::pairwise, embrace::Samples::Negatives::pointwise}) {
      const Hyper hyper = hyper_of("hybrid", task);
      const Problem problem = data.problem(hyper, task, seed, threads);
      const embrace::Samples samples(problem, kind, 3);
      const DeviceSamples drawing(device(), problem, samples);
      const std::int64_t size = samples.size(), batch = 33, factor = samples.pairwise() ? 2 : 1;
      DeviceBuffer<std::int32_t> users(device(), size), items(device(), factor * size), entries(device(), size);
      DeviceBuffer<float> targets(device(), size);
      drawing.draw(device(), 2, 0, size, batch, {users.span(), items.span(), entries.span(), targets.span()});
      const auto user = users.download(), item = items.download(), entry = entries.download();
      const auto target = targets.download();
      embrace::Batch expected;
      for (std::int64_t first = 0; first < size; first += batch) {
        samples.fill(samples.order(2), 2, first, std::min(batch, size - first), threads, expected);
        const std::ptrdiff_t at = first;
        EXPECT_TRUE(std::equal(expected.users.begin(), expected.users.end(), user.begin() + at)) << first;
        EXPECT_TRUE(std::equal(expected.items.begin(), expected.items.end(), item.begin() + factor * at)) << first;
        EXPECT_TRUE(std::equal(expected.entries.begin(), expected.entries.end(), entry.begin() + at)) << first;
        EXPECT_TRUE(std::equal(expected.targets.begin(), expected.targets.end(), target.begin() + at)) << first;
      }
    }
  }
}

// A user who lacks one movie of hundreds: trials fail, the movies that are left are counted through.
TEST_F(SlotsTest, DrawsTheOneMovieThatAUserLacks) {
  test::FeatureProblem data;
  std::vector<std::int32_t> row, column;
  for (std::int32_t i = 0; i < 400; ++i) {
    row.push_back(i == 77 ? 1 : 0);
    column.push_back(i);
  }
  data.set_ratings(2, 400, row, column, std::vector<float>(400, 1.0F));
  data.with_user = data.with_item = data.with_context = false;
  Threads threads(1);
  const Hyper hyper = hyper_of("hybrid", Task::ranking);
  const Problem problem = data.problem(hyper, Task::ranking, seed, threads);
  const embrace::Samples samples(problem, embrace::Samples::Negatives::pairwise, 1);
  const DeviceSamples drawing(device(), problem, samples);
  DeviceBuffer<std::int32_t> users(device(), 400), items(device(), 800), entries(device(), 400);
  DeviceBuffer<float> targets(device(), 400);
  drawing.draw(device(), 0, 0, 400, 400, {users.span(), items.span(), entries.span(), targets.span()});
  embrace::Batch expected;
  samples.fill(samples.order(0), 0, 0, 400, threads, expected);
  EXPECT_EQ(items.download(), expected.items);
}

using Readers = std::map<std::int32_t, std::vector<std::pair<std::int32_t, float>>>;  // row -> (entity, value)
using Reads = std::map<std::int32_t, std::vector<std::int32_t>>;                      // entity -> reads

struct Collected {
  Reads reads;
  Readers entries, readers;
};

std::vector<Collected> on_host(embrace::EmbeddingTable& table, const std::vector<std::int32_t>& entity,
                               std::size_t batch) {
  std::vector<Collected> out;
  embrace::Slots slots;
  for (std::size_t first = 0; first < entity.size(); first += batch) {
    const std::size_t size = std::min(batch, entity.size() - first);
    const Span<const std::int32_t> part(entity.data() + first, size);
    table.collect(part, share, 10 + 2 * out.size(), Random(seed, Stream::dropout), slots);
    Collected& now = out.emplace_back();
    for (std::size_t s = 0; s < size; ++s) now.reads[part[s]].push_back(static_cast<std::int32_t>(s));
    for (std::int64_t t = 0; t < slots.touched(); ++t) {
      const std::int32_t row = slots.rows[t];
      const auto of = slots.readers.of(t);
      for (std::int64_t e = 0; e < of.size(); ++e) {
        const std::int32_t reader = slots.entity[of[e]];
        const float value = slots.weights[slots.readers.offsets[t] + e];
        now.readers[row].emplace_back(reader, value);
        now.entries[reader].emplace_back(row, value);
      }
    }
    for (auto* lists : {&now.readers, &now.entries}) {
      for (auto& [key, list] : *lists) std::sort(list.begin(), list.end());
    }
  }
  return out;
}

template <typename T>
std::vector<T> downloaded(Device& device, DeviceSpan<const T> from) {
  std::vector<T> to(static_cast<std::size_t>(from.size));
  if (from.size > 0) device.download(from, Span(to));
  return to;
}

/// Calls take(key, element) for all elements of a batch.
template <typename Take>
void for_batch(Device& device, const SegmentsView& list, std::size_t batch, Take take) {
  const auto ends = downloaded(device, list.batch_elements);
  const auto keys = downloaded(device, list.keys);
  const auto elements = downloaded(device, list.elements);
  for (auto e = static_cast<std::size_t>(ends[batch]); e < static_cast<std::size_t>(ends[batch + 1]); ++e) {
    take(static_cast<std::int64_t>(keys[e]), elements[e]);
  }
}

Collected on_gpu(Device& device, const EmbeddingTable& table, const SlotsView& slots, std::size_t batch) {
  const auto entity = downloaded(device, slots.entity);
  const auto first = downloaded(device, slots.batch_slots);
  const auto slot_of_read = downloaded(device, slots.slot);
  const auto begin = static_cast<std::int64_t>(batch) * slots.reads_a_batch;
  Collected out;
  for_batch(device, slots.reads, batch, [&](std::int64_t slot, Element read) {
    const std::int32_t who = entity[static_cast<std::size_t>(slot)];
    out.reads[who].push_back(static_cast<std::int32_t>(read.index - begin));
    EXPECT_EQ(slot_of_read[static_cast<std::size_t>(read.index)], slot - first[batch]);
  });
  for_batch(device, slots.entries, batch, [&](std::int64_t key, Element entry) {
    out.entries[entity[static_cast<std::size_t>(key / slots.slices)]].emplace_back(entry.index, entry.value);
  });
  for_batch(device, slots.readers, batch, [&](std::int64_t key, Element reader) {
    const std::int64_t row = key - static_cast<std::int64_t>(batch) * table.rows();
    const std::int32_t who = entity[static_cast<std::size_t>(first[batch] + reader.index)];
    out.readers[static_cast<std::int32_t>(row)].emplace_back(who, reader.value);
  });
  return out;
}

TEST_F(SlotsTest, CollectsWhatTheHostCollects) {
  const Features features = test::mixed_features(50, 1);
  std::vector<std::int64_t> samples(50, 3);
  samples[7] = samples[6] = 0;  // no identity; entity 6 has no features either
  const Random random(8, Stream::sampling);
  for (const bool identity : {true, false}) {
    embrace::EmbeddingTable host = table_of(&features, samples, identity);
    const EmbeddingTable table(device(), host);
    for (const std::int64_t reads : {1, 31, 32, 33, 64, 700}) {
      for (const std::int64_t batch : {1, 32, 100}) {
        std::vector<std::int32_t> entity;
        for (std::int64_t r = 0; r < reads; ++r) {  // a third of them the same
          const auto a = static_cast<std::uint64_t>(r);
          entity.push_back(r % 3 == 0 ? 5 : static_cast<std::int32_t>(random.below(50, a)));
        }
        const std::int64_t batches = (reads + batch - 1) / batch;
        const Slots::Bounds bounds = Slots::bounds(host, batch, batches);
        Slots slots(device(), bounds, host.slices());
        SortBuffers sorts(device(), batches * std::max(bounds.entries, bounds.reads) + 1);
        device().upload(Span<const std::int32_t>(entity), slots.entity_of_read().part(0, reads));
        slots.collect(device(), table.view(), reads, {share, seed, 10}, sorts);
        const auto expected = on_host(host, entity, static_cast<std::size_t>(batch));
        ASSERT_EQ(static_cast<std::int64_t>(expected.size()), batches);
        for (std::size_t b = 0; b < expected.size(); b += 1 + expected.size() / 5) {
          const Collected found = on_gpu(device(), table, slots.view(), b);
          EXPECT_EQ(found.reads, expected[b].reads) << "batch " << b << " of " << reads << " reads";
          EXPECT_EQ(found.entries, expected[b].entries) << "batch " << b << " of " << reads << " reads";
          EXPECT_EQ(found.readers, expected[b].readers) << "batch " << b << " of " << reads << " reads";
        }
      }
    }
  }
}

TEST_F(SlotsTest, FrozenVectorsTakeThePlannedMemory) {
  const std::vector<std::int64_t> samples(50, 3);
  for (const std::int64_t length : {0, 1, 9}) {
    const Features features = test::with_vectors(test::mixed_features(50, 1), length, 2, true);
    const embrace::EmbeddingTable host = table_of(&features, samples);
    const Slots::Bounds bounds = Slots::bounds(host, 33, 2);
    const std::int64_t before = device().used_bytes();
    const EmbeddingTable table(device(), host);
    const FrozenVectors vectors(device(), host, bounds);
    EXPECT_EQ(device().used_bytes() - before, EmbeddingTable::bytes(host) + FrozenVectors::bytes(host, bounds));
  }
}

TEST_F(SlotsTest, RepresentsAsTheHostDoes) {
  const Features features = test::with_vectors(test::mixed_features(50, 1), 9, 2, true);
  std::vector<std::int64_t> samples(50, 3);
  samples[7] = 0;
  const embrace::EmbeddingTable host = table_of(&features, samples);
  const EmbeddingTable table(device(), host);
  Values values(device(), 50, host.slices(), host.factors());
  table.represent(device(), values);
  const Matrix vectors = download(device(), values.vectors);
  const auto bias = values.bias.download();
  std::vector<float> expected(static_cast<std::size_t>(host.width()));
  for (std::int32_t e = 0; e < 50; ++e) {
    host.represent(e, e + 1, {expected.data(), 1, host.width(), host.width()});
    float sum = 0;
    for (std::int64_t slice = 0; slice < host.slices(); ++slice) {
      const std::int64_t row = e * host.slices() + slice;
      sum += bias[static_cast<std::size_t>(row)];
      for (std::int64_t k = 0; k < host.factors(); ++k) {  // a handful of terms of size 1
        EXPECT_NEAR(vectors(row, k), expected[static_cast<std::size_t>(slice * host.factors() + k)], 1e-6F);
      }
    }
    EXPECT_NEAR(sum, expected.back(), 1e-6F);
  }
}

}  // namespace
}  // namespace embrace::gpu
