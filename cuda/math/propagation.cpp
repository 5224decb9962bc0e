#include "cuda/math/propagation.hpp"

#include "cuda/device/phase.hpp"

namespace embrace::gpu {

Propagation::Propagation(Device& device, const embrace::Propagation& host, std::int64_t layers, std::int64_t columns)
    : adjacency_(device, host.adjacency()),
      plan_(device, host.adjacency()),
      layers_(layers),
      between_(device, layers > 1 ? host.adjacency().rows : 0, columns) {}

std::int64_t Propagation::bytes(const embrace::Propagation& host, std::int64_t layers, std::int64_t columns) {
  const CsrView adjacency = host.adjacency();
  return DeviceCsr::bytes(adjacency) + RowPlan::bytes(adjacency) + multiply_sparse_bytes(adjacency, columns) +
         DeviceMatrix::bytes(layers > 1 ? adjacency.rows : 0, columns);
}

void Propagation::mean_of_layers(Device& device, DeviceMatrixView<const float> x, DeviceMatrixView<float> out) {
  EMBRACE_PHASE("propagate");
  if (x.rows == 0) return;
  if (layers_ == 0) {
    EMBRACE_CHECK(cudaMemcpyAsync(out.data, x.data, static_cast<std::size_t>(x.rows * x.stride) * sizeof(float),
                                  cudaMemcpyDeviceToDevice, device.stream()));
    return;
  }
  SparseProduct sum{.matrix = adjacency_.view(), .plan = plan_.view(), .x = x, .addend = x};
  for (std::int64_t layer = 1; layer <= layers_; ++layer) {
    const bool last = layer == layers_;
    if (last) sum.scale = 1.0F / static_cast<float>(layers_ + 1);
    const DeviceMatrixView<float> here = (layers_ - layer) % 2 == 0 ? out : between_.view();  // the last one is `out`
    multiply_sparse(device, sum, here);
    sum.x = here;
  }
}

}  // namespace embrace::gpu
