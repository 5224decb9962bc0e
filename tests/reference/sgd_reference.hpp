// One step of sgd in double, as plainly as the formula. Nothing here may be made clever; it is what the fast code is
// judged by.
#pragma once
#include <cmath>
#include <cstddef>
#include <vector>

namespace embrace::test {

/// Vectors and biases of users or items, and what the penalty takes off at each step, times the rate.
struct SgdRows {
  std::vector<std::vector<double>> factors;
  std::vector<double> bias;
  std::vector<double> decay;
  std::vector<double> bias_decay;
};

/// decay = λ n^(ν-1), bias_decay = λ_b / n for n ratings; zero for n = 0.
inline void set_decay(SgdRows& rows, std::size_t row, double n, double regularization, double nu, double of_bias) {
  rows.decay[row] = n > 0 ? regularization * std::pow(n, nu - 1) : 0;
  rows.bias_decay[row] = n > 0 ? of_bias / n : 0;
}

/// Learns from one rating, less the mean; returns the error before.
inline double sgd_step(SgdRows& users, SgdRows& items, std::size_t u, std::size_t i, double value, double rate) {
  double error = value - users.bias[u] - items.bias[i];
  for (std::size_t k = 0; k < users.factors[u].size(); ++k) error -= users.factors[u][k] * items.factors[i][k];
  users.bias[u] += rate * (error - users.bias_decay[u] * users.bias[u]);
  items.bias[i] += rate * (error - items.bias_decay[i] * items.bias[i]);
  for (std::size_t k = 0; k < users.factors[u].size(); ++k) {
    const double p = users.factors[u][k];
    const double q = items.factors[i][k];
    users.factors[u][k] += rate * (error * q - users.decay[u] * p);
    items.factors[i][k] += rate * (error * p - items.decay[i] * q);
  }
  return error;
}

}  // namespace embrace::test
