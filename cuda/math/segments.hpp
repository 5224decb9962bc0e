// Segments: elements sorted by key, to be summed by key, a batch at a time. Keys are as skewed as rating data: one may
// have every element of a batch. So segments are cut into pieces wherever the index of an element is a multiple of
// `tile`: a piece has at most `tile` elements, whoever sums it; pieces of a segment that was cut are added in their
// order. The same input gives the same bits in every run. cuda/math/segments.cuh has the kernels that sum.
#pragma once
#include <vector_types.h>

#include "cuda/math/order.hpp"

namespace embrace::gpu {

struct SegmentsView {
  static constexpr std::int64_t tile = 32;

  DeviceSpan<const std::uint32_t> keys;  // of each element; ascending up to the last batch's end
  DeviceSpan<const Element> elements;
  DeviceSpan<const std::int64_t> pieces;          // first element of each piece, then the end of the last
  DeviceSpan<const std::int64_t> batch_pieces;    // first piece of each batch, then the end of the last
  DeviceSpan<const std::int64_t> batch_elements;  // the same for elements; different batches have different keys
};

/// Four floats of a summed vector, as one lane holds them, with what is summed beside.
struct Sum {
  float4 vector;
  float bias;
  float extra;  // for the operation
};

class Segments {
 public:
  Segments() = default;
  /// Room for `elements` elements in `batches` batches.
  Segments(Device& device, std::int64_t batches, std::int64_t elements);
  static std::int64_t bytes(std::int64_t batches, std::int64_t elements);

  /// To be filled before cut(): keys, elements, batch_elements.
  DeviceSpan<std::uint32_t> keys() { return keys_.span(); }
  DeviceSpan<Element> elements() { return elements_.span(); }
  DeviceSpan<std::int64_t> batch_elements() { return batch_elements_.span(); }

  /// Finds the pieces of the first `batches` batches. The last one's end is read on the device; it is at most `most`.
  void cut(Device& device, std::int64_t batches, std::int64_t most, SortBuffers& sorts);
  SegmentsView view() const {
    return {keys_.span(), elements_.span(), pieces_.span(), batch_pieces_.span(), batch_elements_.span()};
  }

 private:
  DeviceBuffer<std::uint32_t> keys_;
  DeviceBuffer<Element> elements_;
  DeviceBuffer<std::int64_t> pieces_;
  DeviceBuffer<std::int64_t> batch_pieces_;
  DeviceBuffer<std::int64_t> batch_elements_;
  DeviceBuffer<std::int64_t> count_;  // of `pieces_`
};

}  // namespace embrace::gpu
