// Radix sort (CUB's onesweep: Adinets and Merrill 2022), prefix sum and selection (decoupled look-back: Merrill and
// Garland 2016). Cost: a sort moves 24 bytes an element for each 8 bits of the key; a running sum moves 12 bytes an
// element. What is summed or selected by is computed from the keys where it is needed: 12 bytes for a number of runs, 4
// and 8 a piece for pieces.
#include <thrust/iterator/counting_iterator.h>
#include <thrust/iterator/transform_iterator.h>

#include <algorithm>
#include <cub/device/device_radix_sort.cuh>
#include <cub/device/device_scan.cuh>
#include <cub/device/device_select.cuh>

#include "cuda/device/phase.hpp"
#include "cuda/math/order.hpp"

namespace embrace::gpu {
namespace {

constexpr int key_bits = 32;

std::size_t sort_scratch(std::int64_t size) {
  std::size_t bytes = 0;
  cub::DoubleBuffer<std::uint32_t> keys(nullptr, nullptr);
  cub::DoubleBuffer<Element> elements(nullptr, nullptr);
  EMBRACE_CHECK(cub::DeviceRadixSort::SortPairs(nullptr, bytes, keys, elements, size, 0, key_bits));
  return bytes;
}

std::size_t sum_scratch(std::int64_t size) {
  std::size_t bytes = 0;
  const std::int32_t* in = nullptr;
  std::int64_t* out = nullptr;
  EMBRACE_CHECK(cub::DeviceScan::ExclusiveScan(nullptr, bytes, in, out, ::cuda::std::plus<>{}, std::int64_t{0}, size));
  return bytes;
}

/// Whether element i is the first with its key; no element follows the last.
struct BeginsRun {
  DeviceSpan<const std::uint32_t> keys;
  __device__ std::int64_t operator()(std::int64_t i) const {
    return i < keys.size && (i == 0 || keys[i] != keys[i - 1]) ? 1 : 0;
  }
};

struct BeginsPiece {
  DeviceSpan<const std::uint32_t> keys;
  const std::int64_t* end;
  std::int64_t tile;
  __device__ bool operator()(std::int64_t i) const {
    return i == *end || (i < *end && (i % tile == 0 || keys[i] != keys[i - 1]));
  }
};

using Numbers = thrust::counting_iterator<std::int64_t>;

cudaError_t sum_runs(void* scratch, std::size_t& bytes, DeviceSpan<const std::uint32_t> keys,
                     DeviceSpan<std::int64_t> out, cudaStream_t stream) {
  return cub::DeviceScan::ExclusiveSum(scratch, bytes, thrust::make_transform_iterator(Numbers(0), BeginsRun{keys}),
                                       out.data, out.size, stream);
}

cudaError_t select_pieces(void* scratch, std::size_t& bytes, const BeginsPiece& begins, DeviceSpan<std::int64_t> out,
                          std::int64_t* count, cudaStream_t stream) {
  // By flags, which CUB loads with neighbouring lanes beside each other, not by a predicate: that is asked of elements
  // which lie apart.
  return cub::DeviceSelect::Flagged(scratch, bytes, Numbers(0), thrust::make_transform_iterator(Numbers(0), begins),
                                    out.data, count, begins.keys.size + 1, stream);
}

/// Of the neediest of the algorithms that keep it.
std::int64_t scratch_bytes(std::int64_t size) {
  std::size_t runs = 0, pieces = 0;
  EMBRACE_CHECK(sum_runs(nullptr, runs, {nullptr, size - 1}, {nullptr, size}, nullptr));
  EMBRACE_CHECK(select_pieces(nullptr, pieces, {{nullptr, size - 1}, nullptr, 1}, {nullptr, size}, nullptr, nullptr));
  return static_cast<std::int64_t>(std::max({sort_scratch(size), sum_scratch(size), runs, pieces}));
}

/// Calls a CUB algorithm as CUB wants it: for the size of its scratch memory, then with that.
template <typename Algorithm>
void run_cub(Device& device, Algorithm algorithm) {
  std::size_t bytes = 0;
  EMBRACE_CHECK(algorithm(nullptr, bytes));
  DeviceBuffer<unsigned char> scratch(device, static_cast<std::int64_t>(bytes));
  EMBRACE_CHECK(algorithm(scratch.span().data, bytes));
}

}  // namespace

SortBuffers::SortBuffers(Device& device, std::int64_t size)
    : keys_(device, size), elements_(device, size), scratch_(device, scratch_bytes(size)) {}

std::int64_t SortBuffers::bytes(std::int64_t size) {
  return size * static_cast<std::int64_t>(sizeof(std::uint32_t) + sizeof(Element)) + scratch_bytes(size);
}

void SortBuffers::sort(Device& device, DeviceSpan<std::uint32_t> keys, DeviceSpan<Element> elements, int bits) {
  EMBRACE_PHASE("sort");
  if (keys.size < 2) return;
  cub::DoubleBuffer<std::uint32_t> key_buffers(keys.data, keys_.span().data);
  cub::DoubleBuffer<Element> element_buffers(elements.data, elements_.span().data);
  auto bytes = static_cast<std::size_t>(scratch_.size());
  EMBRACE_CHECK(cub::DeviceRadixSort::SortPairs(scratch_.span().data, bytes, key_buffers, element_buffers, keys.size, 0,
                                                bits, device.stream()));
  const auto copy_back = [&](const void* from, void* to, std::size_t size) {
    if (from != to) EMBRACE_CHECK(cudaMemcpyAsync(to, from, size, cudaMemcpyDeviceToDevice, device.stream()));
  };
  const auto size = static_cast<std::size_t>(keys.size);
  copy_back(key_buffers.Current(), keys.data, size * sizeof(std::uint32_t));
  copy_back(element_buffers.Current(), elements.data, size * sizeof(Element));
}

void SortBuffers::exclusive_sum(Device& device, DeviceSpan<const std::int32_t> in, DeviceSpan<std::int64_t> out) {
  if (in.empty()) return;
  auto bytes = static_cast<std::size_t>(scratch_.size());
  EMBRACE_CHECK(cub::DeviceScan::ExclusiveScan(scratch_.span().data, bytes, in.data, out.data, ::cuda::std::plus<>{},
                                               std::int64_t{0}, in.size, device.stream()));
}

void SortBuffers::count_runs(Device& device, DeviceSpan<const std::uint32_t> keys, DeviceSpan<std::int64_t> out) {
  auto bytes = static_cast<std::size_t>(scratch_.size());
  EMBRACE_CHECK(sum_runs(scratch_.span().data, bytes, keys, out, device.stream()));
}

void SortBuffers::find_pieces(Device& device, DeviceSpan<const std::uint32_t> keys, const std::int64_t* end,
                              std::int64_t tile, DeviceSpan<std::int64_t> out, std::int64_t* count) {
  auto bytes = static_cast<std::size_t>(scratch_.size());
  EMBRACE_CHECK(select_pieces(scratch_.span().data, bytes, {keys, end, tile}, out, count, device.stream()));
}

std::int64_t sort_pairs_bytes(std::int64_t size) {
  std::size_t bytes = 0;
  const std::uint64_t* keys = nullptr;
  const float* values = nullptr;
  std::uint64_t* out_keys = nullptr;
  float* out_values = nullptr;
  EMBRACE_CHECK(
      cub::DeviceRadixSort::SortPairs(nullptr, bytes, keys, out_keys, values, out_values, size, 0, 8 * sizeof *keys));
  return static_cast<std::int64_t>(bytes);
}

void sort_pairs(Device& device, DeviceSpan<const std::uint64_t> keys, DeviceSpan<const float> values,
                DeviceSpan<std::uint64_t> out_keys, DeviceSpan<float> out_values, int width) {
  if (keys.empty()) return;
  run_cub(device, [&](void* scratch, std::size_t& bytes) {
    return cub::DeviceRadixSort::SortPairs(scratch, bytes, keys.data, out_keys.data, values.data, out_values.data,
                                           keys.size, 0, width, device.stream());
  });
}

}  // namespace embrace::gpu
