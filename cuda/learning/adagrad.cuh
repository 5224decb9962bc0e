// One step of Adagrad of a row, for UpdateRows; host/learning/adagrad_side.hpp has the formula.
#pragma once
#include "cuda/learning/adagrad_side.hpp"
#include "cuda/learning/embedding_table.cuh"

namespace embrace::gpu {

struct Adagrad {
  AdagradView rows;

  __device__ static void step(float gradient, float penalty, float rate, float& weight, float& sum) {
    const float g = gradient + penalty * weight;
    sum += g * g;
    weight -= rate * g / sqrtf(sum);
  }
  __device__ void operator()(std::int64_t row, std::int64_t k, const Sum& gradient) const {
    const float penalty = rows.penalties[row] * gradient.extra;
    const float rate = rows.learning_rate * rows.rates[row];
    // Copies: through references, which might be the same, each float would be an access of its own.
    float4 weight = quad_of(rows.weights, row, k), sum = quad_of(rows.sums, row, k);
    step(gradient.vector.x, penalty, rate, weight.x, sum.x);
    step(gradient.vector.y, penalty, rate, weight.y, sum.y);
    step(gradient.vector.z, penalty, rate, weight.z, sum.z);
    step(gradient.vector.w, penalty, rate, weight.w, sum.w);
    quad_of(rows.weights, row, k) = weight;
    quad_of(rows.sums, row, k) = sum;
    if (k == 0) step(gradient.bias, penalty, rate, rows.weights_bias[row], rows.sums_bias[row]);
  }
};

}  // namespace embrace::gpu
