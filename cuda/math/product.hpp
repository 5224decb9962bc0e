// Products of row-major matrices: the only caller of cuBLAS. In the precision of their types: tensor cores round inputs
// to TF32 only where a name says so.
#pragma once
#include "cuda/device/device.hpp"

namespace embrace::gpu {

/// c = a b + beta c; a is m × n, b n × p, c m × p.
void multiply(Device& device, DeviceMatrixView<const float> a, DeviceMatrixView<const float> b, float beta,
              DeviceMatrixView<float> c);
/// c = a bᵀ + beta c; a is m × n, b p × n, c m × p.
void multiply_transposed(Device& device, DeviceMatrixView<const float> a, DeviceMatrixView<const float> b, float beta,
                         DeviceMatrixView<float> c);
/// c = aᵀ b + beta c; a is n × m, b n × p, c m × p.
void multiply_by_transposed(Device& device, DeviceMatrixView<const float> a, DeviceMatrixView<const float> b,
                            float beta, DeviceMatrixView<float> c);

/// Matrices of one shape: the first, and how many elements behind the data of one that of the next begin.
template <typename T>
struct DeviceMatrices {
  DeviceMatrixView<T> first;
  std::int64_t step = 0;
};

/// The same of `count` matrices each, with beta 0.
void multiply_each(Device& device, std::int64_t count, const DeviceMatrices<const float>& a,
                   const DeviceMatrices<const float>& b, const DeviceMatrices<float>& c);
void multiply_each_transposed(Device& device, std::int64_t count, const DeviceMatrices<const float>& a,
                              const DeviceMatrices<const float>& b, const DeviceMatrices<float>& c);
void multiply_each_by_transposed(Device& device, std::int64_t count, const DeviceMatrices<const float>& a,
                                 const DeviceMatrices<const float>& b, const DeviceMatrices<float>& c);

/// g = Σ y y' over the rows of y, in the first y.columns rows and columns of g.
void form_gram(Device& device, DeviceMatrixView<const float> y, DeviceMatrixView<float> g);

/// gram += aᵀ a, of whose elements only those on and above the diagonal are read and written.
void add_gram(Device& device, DeviceMatrixView<const double> a, DeviceMatrixView<double> gram);
/// a = a r⁻¹; r is upper triangular.
void divide_by_triangle(Device& device, DeviceMatrixView<double> a, DeviceMatrixView<const double> r);

}  // namespace embrace::gpu
