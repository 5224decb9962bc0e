// Rows of scores turned into terms of a loss, vectorized for the CPU at hand, each in a fixed order of additions. A
// score of minus infinity has no part; in logistic_losses() one of -sign times infinity.
#pragma once
#include <cstdint>

namespace embrace {

/// The largest of `least` and x.
float largest(float least, const float* x, std::int64_t n);

/// x = exp((x - shift) · factor), to a few ulp; returns their sum. shift is none below x, so that nothing overflows.
float exponentials(float shift, float factor, float* x, std::int64_t n);

/// x = slope where x > margin, 0 elsewhere; returns Σ max(0, x - margin) of before.
float hinges(float margin, float slope, float* x, std::int64_t n);

/// x = weight · d/dx log(1 + exp(sign x)) to a few ulp; returns Σ log(1 + exp(sign x)) of before. sign is 1 or -1.
float logistic_losses(float sign, float weight, float* x, std::int64_t n);

/// x = factor x
void scale_row(float factor, float* x, std::int64_t n);

struct SoftmaxTerm {
  double loss = 0;
  float positive = 0;  // derivative by the positive's score
};
/// loss = -log(exp(sharp · positive) / (exp(sharp · positive) + each · Σ exp(sharp · x))): a positive beside drawn
/// items, each of which stands for `each` of its kind (Jean et al. 2015, section 3). x becomes the derivatives by x.
SoftmaxTerm sampled_softmax(float sharp, float positive, double each, float* x, std::int64_t n);

}  // namespace embrace
