// cuBLAS is column-major: a row-major matrix is its transpose there, so c = a bᵀ becomes cᵀ = b aᵀ.
#include "cuda/linear.hpp"

#include <limits>
#include <stdexcept>

namespace embrace::gpu {
namespace {

int narrow(std::int64_t size) {
  if (size > std::numeric_limits<int>::max()) throw std::length_error("a matrix side is beyond what cuBLAS counts");
  return static_cast<int>(size);
}

}  // namespace

void multiply_transposed(Device& device, DeviceMatrixView<const float> a, DeviceMatrixView<const float> b, float beta,
                         DeviceMatrixView<float> c) {
  if (c.rows == 0 || c.columns == 0) return;
  const float one = 1;
  EMBRACE_CHECK(cublasSgemm(device.blas(), CUBLAS_OP_T, CUBLAS_OP_N, narrow(b.rows), narrow(a.rows), narrow(a.columns),
                            &one, b.data, narrow(b.stride), a.data, narrow(a.stride), &beta, c.data, narrow(c.stride)));
}

}  // namespace embrace::gpu
