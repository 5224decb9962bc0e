// Rows of floats four at a time: they begin on 16 bytes and are padded with zeros to whole quads.
#pragma once
#include "cuda/device/views.hpp"

namespace embrace::gpu {

/// x += a y
inline __device__ void add_scaled(float a, float4 y, float4& x) {
  x.x += a * y.x;
  x.y += a * y.y;
  x.z += a * y.z;
  x.w += a * y.w;
}
inline __device__ float dot(float4 a, float4 b) { return (a.x * b.x + a.y * b.y) + (a.z * b.z + a.w * b.w); }

/// Four floats of a row that begins on 16 bytes.
inline __device__ float4 quad_of(DeviceMatrixView<const float> matrix, std::int64_t row, std::int64_t quad) {
  return reinterpret_cast<const float4*>(matrix.row(row))[quad];
}
inline __device__ float4& quad_of(DeviceMatrixView<float> matrix, std::int64_t row, std::int64_t quad) {
  return reinterpret_cast<float4*>(matrix.row(row))[quad];
}

/// Lanes that share a vector, where a warp has several.
inline int lanes_for(std::int64_t quads) { return quads <= 8 ? 8 : quads <= 16 ? 16 : 32; }

}  // namespace embrace::gpu
