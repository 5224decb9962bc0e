// EmbeddingTable: one side of a model (users, items or contexts) as weighted sums of the embeddings of its features.
//
// Every feature owns a row [vector of `factors` | bias]. Identity, where the side has it, is a feature of its own: row
// e for entity e; then come the columns of the side's Features. An entity is represented by
//   [ slice 0 | … | slice S-1 | bias ]   slice(e, s) = Σ value * vector,  bias(e) = Σ value * bias
// over its features of slice s. With Slices::one all features share one slice (a sum of embeddings, Kula 2015,
// "Metadata embeddings for user and item cold-start recommendations", section 3.1); with Slices::by_field each field
// has its own and identity is slice 0.
//
// Frozen vectors are dense features: behind the rows of the sparse columns the table has one for each of their columns,
// in a field of their own. With X the vectors of a block of entities, a row each, and W these rows, the sums are one
// product X W; gradients of W are one product X' G for each panel of its rows. Every batch touches all of them, also
// one of entities without vectors.
//
// Entities without training ratings have no identity, and rows that no trained entity reads start at zero, are never
// updated, and so contribute nothing: for a cold item only its metadata speak.
//
// A Slots lists what a minibatch reads of one side: its distinct entities ("slots"), and the touched rows with the
// slots that read them, in a fixed order. So each representation is computed once a batch, and each touched row gets
// the sum of its gradients and one update. It does not depend on the weights and can be made ahead of the batches
// before it.
#pragma once
#include <cstdint>

#include "host/array.hpp"
#include "host/math/vector_math.hpp"
#include "host/matrix.hpp"
#include "host/method.hpp"
#include "host/random.hpp"
#include "host/span.hpp"

namespace embrace {

/// Compressed lists of positions: those of key k are positions[offsets[k]] … positions[offsets[k + 1] - 1], ascending.
struct Groups {
  Array<std::int64_t> offsets{0};
  Array<std::int32_t> positions;
  Span<const std::int32_t> of(std::int64_t key) const {
    return {positions.data() + offsets[key], offsets[key + 1] - offsets[key]};
  }
};

struct Slots {
  Array<std::int32_t> entity;    // of each slot, by first occurrence in the batch
  Array<char> without_identity;  // of each slot: it was left out, or the entity has none
  Array<std::int32_t> slot;      // of each sample
  Groups samples;                // of each slot
  Array<std::int32_t> rows;      // touched rows of the table: identities by slot, then features
  Groups readers;                // slots that read each touched row
  Array<float> weights;          // value of the feature, beside readers.positions
  std::int64_t identities = 0;   // the first touched rows; each is read by its entity's slot alone, with value 1

  std::int64_t size() const { return entity.size(); }
  std::int64_t touched() const { return rows.size(); }
};

/// Representations of slots, or gradients of them: slices side by side, on cache lines of their own, and biases.
struct SlotValues {
  /// At least `rows` rows of `columns` floats; what they hold is lost when they are too few.
  void resize(std::int64_t rows, std::int64_t columns);
  Matrix vectors;  // columns beyond the slices are padding
  Array<float> bias;
};

class EmbeddingTable {
 public:
  enum class Slices { one, by_field };

  /// `samples[e]`: training ratings of entity e. With `identity` false `features` alone speak (contexts). The frozen
  /// vectors are not copied: `features` must outlive the table.
  /// Initial vectors are normal with standard deviation `spread`, biases zero; `stream` tells tables apart.
  EmbeddingTable(std::int64_t entities, bool identity, const Features* features, const Array<std::int64_t>& samples,
                 Slices slices, std::int64_t factors, double spread, std::uint64_t seed, std::uint32_t stream);

  std::int64_t entities() const { return entries_.rows(); }
  std::int64_t rows() const { return weights_.rows(); }
  std::int64_t factors() const { return factors_; }
  std::int64_t slices() const { return slices_; }
  std::int64_t width() const { return slices_ * factors_ + 1; }
  std::int64_t identities() const { return identities_; }  // rows of identity
  const Csr& entries() const { return entries_; }          // entity × rows of the table; identity comes first
  ConstMatrixView frozen() const { return frozen_; }       // vectors, entity × columns
  std::int64_t first_frozen() const { return rows() - frozen_.columns; }  // row of their first column; others follow
  bool has_identity(std::int64_t entity) const { return has_identity_[entity] != 0; }
  std::int32_t slice(std::int64_t row) const { return row < identities_ ? 0 : column_slice_[row - identities_]; }
  Matrix& weights() { return weights_; }
  const Matrix& weights() const { return weights_; }

