// Skip-gram with negative sampling in double: pair after pair, drawn item after drawn item. Nothing here may be made
// clever; it is what the fast code is judged by.
#pragma once
#include <cmath>
#include <cstddef>
#include <vector>

#include "tests/reference/alternating_reference.hpp"

namespace embrace::test {

/// Items that are each other's context, and the items drawn for each of their pairs.
struct PlainBasket {
  std::vector<std::size_t> items, drawn;
};

/// log(1 + exp(sign · <x_a, x_b>)) times weight, and its slopes by both rows.
inline double add_logistic(const Dense& table, std::size_t a, std::size_t b, double sign, double weight,
                           Dense& gradient) {
  double score = 0;
  for (std::size_t k = 0; k < table[a].size(); ++k) score += table[a][k] * table[b][k];
  const double slope = weight * sign / (1 + std::exp(-sign * score));
  for (std::size_t k = 0; k < table[a].size(); ++k) {
    gradient[a][k] += slope * table[b][k];
    gradient[b][k] += slope * table[a][k];
  }
  return weight * std::log1p(std::exp(sign * score));
}

/// Sum of the losses of all pairs; `table` has the vectors of items, then those of contexts, and gradient becomes the
/// sum's by it.
inline double plain_skip_gram(const Dense& table, double negatives, const std::vector<PlainBasket>& baskets,
                              Dense& gradient) {
  const std::size_t items = table.size() / 2;
  gradient.assign(table.size(), std::vector<double>(table[0].size()));
  double loss = 0;
  for (const PlainBasket& basket : baskets) {
    const double each = negatives / static_cast<double>(basket.drawn.size());
    for (std::size_t a = 0; a < basket.items.size(); ++a) {
      for (std::size_t b = 0; b < basket.items.size(); ++b) {
        if (a == b) continue;
        loss += add_logistic(table, basket.items[a], items + basket.items[b], -1, 1, gradient);
        for (const std::size_t drawn : basket.drawn) {
          loss += add_logistic(table, basket.items[a], items + drawn, 1, each, gradient);
        }
      }
    }
  }
  return loss;
}

}  // namespace embrace::test
