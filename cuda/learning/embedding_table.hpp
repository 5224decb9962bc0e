// host/learning/embedding_table.hpp on the device: one side of a model as weighted sums of the embeddings of its
// features, and what minibatches need of it. Rows, slices and initial values are those of the host's table.
//
// Vectors and biases lie apart, so that vectors begin on 16 bytes whatever their length. A representation has one bias
// for each slice; their sum is the entity's.
//
// What the host collects for one batch at a time is found for a run of batches at once: slots by sorting (batch,
// entity) of each sample, readers of rows by sorting (batch, row) of each feature of each slot. So a batch itself is a
// few launches over prepared lists. Nothing goes back to the host: sizes are bounded by what a batch can hold at most.
#pragma once
#include <initializer_list>

#include "cuda/math/segments.hpp"
#include "host/learning/embedding_table.hpp"

namespace embrace::gpu {

struct TableView {
  DeviceCsrView entries;                       // entity × rows, identity first
  DeviceSpan<const unsigned char> identified;  // by entity: has identity
  DeviceSpan<const std::int32_t> slice;        // by row
  std::int64_t slices = 1;
  DeviceMatrixView<const float> vectors;  // rows × factors
  DeviceSpan<const float> bias;           // rows
  DeviceMatrixView<const float> frozen;   // entity × columns, which the last rows of the table belong to

  __host__ __device__ std::int64_t rows() const { return vectors.rows; }
  __host__ __device__ std::int64_t quads() const { return vectors.stride / 4; }
  __host__ __device__ std::int64_t first_frozen() const { return rows() - frozen.columns; }
};

/// Representations of entities.
struct Values {
  Values() = default;
  Values(Device& device, std::int64_t entities, std::int64_t slices, std::int64_t factors)
      : vectors(device, entities * slices, factors),
        bias(device, entities * slices),
        entities_(entities),
        slices_(slices) {}
  static std::int64_t bytes(std::int64_t entities, std::int64_t slices, std::int64_t factors) {
    return DeviceMatrix::bytes(entities * slices, factors) + 4 * entities * slices;
  }
  /// Row e holds the slices of entity e behind each other, each up to its stride.
  DeviceMatrixView<float> by_entity() {
    const auto all = vectors.view();
    return {all.data, entities_, all.stride * slices_, all.stride * slices_};
  }
  /// The last slice of each entity, which is that of frozen vectors, and its bias, a column.
  DeviceMatrixView<float> last_slice() {
    const auto all = vectors.view();
    return {all.data + (slices_ - 1) * all.stride, entities_, all.columns, all.stride * slices_};
  }
  DeviceMatrixView<float> last_bias() { return {bias.span().data + slices_ - 1, entities_, 1, slices_}; }

  DeviceMatrix vectors;      // (entity, slice) × factors
  DeviceBuffer<float> bias;  // (entity, slice)

 private:
  std::int64_t entities_ = 0;
  std::int64_t slices_ = 1;
};

/// All of them zero, by one launch; at most three.
void clear(Device& device, std::initializer_list<Values*> values);

/// Rows [first, first + count) of a matrix on the host.
struct RowRange {
  CsrView matrix;
  std::int64_t first;
  std::int64_t count;
};

class EmbeddingTable {
 public:
  EmbeddingTable(Device& device, const embrace::EmbeddingTable& host);
  static std::int64_t bytes(const embrace::EmbeddingTable& host);
  static std::int64_t represent_bytes(const embrace::EmbeddingTable& host);

  std::int64_t entities() const { return entries_.view().rows; }
  std::int64_t rows() const { return vectors_.rows(); }
  std::int64_t factors() const { return vectors_.columns(); }
  std::int64_t slices() const { return slices_; }
  std::int64_t quads() const { return view().quads(); }
  TableView view() const;
  DeviceMatrixView<float> vectors() { return vectors_.view(); }
  DeviceSpan<float> bias() { return bias_.span(); }
  /// False when an update has gone beyond all numbers. Waits.
  bool finite(Device& device) const;

