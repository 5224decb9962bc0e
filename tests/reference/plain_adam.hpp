// Adam on a whole table in double (Kingma and Ba 2015, algorithm 1). Nothing here may be made clever; it is what the
// fast code is judged by.
#pragma once
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include "tests/reference/alternating_reference.hpp"

namespace embrace::test {

struct PlainAdam {
  Dense table, first, second;
  int steps = 0;

  explicit PlainAdam(Dense start) : table(std::move(start)), first(table), second(table) {
    for (Dense* moment : {&first, &second}) {
      for (auto& row : *moment) row.assign(row.size(), 0.0);
    }
  }

  /// `shares` of the rate, by row; all of it where there are none.
  void step(const Dense& gradient, double rate, const std::vector<double>& shares = {}) {
    ++steps;
    for (std::size_t r = 0; r < table.size(); ++r) {
      const double here = shares.empty() ? rate : rate * shares[r];
      for (std::size_t k = 0; k < table[r].size(); ++k) {
        const double g = gradient[r][k];
        first[r][k] = 0.9 * first[r][k] + 0.1 * g;
        second[r][k] = 0.999 * second[r][k] + 0.001 * g * g;
        table[r][k] -= here * (first[r][k] / (1 - std::pow(0.9, steps))) /
                       (std::sqrt(second[r][k] / (1 - std::pow(0.999, steps))) + 1e-8);
      }
    }
  }
};

}  // namespace embrace::test
