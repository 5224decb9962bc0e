// The inner loop of sgd: one block of ratings, user by user, vectorized for the processor at hand.
#pragma once
#include <cstdint>

#include "host/span.hpp"

namespace embrace {

/// The part of one user's ratings that lies in a block: entries [first, first + count) of the block-ordered ratings.
struct UserRun {
  std::int32_t user;
  std::int32_t count;
  std::int64_t first;
};

/// What a pass over a block reads and changes. Vectors are rows of `width` floats, a multiple of 16, 64-byte aligned.
struct SgdState {
  float* user_factors;
  float* item_factors;
  float* user_bias;
  float* item_bias;
  const float* user_decay;  // regularization per update, by user
  const float* item_decay;
  const float* user_bias_decay;
  const float* item_bias_decay;
  const std::int32_t* items;  // of the ratings in block order
  const float* values;        // ratings less their mean
  std::int64_t width;
  float rate;
};

/// Updates along the runs in their order; returns the sum of the squared errors before each update.
double descend(const SgdState& state, Span<const UserRun> runs);

}  // namespace embrace
