// sum_segments: for each key of a batch, finish(key, Σ add(element)). An operation is vectors with one bias:
//   struct Operation {
//     SegmentsView list;
//     std::int64_t batch;                    // whose segments are summed
//     std::int64_t quads;                    // length of the vectors, in four floats
//     Partials partials;
//     Segment segment(std::uint32_t key);    // what all elements of a key share; registers
//     void add(const Segment&, Element, std::int64_t quad, Sum&);
//     void finish(const Segment&, std::int64_t quad, const Sum&);  // bias and extra belong to quad 0
//   };
// Mapping: a group of `lanes` neighbouring lanes a piece (cuda/math/segments.hpp), a float4 of the vector a lane; lanes
// cover a row in one coalesced read: 8 lanes for 32 factors, 32 for 128, in turns beyond that. No lane needs another:
// no shuffles, no shared memory, no barriers. Segments in several pieces are finished by a second kernel, a group a
// tile, which exits at once unless a segment that was cut begins in its tile. blockIdx.y tells the operations apart, so
// that one launch serves all sides of a model. Cost an element: 4 bytes of key, 8 of element, what `add` reads, mostly
// a vector of 16 quads bytes; 2 flops a float. A sum in several pieces costs a write and a read of its vector for each
// 32 elements.
#pragma once
#include "cuda/math/reduce.cuh"
#include "cuda/math/segments.hpp"