  /// Representations of all entities; `out` has a row for each. Takes `represent_bytes` more while it works.
  void represent(Device& device, Values& out) const;
  /// Of rows of features alone, which lie on the host.
  void represent(Device& device, const RowRange& features, Values& out) const;
  /// Adds what frozen vectors, a row for each entity of `out`, say of them.
  void add_frozen(Device& device, DeviceMatrixView<const float> vectors, Values& out) const;

 private:
  void represent(Device& device, DeviceCsrView entries, std::int64_t shift, Values& out) const;

  DeviceCsr entries_;
  DeviceBuffer<unsigned char> identified_;
  DeviceBuffer<std::int32_t> slice_;
  std::int64_t identities_;
  std::int64_t slices_;
  DeviceMatrix vectors_;
  DeviceBuffer<float> bias_;
  DeviceMatrix frozen_;
};

/// In a share of (batch, entity) identity is left out: where the number for the counter (first + step * batch, entity)
/// is below it. `batch` counts from the first one that is collected.
struct IdentityDropout {
  double share = 0;
  std::uint64_t seed = 0;
  std::uint64_t first = 0;
  std::uint64_t step = 2;
};

struct SlotsView {
  DeviceSpan<const std::int32_t> entity;       // of each slot, ascending in a batch
  DeviceSpan<const std::int64_t> first;        // element of `reads` where a slot begins, then the end
  DeviceSpan<const std::int64_t> batch_slots;  // first slot of each batch, then the end
  DeviceSpan<const std::int32_t> slot;         // of each read, counted from its batch's first
  std::int64_t reads_a_batch = 0;
  std::int64_t slices = 1;
  SegmentsView reads;    // key: slot; element: a read, in their order
  SegmentsView entries;  // key: slot * slices + slice; element: row of the table and value
  SegmentsView readers;  // key: batch * rows + row; element: a slot, counted from its batch's first, and value
};

/// Slots of up to `batches` batches.
class Slots {
 public:
  /// What bounds the size of a batch and of all lists.
  struct Bounds {
    std::int64_t batches;
    std::int64_t reads;    // a batch
    std::int64_t slots;    // a batch
    std::int64_t entries;  // a batch
  };
  static Bounds bounds(const embrace::EmbeddingTable& table, std::int64_t reads_a_batch, std::int64_t batches);
  /// Batches that may be collected together: their lists' keys have 32 bits, and lists stay short enough for memory.
  static std::int64_t batches_together(const embrace::EmbeddingTable& table, std::int64_t reads_a_batch);
  static std::int64_t bytes(const Bounds& bounds);

  Slots(Device& device, const Bounds& bounds, std::int64_t slices);
  const Bounds& bounds() const { return bounds_; }
  /// To be filled before collect(): the entity of each read, batch after batch.
  DeviceSpan<std::int32_t> entity_of_read() { return entity_of_read_.span(); }
  void collect(Device& device, const TableView& table, std::int64_t reads, const IdentityDropout& dropout,
               SortBuffers& sorts);
  SlotsView view() const;

 private:
  void find_slots(Device& device, const TableView& table, std::int64_t reads, std::int64_t batches, SortBuffers& sorts);
  void find_entries(Device& device, const TableView& table, std::int64_t reads, std::int64_t batches,
                    const IdentityDropout& dropout, SortBuffers& sorts);

  Bounds bounds_;
  std::int64_t slices_;
  DeviceBuffer<std::int32_t> entity_of_read_;
  DeviceBuffer<std::int32_t> slot_of_read_;
  DeviceBuffer<std::int32_t> entity_;
  DeviceBuffer<std::int64_t> first_;
  DeviceBuffer<std::int64_t> batch_slots_;
  DeviceBuffer<std::int32_t> counts_;  // entries of slots
  DeviceBuffer<std::int64_t> places_;  // running sums: of slots, then of their entries
  Segments reads_;
  Segments entries_;
  Segments readers_;
};

}  // namespace embrace::gpu
