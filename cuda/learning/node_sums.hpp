// Sums by node of what a batch says of users and items, which are nodes in one numbering. It says it in parts, a row of
// a matrix each, of one node each.
#pragma once
#include "cuda/math/segments.hpp"

namespace embrace::gpu {

/// Parts by the node that they are about, before they are sorted.
struct PartList {
  DeviceSpan<std::uint32_t> nodes;  // of each part
  DeviceSpan<Element> elements;     // index: its row
  DeviceSpan<std::int64_t> ends;    // 0, then the number of parts
};

class NodeSums {
 public:
  /// Of up to `parts` parts, of `factors` numbers each.
  NodeSums(Device& device, std::int64_t parts, std::int64_t factors);
  static std::int64_t bytes(std::int64_t parts, std::int64_t factors);

  /// To be filled before sum().
  PartList list(std::int64_t parts);
  /// sums(n) = Σ rows of the listed parts of node n, in the order of the list; zeros where there are none. `counts`,
  /// unless empty: how many there are. Rows begin on 16 bytes, with zeros up to the stride.
  void sum(Device& device, std::int64_t parts, DeviceMatrixView<const float> rows, DeviceMatrixView<float> sums,
           DeviceSpan<float> counts);

 private:
  Segments lists_;
  SortBuffers sorts_;
  DeviceBuffer<Sum> partials_;
};

}  // namespace embrace::gpu
