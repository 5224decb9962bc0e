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

void form_gram(Device& device, DeviceMatrixView<const float> y, DeviceMatrixView<float> g) {
  const int k = narrow(y.columns);
  if (k == 0) return;
  if (y.rows == 0) {  // an empty sum, for which cuBLAS wants pointers all the same
    EMBRACE_CHECK(cudaMemset2DAsync(g.data, static_cast<std::size_t>(g.stride) * sizeof(float), 0,
                                    static_cast<std::size_t>(k) * sizeof(float), static_cast<std::size_t>(k),
                                    device.stream()));
    return;
  }
  // Both triangles: twice the flops of a symmetric update, which are few beside those of the rows that use them.
  const float one = 1, zero = 0;
  EMBRACE_CHECK(cublasSgemm(device.blas(), CUBLAS_OP_N, CUBLAS_OP_T, k, k, narrow(y.rows), &one, y.data,
                            narrow(y.stride), y.data, narrow(y.stride), &zero, g.data, narrow(g.stride)));
}

}  // namespace embrace::gpu
