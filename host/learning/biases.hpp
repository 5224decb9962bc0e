// Biases of users and items, by alternating solves (Koren, Bell 2011, "Advances in collaborative filtering", section
// 5.2.1), items first:
//   b_i = Σ_u (r_ui - mean - b_u) / (reg_item + n_i)      b_u = Σ_i (r_ui - mean - b_i) / (reg_user + n_u)
#pragma once
#include <cstdint>

#include "host/array.hpp"
#include "host/threads.hpp"
#include "host/views.hpp"

namespace embrace {

/// bias[r] = Σ (value - mean - other[column]) / (regularization + row size)
void solve_biases(CsrView rows, double mean, double regularization, const Array<float>& other, Array<float>& bias,
                  Threads& threads);

/// mean + b_u + b_i of each pair, as what is left of ratings begins with them.
struct Biases {
  static constexpr double user_regularization = 5;  // those of `bias` by default
  static constexpr double item_regularization = 2;
  static constexpr int sweeps = 15;

  double mean = 0;
  Array<float> users;
  Array<float> items;

  float of(std::int64_t user, std::int64_t item) const { return static_cast<float>(mean) + users[user] + items[item]; }
};
Biases fit_biases(CsrView ratings, CsrView by_item, Threads& threads);

}  // namespace embrace
