// Two towers in double: dense matrices from tables to vectors, loss and gradient of a batch pair after pair by the
// chain rule. Nothing here may be made clever; it is what the fast code is judged by.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tests/reference/plain_lightgcn.hpp"
#include "tests/reference/plain_neighbors.hpp"

namespace embrace::test {

struct PlainPair {
  std::size_t user, item;
};

struct PlainTwoTower {
  Dense user_rows{}, item_rows{};                     // of what rows of the tables each vector is the sum
  std::vector<std::vector<std::size_t>> histories{};  // each item once
  std::vector<double> shares{};                       // Q, by item
  double temperature = 0;

  /// What makes a pair's user: the others of the history.
  std::vector<std::size_t> others(const PlainPair& pair) const {
    std::vector<std::size_t> items;
    for (const std::size_t item : histories[pair.user]) {
      if (item != pair.item) items.push_back(item);
    }
    return items;
  }
  static std::vector<double> pooled(const std::vector<double>& user, const Dense& items,
                                    const std::vector<std::size_t>& history) {
    std::vector<double> p = user;
    for (const std::size_t item : history) {
      for (std::size_t k = 0; k < p.size(); ++k) p[k] += items[item][k] / static_cast<double>(history.size());
    }
    return p;
  }
  static double cosine(const std::vector<double>& a, const std::vector<double>& b) {
    const double lengths = std::sqrt(plain_dot(a, a) * plain_dot(b, b));
    return lengths > 0 ? plain_dot(a, b) / lengths : 0;
  }
  /// Adds slope · d cosine(a, b) / da to `gradient`; nothing where a or b is zero.
  static void add_slope(const std::vector<double>& a, const std::vector<double>& b, double slope,
                        std::vector<double>& gradient) {
    const double lengths = std::sqrt(plain_dot(a, a) * plain_dot(b, b));
    if (lengths == 0) return;
    for (std::size_t k = 0; k < a.size(); ++k) {
      gradient[k] += slope * (b[k] / lengths - cosine(a, b) * a[k] / plain_dot(a, a));
    }
  }
  static Dense product(const Dense& rows, const Dense& table, std::size_t factors) {
    return table.empty() ? Dense(rows.size(), std::vector<double>(factors)) : plain_product(rows, table);
  }

  /// Loss of pair r of a group, and its slopes by the scores of the group's items.
  double pair_loss(const std::vector<double>& scores, const std::vector<PlainPair>& group, std::size_t r,
                   std::vector<double>& slopes) const {
    const auto& have = histories[group[r].user];
    double all = std::exp(scores[r] / temperature);
    const double own = all;
    slopes.assign(group.size(), 0.0);
    for (std::size_t c = 0; c < group.size(); ++c) {
      if (std::find(have.begin(), have.end(), group[c].item) != have.end()) continue;
      slopes[c] = std::exp(scores[c] / temperature) / (static_cast<double>(group.size() - 1) * shares[group[c].item]);
      all += slopes[c];
    }
    for (double& slope : slopes) slope /= all * temperature;
    slopes[r] = (own / all - 1) / temperature;
    return -std::log(own / all);
  }

  /// Mean loss of the pairs of all groups, and its gradient by both tables.
  double differentiate(const Dense& user_table, const Dense& item_table, std::size_t factors,
                       const std::vector<std::vector<PlainPair>>& groups, Dense& user_gradient,
                       Dense& item_gradient) const {
    const Dense users = product(user_rows, user_table, factors), items = product(item_rows, item_table, factors);
    const std::vector<double> zeros(factors);
    Dense by_user(users.size(), zeros), by_item(items.size(), zeros);
    double total = 0, n = 0;
    for (const auto& group : groups) n += static_cast<double>(group.size());
    for (const auto& group : groups) {
      for (std::size_t r = 0; r < group.size(); ++r) {
        const auto history = others(group[r]);
        const auto p = pooled(users[group[r].user], items, history);
        std::vector<double> scores, slopes, by_p = zeros;
        for (const PlainPair& other : group) scores.push_back(cosine(p, items[other.item]));
        total += pair_loss(scores, group, r, slopes);
        for (std::size_t c = 0; c < group.size(); ++c) {
          add_slope(p, items[group[c].item], slopes[c] / n, by_p);
          add_slope(items[group[c].item], p, slopes[c] / n, by_item[group[c].item]);
        }
        for (std::size_t k = 0; k < factors; ++k) {
          by_user[group[r].user][k] += by_p[k];
          for (const std::size_t item : history) by_item[item][k] += by_p[k] / static_cast<double>(history.size());
        }
      }
    }
    user_gradient = plain_product(turned(user_rows), by_user);
    item_gradient = plain_product(turned(item_rows), by_item);
    return total / n;
  }
};

}  // namespace embrace::test
