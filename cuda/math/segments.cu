// Finds the pieces of sorted elements: marks the heads, numbers them by a running sum, writes each where it belongs.
// Mapping: a thread an element. Cost: 40 bytes an element in three passes, all of them coalesced.
#include "cuda/device/phase.hpp"
#include "cuda/math/reduce.cuh"
#include "cuda/math/segments.hpp"

namespace embrace::gpu {
namespace {

constexpr int threads = 256;

/// heads[i]: element i begins a piece. Has one element more than `keys` may use, for the total.
__global__ void __launch_bounds__(threads)
    mark_heads_kernel(DeviceSpan<const std::uint32_t> keys, const std::int64_t* end, DeviceSpan<std::int32_t> heads) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  if (i >= heads.size) return;
  const bool head = i < *end && (i % SegmentsView::tile == 0 || keys[i] != keys[i - 1]);
  heads[i] = head ? 1 : 0;
}

__global__ void __launch_bounds__(threads)
    write_pieces_kernel(DeviceSpan<const std::int32_t> heads, DeviceSpan<const std::int64_t> places,
                        DeviceSpan<const std::int64_t> batch_elements, DeviceSpan<std::int64_t> pieces,
                        DeviceSpan<std::int64_t> batch_pieces) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  const std::int64_t end = batch_elements[batch_elements.size - 1];
  if (i <= end && (i == end || heads[i] != 0)) pieces[places[i]] = i;
  if (i < batch_elements.size) batch_pieces[i] = places[batch_elements[i]];
}

}  // namespace

Segments::Segments(Device& device, std::int64_t batches, std::int64_t elements)
    : keys_(device, elements),
      elements_(device, elements),
      pieces_(device, elements + 1),
      batch_pieces_(device, batches + 1),
      batch_elements_(device, batches + 1),
      heads_(device, elements + 1),
      places_(device, elements + 1) {}

std::int64_t Segments::bytes(std::int64_t batches, std::int64_t elements) {
  return 16 * (batches + 1) + 32 * (elements + 1);
}

void Segments::cut(Device& device, std::int64_t batches, std::int64_t most, SortBuffers& sorts) {
  EMBRACE_PHASE("cut segments");
  const std::int64_t size = most + 1;
  const auto heads = heads_.span().part(0, size);
  const auto places = places_.span().part(0, size);
  const auto ends = batch_elements_.span().part(0, batches + 1);
  mark_heads_kernel<<<blocks_for(size, threads), threads, 0, device.stream()>>>(keys_.span(), &ends[batches], heads);
  EMBRACE_CHECK(cudaGetLastError());
  sorts.exclusive_sum(device, heads, places);
  const std::int64_t most_threads = size > batches + 1 ? size : batches + 1;
  write_pieces_kernel<<<blocks_for(most_threads, threads), threads, 0, device.stream()>>>(
      heads, places, ends, pieces_.span(), batch_pieces_.span());
  EMBRACE_CHECK(cudaGetLastError());
}

}  // namespace embrace::gpu