namespace embrace::gpu {

/// One lane's share of the sums of pieces, two for each tile of a batch: of the piece at its begin and of that at its
/// end.
struct Partials {
  DeviceSpan<Sum> sums;  // by tile, by begin or end, by quad
  std::int64_t quads = 0;
  __device__ Sum& at(std::int64_t tile, bool begin, std::int64_t quad) const {
    return sums[(tile * 2 + (begin ? 0 : 1)) * quads + quad];
  }
  /// Sums that a batch of `elements` elements may need.
  static std::int64_t size(std::int64_t elements, std::int64_t quads) {
    return (elements / SegmentsView::tile + 2) * 2 * quads;
  }
};

/// What any of the operations' batches may have. There are as many blocks as its pieces may need.
struct MostSegments {
  std::int64_t elements = 0;
  std::int64_t segments = 0;
  /// No segment is without elements.
  void include(std::int64_t more_elements, std::int64_t more_segments) {
    if (more_segments > more_elements) more_segments = more_elements;
    if (more_elements > elements) elements = more_elements;
    if (more_segments > segments) segments = more_segments;
  }
};

namespace detail {

inline constexpr int segment_threads = 256;

inline __device__ Sum no_sum() { return {make_float4(0.0F, 0.0F, 0.0F, 0.0F), 0.0F, 0.0F}; }

inline __device__ void add_to(Sum& sum, const Sum& part) {
  sum.vector.x += part.vector.x;
  sum.vector.y += part.vector.y;
  sum.vector.z += part.vector.z;
  sum.vector.w += part.vector.w;
  sum.bias += part.bias;
  sum.extra += part.extra;
}

template <int lanes, typename Operation>
__device__ void sum_pieces(const Operation& operation) {
  constexpr std::int64_t tile = SegmentsView::tile;
  const SegmentsView& list = operation.list;
  const std::int64_t groups = static_cast<std::int64_t>(gridDim.x) * (segment_threads / lanes);
  const std::int64_t group = (static_cast<std::int64_t>(blockIdx.x) * segment_threads + threadIdx.x) / lanes;
  const int lane = static_cast<int>(threadIdx.x) % lanes;
  const std::int64_t begin = list.batch_elements[operation.batch], end = list.batch_elements[operation.batch + 1];
  const std::int64_t last_piece = list.batch_pieces[operation.batch + 1];
  for (std::int64_t p = list.batch_pieces[operation.batch] + group; p < last_piece; p += groups) {
    const std::int64_t first = list.pieces[p], last = list.pieces[p + 1];
    const std::uint32_t key = list.keys[first];
    const auto segment = operation.segment(key);
    const bool whole = (first == begin || list.keys[first - 1] != key) && (last == end || list.keys[last] != key);
    for (std::int64_t quad = lane; quad < operation.quads; quad += lanes) {
      Sum sum = no_sum();
#pragma unroll 2
      for (std::int64_t e = first; e < last; ++e) operation.add(segment, list.elements[e], quad, sum);
      if (whole) {
        operation.finish(segment, quad, sum);
      } else {
        operation.partials.at(first / tile - begin / tile, first % tile == 0, quad) = sum;
      }
    }
  }
}

/// Finishes the segment that goes on beyond the end of a tile, if it begins in that tile.
template <int lanes, typename Operation>
__device__ void join_pieces(const Operation& operation) {
  constexpr std::int64_t tile = SegmentsView::tile;
  const SegmentsView& list = operation.list;
  const std::int64_t groups = static_cast<std::int64_t>(gridDim.x) * (segment_threads / lanes);
  const std::int64_t group = (static_cast<std::int64_t>(blockIdx.x) * segment_threads + threadIdx.x) / lanes;
  const int lane = static_cast<int>(threadIdx.x) % lanes;
  const std::int64_t begin = list.batch_elements[operation.batch], end = list.batch_elements[operation.batch + 1];
  const std::int64_t first_tile = begin / tile;
  for (std::int64_t t = first_tile + group; (t + 1) * tile < end; t += groups) {
    const std::int64_t next = (t + 1) * tile;
    const std::uint32_t key = list.keys[next];
    if (list.keys[next - 1] != key) continue;  // nothing was cut; also where the batch begins at `next`
    const bool from_begin = t * tile >= begin && list.keys[t * tile] == key;
    if (from_begin && t * tile > begin && list.keys[t * tile - 1] == key) continue;  // began in an earlier tile
    const auto segment = operation.segment(key);
    for (std::int64_t quad = lane; quad < operation.quads; quad += lanes) {
      Sum sum = operation.partials.at(t - first_tile, from_begin, quad);
#pragma unroll 4
      for (std::int64_t other = t + 1; other * tile < end && list.keys[other * tile] == key; ++other) {
        add_to(sum, operation.partials.at(other - first_tile, true, quad));
      }
      operation.finish(segment, quad, sum);
    }
  }
}

// The numbers of blocks that a multiprocessor must hold let a thread have the registers that it needs without spilling,
// and no more; with three sides a thread needs more. tests/golden/kernels.md shows what came of it.
template <int lanes, typename... Operations>
__global__ void __launch_bounds__(segment_threads, sizeof...(Operations) > 2 ? 3 : 4)
    sum_pieces_kernel(Operations... operations) {
  unsigned side = 0;
  ((side++ == blockIdx.y ? sum_pieces<lanes>(operations) : void()), ...);
}

template <int lanes, typename... Operations>
__global__ void __launch_bounds__(segment_threads, 5) join_pieces_kernel(Operations... operations) {
  unsigned side = 0;
  ((side++ == blockIdx.y ? join_pieces<lanes>(operations) : void()), ...);
}

template <int lanes, typename... Operations>
void launch_sums(Device& device, MostSegments most, const Operations&... operations) {
  constexpr std::int64_t groups = segment_threads / lanes;
  const auto limit = static_cast<std::int64_t>(device.multiprocessors()) * 16;  // the kernels stride beyond that
  const auto grid = [&](std::int64_t size) {
    const std::int64_t blocks = blocks_for(size, groups);
    return dim3(static_cast<unsigned>(blocks < limit ? blocks : limit), sizeof...(Operations));
  };
  // A segment has a piece more than it has ends of tiles inside.
  sum_pieces_kernel<lanes>
      <<<grid(most.segments + most.elements / SegmentsView::tile), segment_threads, 0, device.stream()>>>(
          operations...);
  EMBRACE_CHECK(cudaGetLastError());
  join_pieces_kernel<lanes>
      <<<grid(most.elements / SegmentsView::tile + 1), segment_threads, 0, device.stream()>>>(operations...);
  EMBRACE_CHECK(cudaGetLastError());
}

}  // namespace detail

/// The vectors of all operations are as long as `quads`.
template <typename... Operations>
void sum_segments(Device& device, MostSegments most, std::int64_t quads, const Operations&... operations) {
  if (most.elements == 0) return;
  if (quads <= 4) {
    detail::launch_sums<4>(device, most, operations...);
  } else if (quads <= 8) {
    detail::launch_sums<8>(device, most, operations...);
  } else if (quads <= 16) {
    detail::launch_sums<16>(device, most, operations...);
  } else {
    detail::launch_sums<32>(device, most, operations...);
  }
}

/// The same for sides [0, 2) or [0, 3) of a model; `operation(side)` is that of a side.
template <typename Operation>
void sum_sides(Device& device, int sides, MostSegments most, std::int64_t quads, Operation operation) {
  if (sides > 2) {
    sum_segments(device, most, quads, operation(0), operation(1), operation(2));
  } else {
    sum_segments(device, most, quads, operation(0), operation(1));
  }
}

}  // namespace embrace::gpu
