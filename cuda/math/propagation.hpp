// host/math/propagation.hpp on the device: vectors passed along the graph of who rated what.
#pragma once
#include "cuda/math/spmm.hpp"
#include "host/math/propagation.hpp"

namespace embrace::gpu {

class Propagation {
 public:
  /// For vectors of `columns` numbers and up to `layers` layers.
  Propagation(Device& device, const embrace::Propagation& host, std::int64_t layers, std::int64_t columns);
  /// With what a call allocates.
  static std::int64_t bytes(const embrace::Propagation& host, std::int64_t layers, std::int64_t columns);

  /// A: rows and columns are the users, then the items.
  DeviceCsrView adjacency() const { return adjacency_.view(); }

  /// out = (1 + A + … + A^layers) x / (layers + 1), as the host computes it; both have a row a node, as in
  /// DeviceMatrix, and do not overlap.
  void mean_of_layers(Device& device, DeviceMatrixView<const float> x, DeviceMatrixView<float> out);

 private:
  DeviceCsr adjacency_;
  RowPlan plan_;
  std::int64_t layers_;
  DeviceMatrix between_;  // layers
};

}  // namespace embrace::gpu
