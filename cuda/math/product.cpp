// cuBLAS is column-major: a row-major matrix is its transpose there, so c = a b becomes cᵀ = bᵀ aᵀ.
#include "cuda/math/product.hpp"

#include <limits>
#include <stdexcept>

#include "cuda/device/phase.hpp"

namespace embrace::gpu {
namespace {

int narrow(std::int64_t size) {
  if (size > std::numeric_limits<int>::max()) throw std::length_error("a matrix side is beyond what cuBLAS counts");
  return static_cast<int>(size);
}

struct Shape {
  cublasOperation_t b, a;  // as cuBLAS sees them
  std::int64_t inner;
};

void multiply(Device& device, const Shape& shape, DeviceMatrixView<const float> a, DeviceMatrixView<const float> b,
              float beta, DeviceMatrixView<float> c) {
  EMBRACE_PHASE("matrix product");
  if (c.rows == 0 || c.columns == 0) return;
  if (shape.inner == 0 && beta == 0) {  // an empty sum, for which cuBLAS wants pointers all the same
    EMBRACE_CHECK(cudaMemset2DAsync(c.data, static_cast<std::size_t>(c.stride) * sizeof(float), 0,
                                    static_cast<std::size_t>(c.columns) * sizeof(float),
                                    static_cast<std::size_t>(c.rows), device.stream()));
    return;
  }
  const float one = 1;
  EMBRACE_CHECK(cublasSgemm(device.blas(), shape.b, shape.a, narrow(c.columns), narrow(c.rows), narrow(shape.inner),
                            &one, b.data, narrow(b.stride), a.data, narrow(a.stride), &beta, c.data, narrow(c.stride)));
}

void multiply_each(Device& device, const Shape& shape, std::int64_t count, const DeviceMatrices<const float>& a,
                   const DeviceMatrices<const float>& b, const DeviceMatrices<float>& c) {
  EMBRACE_PHASE("matrix products");
  if (count == 0 || c.first.rows == 0 || c.first.columns == 0) return;
  const float one = 1, zero = 0;
  EMBRACE_CHECK(cublasSgemmStridedBatched(device.blas(), shape.b, shape.a, narrow(c.first.columns),
                                          narrow(c.first.rows), narrow(shape.inner), &one, b.first.data,
                                          narrow(b.first.stride), b.step, a.first.data, narrow(a.first.stride), a.step,
                                          &zero, c.first.data, narrow(c.first.stride), c.step, narrow(count)));
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

void multiply_each(Device& device, std::int64_t count, const DeviceMatrices<const float>& a,
                   const DeviceMatrices<const float>& b, const DeviceMatrices<float>& c) {
  multiply_each(device, {CUBLAS_OP_N, CUBLAS_OP_N, a.first.columns}, count, a, b, c);
}

void multiply_each_transposed(Device& device, std::int64_t count, const DeviceMatrices<const float>& a,
                              const DeviceMatrices<const float>& b, const DeviceMatrices<float>& c) {
  multiply_each(device, {CUBLAS_OP_T, CUBLAS_OP_N, a.first.columns}, count, a, b, c);
}

void multiply_each_by_transposed(Device& device, std::int64_t count, const DeviceMatrices<const float>& a,
                                 const DeviceMatrices<const float>& b, const DeviceMatrices<float>& c) {
  multiply_each(device, {CUBLAS_OP_N, CUBLAS_OP_T, a.first.rows}, count, a, b, c);
}

// Both triangles: twice the flops of a symmetric update, which are few beside those of the rows that use them.
void form_gram(Device& device, DeviceMatrixView<const float> y, DeviceMatrixView<float> g) {
  EMBRACE_PHASE("gram");
  multiply_by_transposed(device, y, y, 0, {g.data, y.columns, y.columns, g.stride});
}

// What is on and above the diagonal row by row is on and below it column by column.
void add_gram(Device& device, DeviceMatrixView<const double> a, DeviceMatrixView<double> gram) {
  EMBRACE_PHASE("gram");
  if (gram.rows == 0) return;
  const double one = 1;
  EMBRACE_CHECK(cublasDsyrk(device.blas(), CUBLAS_FILL_MODE_LOWER, CUBLAS_OP_N, narrow(a.columns), narrow(a.rows), &one,
                            a.data, narrow(a.stride), &one, gram.data, narrow(gram.stride)));
}

// aᵀ = rᵀ (a r⁻¹)ᵀ, and rᵀ, column by column, is r row by row.
void divide_by_triangle(Device& device, DeviceMatrixView<double> a, DeviceMatrixView<const double> r) {
  EMBRACE_PHASE("triangle");
  if (a.rows == 0 || a.columns == 0) return;
  const double one = 1;
  EMBRACE_CHECK(cublasDtrsm(device.blas(), CUBLAS_SIDE_LEFT, CUBLAS_FILL_MODE_LOWER, CUBLAS_OP_N, CUBLAS_DIAG_NON_UNIT,
                            narrow(a.columns), narrow(a.rows), &one, r.data, narrow(r.stride), a.data,
                            narrow(a.stride)));
}

}  // namespace embrace::gpu
