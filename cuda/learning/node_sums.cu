// sums(n) = Σ rows of the parts of node n: parts are sorted by node, equal ones keeping their order, and summed by
// cuda/math/segments.cuh. Cost a part of k numbers: 36 bytes of lists, with a sort of 24 bytes for each 8 bits of a
// node; 4 k read. Cost a node: 8 k bytes written.
#include "cuda/learning/node_sums.hpp"

#include <bit>

#include "cuda/device/phase.hpp"
#include "cuda/math/lane_groups.cuh"
#include "cuda/math/segments.cuh"

namespace embrace::gpu {
namespace {

/// For cuda/math/segments.cuh.
struct SumParts {
  SegmentsView list;
  std::int64_t batch;
  std::int64_t quads;
  Partials partials;
  DeviceMatrixView<const float> parts;
  DeviceMatrixView<float> sums;
  DeviceSpan<float> counts;

  struct Segment {
    std::int64_t node;
  };
  __device__ Segment segment(std::uint32_t key) const { return {static_cast<std::int64_t>(key)}; }
  __device__ void add(const Segment&, Element element, std::int64_t k, Sum& sum) const {
    add_scaled(1.0F, quad_of(parts, element.index, k), sum.vector);
    sum.bias += 1.0F;
  }
  __device__ void finish(const Segment& segment, std::int64_t k, const Sum& sum) const {
    quad_of(sums, segment.node, k) = sum.vector;
    if (k == 0 && !counts.empty()) counts[segment.node] = sum.bias;
  }
};

std::int64_t partials_of(std::int64_t parts, std::int64_t factors) { return Partials::size(parts, quads_of(factors)); }

}  // namespace

NodeSums::NodeSums(Device& device, std::int64_t parts, std::int64_t factors)
    : lists_(device, 1, parts), sorts_(device, parts + 1), partials_(device, partials_of(parts, factors)) {}

std::int64_t NodeSums::bytes(std::int64_t parts, std::int64_t factors) {
  return Segments::bytes(1, parts) + SortBuffers::bytes(parts + 1) +
         static_cast<std::int64_t>(sizeof(Sum)) * partials_of(parts, factors);
}

PartList NodeSums::list(std::int64_t parts) {
  return {lists_.keys().part(0, parts), lists_.elements().part(0, parts), lists_.batch_elements()};
}

void NodeSums::sum(Device& device, std::int64_t parts, DeviceMatrixView<const float> rows, DeviceMatrixView<float> sums,
                   DeviceSpan<float> counts) {
  const auto bits = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(sums.rows)));
  sorts_.sort(device, lists_.keys().part(0, parts), lists_.elements().part(0, parts), bits);
  lists_.cut(device, 1, parts, sorts_);
  EMBRACE_PHASE("sum parts");
  EMBRACE_CHECK(cudaMemsetAsync(sums.data, 0, static_cast<std::size_t>(sums.rows * sums.stride) * sizeof(float),
                                device.stream()));
  if (!counts.empty()) {
    EMBRACE_CHECK(
        cudaMemsetAsync(counts.data, 0, static_cast<std::size_t>(counts.size) * sizeof(float), device.stream()));
  }
  const std::int64_t quads = quads_of(sums.columns);
  MostSegments most;
  most.include(parts, sums.rows);
  sum_segments(device, most, quads, SumParts{lists_.view(), 0, quads, {partials_.span(), quads}, rows, sums, counts});
}

}  // namespace embrace::gpu
