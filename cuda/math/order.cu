// Radix sort (CUB's onesweep: Merrill and Garland 2016, Adinets and Merrill 2022) and prefix sum (decoupled look-back).
// Cost: a sort moves 24 bytes an element for each 8 bits of the key; a running sum moves 12 bytes an element.
#include <algorithm>
#include <cub/device/device_radix_sort.cuh>
#include <cub/device/device_scan.cuh>

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

std::int64_t scratch_bytes(std::int64_t size) {
  return static_cast<std::int64_t>(std::max(sort_scratch(size), sum_scratch(size)));
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
