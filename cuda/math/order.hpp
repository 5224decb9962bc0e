// Sorting, running sums and selection over whole arrays: the one place that compiles CUB's device algorithms.
#pragma once
#include "cuda/device/device.hpp"

namespace embrace::gpu {

/// What is sorted along with a key: the index of something and a weight.
struct Element {
  std::int32_t index;
  float value;
};

/// Memory of a sort, kept between calls so that none of them allocates.
class SortBuffers {
 public:
  SortBuffers() = default;
  /// For arrays of at most `size` elements.
  SortBuffers(Device& device, std::int64_t size);
  static std::int64_t bytes(std::int64_t size);

  /// Sorts by the keys' low `bits` bits; equal keys keep their order.
  void sort(Device& device, DeviceSpan<std::uint32_t> keys, DeviceSpan<Element> elements, int bits);
  /// out[i] = in[0] + … + in[i - 1]; both have the same size.
  void exclusive_sum(Device& device, DeviceSpan<const std::int32_t> in, DeviceSpan<std::int64_t> out);
  /// out[i]: how many runs of equal keys begin before element i; out has one element more than there are keys.
  void count_runs(Device& device, DeviceSpan<const std::uint32_t> keys, DeviceSpan<std::int64_t> out);
  /// Cuts keys at every multiple of `tile` and wherever a key differs from the one before. out: where the pieces begin,
  /// then the end of the last, which is read on the device: `*end` ≤ keys.size. `*count`: how many numbers that is.
  void find_pieces(Device& device, DeviceSpan<const std::uint32_t> keys, const std::int64_t* end, std::int64_t tile,
                   DeviceSpan<std::int64_t> out, std::int64_t* count);

 private:
  DeviceBuffer<std::uint32_t> keys_;
  DeviceBuffer<Element> elements_;
  DeviceBuffer<unsigned char> scratch_;
};

/// out: the keys, by their low `width` bits; equal ones keep their order, and each its value.
void sort_pairs(Device& device, DeviceSpan<const std::uint64_t> keys, DeviceSpan<const float> values,
                DeviceSpan<std::uint64_t> out_keys, DeviceSpan<float> out_values, int width);
/// Bytes that it allocates for a while, at most.
std::int64_t sort_pairs_bytes(std::int64_t size);

}  // namespace embrace::gpu