  /// False when an update has gone beyond all numbers.
  bool finite() const;

  /// Slots of a batch whose sample s reads entity[s]. In a share `dropout` of (batch, entity) identity is left out.
  /// Serial; costs O(samples + features of the slots). Several threads may collect from one table.
  void collect(Span<const std::int32_t> entity, double dropout, std::uint64_t batch, const Random& random,
               Slots& slots) const;
  /// Representations of slots [begin, end); `sums` of factors() columns are memory to work in.
  void forward(const Slots& slots, std::int64_t begin, std::int64_t end, RowSums& sums, SlotValues& values) const;
  /// For rows [vector | 1] of `others` what product() needs of them: of each <vector, row> + bias of the frozen rows.
  Matrix frozen_products(ConstMatrixView others) const;
  /// <other, representation> + bias for an entity that need not have a slot; with Slices::one.
  float product(std::int32_t entity, bool without_identity, const float* other, const float* frozen_products) const;
  /// Whether identity is left out of an entity in a batch, as collect() decides it.
  bool leaves_identity_out(std::int32_t entity, double dropout, std::uint64_t batch, const Random& random) const {
    return identities_ > 0 && dropout > 0 && random.uniform(batch, static_cast<std::uint32_t>(entity)) < dropout;
  }
  struct RowGradient {
    float bias;
    float squares;  // Σ value² over samples: the row's share of a penalty that each sample pays for what it reads
  };
  /// Gradient of touched row t from those of the slots; its vector is added to the sum that `vectors` lists.
  RowGradient row_gradient(const Slots& slots, const SlotValues& gradients, std::int64_t t, RowSums& vectors) const;
  /// Of the rows of frozen columns [begin, end), which every batch touches; `vectors` has a row for each.
  Array<RowGradient> frozen_gradients(const Slots& slots, const SlotValues& gradients, std::int64_t begin,
                                      std::int64_t end, MatrixView vectors) const;

  /// Share of a common learning rate that a row may use: rows that are read side by side by one entity move together,
  /// so a field's share is 1 / max(1, mean over its trained entities of Σ |value|). About 1 / sqrt(n) for sets of n.
  float rate(std::int64_t row) const { return rates_[row]; }

  /// Penalty of each row, to be paid by each sample that reads it. Identity of an entity with n samples:
  /// regularization · n^(nu - 1), so that an epoch penalises it by regularization · n^nu, as als and sgd do. A feature,
  /// which entities share: what the identity of an entity with the mean number of samples pays.
  Array<float> penalties(Span<const std::int64_t> samples, double regularization, double nu) const;

  /// Representations of entities [begin, end), a row of `out` each, whose first width() columns are filled; or of a row
  /// of features alone.
  void represent(std::int64_t begin, std::int64_t end, MatrixView out) const;
  void represent(Span<const std::int32_t> columns, Span<const float> values, float* out) const;

 private:
  void add_row(std::int32_t row, float value, float* out) const;
  void set_rates(const Features& features, const Array<std::int64_t>& samples);
  void set_initial(const Array<std::int64_t>& samples, double spread, const Random& random, std::uint32_t stream);
  ConstMatrixView frozen_rows() const;
  Matrix frozen_sums(ConstMatrixView vectors) const;
  Matrix frozen_of(const Slots& slots, std::int64_t begin, std::int64_t end, std::int64_t first,
                   std::int64_t last) const;
  void leave_identities_out(double dropout, std::uint64_t batch, const Random& random, Slots& slots) const;
  void collect_rows(Slots& slots) const;
  struct Entries {
    Span<const std::int32_t> rows;
    Span<const float> values;
  };
  Entries features_of(std::int32_t entity) const;  // but for identity

  std::int64_t factors_;
  std::int64_t identities_;
  std::int64_t slices_;
  Csr entries_;
  ConstMatrixView frozen_;
  Array<char> has_identity_;          // by entity
  Array<std::int32_t> column_slice_;  // by feature column, those of frozen vectors last
  Array<float> rates_;                // by row
  Matrix weights_;
};

}  // namespace embrace
