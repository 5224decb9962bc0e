// A minibatch of `hybrid` on the host, ready for its steps: what the embedding operations read on every backend.
// Samples are the ratings of the inputs; a side is represented by identity and five features. The tables' weights are
// the inputs' matrices, a row [vector | bias] for each of the table's; coefficients are the ratings less 2.5.
#pragma once
#include <algorithm>
#include <utility>
#include <vector>

#include "bench/cases/training_data.hpp"
#include "host/learning/adagrad_side.hpp"
#include "host/learning/sides.hpp"
#include "host/random.hpp"

namespace embrace::cases {

constexpr std::int64_t feature_columns = 256;
constexpr std::int64_t features_an_entity = 5;

/// A one-hot of 64 columns, and four of 192 words with weights of a quarter: sums of whole numbers stay exact.
inline Features case_features(std::int64_t entities, std::uint64_t seed) {
  const Random random(seed, Stream::features);
  Features features;
  features.fields = {{"kind", 0, 64, Field::Kind::one_hot}, {"words", 64, feature_columns, Field::Kind::multi_hot}};
  features.rows.columns = feature_columns;
  for (std::int64_t e = 0; e < entities; ++e) {
    for (std::uint32_t f = 0; f < features_an_entity; ++f) {
      const std::uint64_t first = f == 0 ? 0 : 64 + 48 * (f - 1), count = f == 0 ? 64 : 48;
      features.rows.indices.push_back(
          static_cast<std::int32_t>(first + random.below(count, static_cast<std::uint64_t>(e), f)));
      features.rows.values.push_back(f == 0 ? 1.0F : 0.25F);
    }
    features.rows.offsets.push_back(features.rows.entries());
  }
  return features;
}

class EmbeddingBatch {
 public:
  static constexpr std::int64_t users = 0, items = 1;

  explicit EmbeddingBatch(const Inputs& in)
      : data_(in), features_{case_features(in.shape.users, 1), case_features(in.shape.items, 2)} {
    Threads one(1);
    Problem problem = data_.problem(in, Task::rating, one);
    problem.user_features = &features_[users];
    problem.item_features = &features_[items];
    sides = make_sides(problem, EmbeddingTable::Slices::one);
    for (const std::int64_t side : {users, items}) {
      const Matrix& weights = side == users ? in.a : in.b;
      std::copy_n(weights.data(), weights.size(), sides[side].table.weights().data());
      sides[side].table.collect(reads(in, side), 0, 0, Random(1, Stream::dropout), slots[side]);
    }
    for (const float value : in.ratings.values) coefficients.push_back(value - 2.5F);
  }

  /// The entity of each sample.
  static Span<const std::int32_t> reads(const Inputs& in, std::int64_t side) {
    return side == users ? in.ratings.users : in.ratings.items;
  }

  Array<ModelSide> sides;
  FixedArray<Slots, 2> slots;
  Array<float> coefficients;

 private:
  TrainingData data_;
  FixedArray<Features, 2> features_;
};

/// Slots of both sides, and rows of their tables that these read.
struct BatchSize {
  explicit BatchSize(const Inputs& in) {
    for (const std::int64_t side : {EmbeddingBatch::users, EmbeddingBatch::items}) {
      const auto reads = EmbeddingBatch::reads(in, side);
      std::vector<std::int32_t> entities(reads.begin(), reads.end());
      std::sort(entities.begin(), entities.end());
      entities.erase(std::unique(entities.begin(), entities.end()), entities.end());
      const auto count = static_cast<double>(entities.size());
      slots += count;
      entries += count * (1 + features_an_entity);
      rows += count + std::min<double>(feature_columns, count * features_an_entity);
    }
  }
  double slots = 0;
  double entries = 0;  // of slots
  double rows = 0;     // touched, at most
};

/// Batches of the default size, and as large as a machine can use.
inline std::vector<Shape> batch_shapes() {
  return {{"ml-1m/batch:1024/k:64", 6040, 3706, 1024, 64, Numbers::normal},
          {"ml-20m/batch:1024/k:64", 138'493, 26'744, 1024, 64, Numbers::normal},
          {"ml-20m/batch:65536/k:64", 138'493, 26'744, 65'536, 64, Numbers::normal},
          {"ml-20m/batch:65536/k:128", 138'493, 26'744, 65'536, 128, Numbers::normal}};
}

}  // namespace embrace::cases
