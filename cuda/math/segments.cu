// Finds the pieces of sorted elements, then the first piece of each batch: a piece begins where a batch does, so a
// thread a batch bisects them. Cost: 4 bytes an element and 8 a piece, coalesced.
#include "cuda/device/phase.hpp"
#include "cuda/math/reduce.cuh"
#include "cuda/math/segments.hpp"

namespace embrace::gpu {
namespace {

constexpr int threads = 256;

__global__ void __launch_bounds__(threads)
    find_batches_kernel(const std::int64_t* pieces, const std::int64_t* count,
                        DeviceSpan<const std::int64_t> batch_elements, DeviceSpan<std::int64_t> batch_pieces) {
  const std::int64_t batch = static_cast<std::int64_t>(blockIdx.x) * threads + threadIdx.x;
  if (batch >= batch_elements.size) return;
  std::int64_t low = 0, high = *count;  // pieces[low] ≤ the batch's first element < pieces[high]
  while (high - low > 1) {
    const std::int64_t middle = low + (high - low) / 2;
    if (pieces[middle] <= batch_elements[batch]) {
      low = middle;
    } else {
      high = middle;
    }
  }
  batch_pieces[batch] = low;
}

}  // namespace

Segments::Segments(Device& device, std::int64_t batches, std::int64_t elements)
    : keys_(device, elements),
      elements_(device, elements),
      pieces_(device, elements + 1),
      batch_pieces_(device, batches + 1),
      batch_elements_(device, batches + 1),
      count_(device, 1) {}

std::int64_t Segments::bytes(std::int64_t batches, std::int64_t elements) {
  return 16 * (batches + 1) + 20 * (elements + 1);
}

void Segments::cut(Device& device, std::int64_t batches, std::int64_t most, SortBuffers& sorts) {
  EMBRACE_PHASE("cut segments");
  const auto ends = batch_elements_.span().part(0, batches + 1);
  sorts.find_pieces(device, keys_.span().part(0, most), &ends[batches], SegmentsView::tile,
                    pieces_.span().part(0, most + 1), count_.span().data);
  find_batches_kernel<<<blocks_for(batches + 1, threads), threads, 0, device.stream()>>>(
      pieces_.span().data, count_.span().data, ends, batch_pieces_.span());
  EMBRACE_CHECK(cudaGetLastError());
}

}  // namespace embrace::gpu
