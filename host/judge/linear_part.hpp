// The linear part that judges with a network start from, in closed form: biases, dot products and habits.
#pragma once
#include <cstdint>

#include "host/array.hpp"
#include "host/judge/bias_ridge.hpp"
#include "host/judge/judge.hpp"

namespace embrace::judge {

struct LinearPart {
  RidgeSolution solution;
  bool item_biases = true;

  /// What it says of a pair before its columns.
  float constant(std::int32_t user, std::int32_t item) const {
    return static_cast<float>(solution.intercept + solution.user_bias[user] +
                              (item_biases ? solution.item_bias[item] : 0.0));
  }
};

/// How many of the last columns of a pair it is linear in.
inline std::int64_t linear_columns(const PairInputs& inputs) { return inputs.products() + inputs.habits(); }

/// Of three penalties of the biases the best on the validation part.
LinearPart choose_linear_part(const RatingCase& work);

/// The ratings that a judge learns from, with what the linear part's constants leave of them as ratings.
RatedPairs pairs_to_learn(const RatingCase& work, const LinearPart& linear);

}  // namespace embrace::judge
