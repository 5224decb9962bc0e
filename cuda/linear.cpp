// cuBLAS is column-major: a row-major matrix is its transpose there, so c = a b becomes cᵀ = bᵀ aᵀ.
#include "cuda/linear.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace embrace::gpu {
namespace {

int narrow(std::int64_t size) {
  if (size > std::numeric_limits<int>::max()) throw std::length_error("a matrix side is beyond what cuBLAS counts");
  return static_cast<int>(size);
}

/// Also for matrices without columns, whose stride is 0.
int leading(std::int64_t stride) { return narrow(std::max<std::int64_t>(1, stride)); }

struct Shape {
  cublasOperation_t b, a;  // as cuBLAS sees them
  std::int64_t inner;
};

void multiply(Device& device, const Shape& shape, DeviceMatrixView<const float> a, DeviceMatrixView<const float> b,
              float beta, DeviceMatrixView<float> c) {
  if (c.rows == 0 || c.columns == 0) return;
  const float one = 1;
  EMBRACE_CHECK(cublasSgemm(device.blas(), shape.b, shape.a, narrow(c.columns), narrow(c.rows), narrow(shape.inner),
                            &one, b.data, leading(b.stride), a.data, leading(a.stride), &beta, c.data,
                            leading(c.stride)));
}

}  // namespace

void multiply(Device& device, DeviceMatrixView<const float> a, DeviceMatrixView<const float> b, float beta,
              DeviceMatrixView<float> c) {
  multiply(device, {CUBLAS_OP_N, CUBLAS_OP_N, a.columns}, a, b, beta, c);
}

void multiply_transposed(Device& device, DeviceMatrixView<const float> a, DeviceMatrixView<const float> b, float beta,
                         DeviceMatrixView<float> c) {
  multiply(device, {CUBLAS_OP_T, CUBLAS_OP_N, a.columns}, a, b, beta, c);
}

void multiply_by_transposed(Device& device, DeviceMatrixView<const float> a, DeviceMatrixView<const float> b,
                            float beta, DeviceMatrixView<float> c) {
  multiply(device, {CUBLAS_OP_N, CUBLAS_OP_T, a.rows}, a, b, beta, c);
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
