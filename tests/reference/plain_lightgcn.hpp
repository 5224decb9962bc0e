// LightGCN in double: a dense matrix of nodes by nodes, layer after layer, loss and gradient of a batch sample after
// sample by the chain rule. Nothing here may be made clever; it is what the fast code is judged by.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include "host/views.hpp"
#include "tests/reference/alternating_reference.hpp"

namespace embrace::test {

/// D^-1/2 R D^-1/2: users, then items.
inline Dense plain_adjacency(CsrView ratings) {
  const auto users = static_cast<std::size_t>(ratings.rows), nodes = users + static_cast<std::size_t>(ratings.columns);
  Dense a(nodes, std::vector<double>(nodes));
  for (std::size_t u = 0; u < users; ++u) {
    for (const std::int32_t i : ratings.row_indices(static_cast<std::int64_t>(u))) {
      const std::size_t item = users + static_cast<std::size_t>(i);
      a[u][item] += 1;
      a[item][u] += 1;
    }
  }
  std::vector<double> degree;
  for (const auto& row : a) degree.push_back(std::accumulate(row.begin(), row.end(), 0.0));
  for (std::size_t r = 0; r < nodes; ++r) {
    for (std::size_t c = 0; c < nodes; ++c) {
      if (a[r][c] > 0) a[r][c] /= std::sqrt(degree[r] * degree[c]);
    }
  }
  return a;
}

inline Dense plain_product(const Dense& a, const Dense& x) {
  Dense out(a.size(), std::vector<double>(x[0].size()));
  for (std::size_t r = 0; r < a.size(); ++r) {
    for (std::size_t c = 0; c < x.size(); ++c) {
      if (a[r][c] == 0) continue;
      for (std::size_t k = 0; k < x[c].size(); ++k) out[r][k] += a[r][c] * x[c][k];
    }
  }
  return out;
}

/// Mean of x, a x, a a x … a^layers x.
inline Dense plain_mean_of_layers(const Dense& a, int layers, const Dense& x) {
  Dense sum = x, layer = x;
  for (int l = 0; l < layers; ++l) {
    layer = plain_product(a, layer);
    for (std::size_t r = 0; r < x.size(); ++r) {
      for (std::size_t k = 0; k < x[r].size(); ++k) sum[r][k] += layer[r][k];
    }
  }
  for (auto& row : sum) {
    for (double& value : row) value /= layers + 1;
  }
  return sum;
}

inline double plain_dot(const std::vector<double>& a, const std::vector<double>& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

/// Nodes of a sample: the user, the rated item, and drawn items that the user does not have.
struct PlainSample {
  std::size_t user, item;
  std::vector<std::size_t> drawn;
  double items = 0;  // that the user does not have
};

struct PlainLightGcn {
  std::string loss;  // bpr, ccl, softmax
  Dense adjacency;
  int layers = 0;
  double margin = 0, weight = 0, temperature = 0, regularization = 0;

  bool of_directions() const { return loss != "bpr"; }

  double score(const std::vector<double>& a, const std::vector<double>& b) const {
    return of_directions() ? plain_dot(a, b) / std::sqrt(plain_dot(a, a) * plain_dot(b, b)) : plain_dot(a, b);
  }
  /// Adds slope · d score(a, b) / da to `gradient`.
  void add_slope(const std::vector<double>& a, const std::vector<double>& b, double slope,
                 std::vector<double>& gradient) const {
    for (std::size_t k = 0; k < a.size(); ++k) {
      gradient[k] += slope * (of_directions() ? b[k] / std::sqrt(plain_dot(a, a) * plain_dot(b, b)) -
                                                    score(a, b) * a[k] / plain_dot(a, a)
                                              : b[k]);
    }
  }

  /// Loss of a sample by the score of the rated item (first) and those of the drawn ones; the slopes by each.
  double sample_loss(const std::vector<double>& scores, double items, std::vector<double>& slopes) const {
    const double drawn = static_cast<double>(scores.size() - 1);
    slopes.assign(scores.size(), 0.0);
    if (loss == "bpr") {
      const double sigmoid = 1 / (1 + std::exp(scores[0] - scores[1]));
      slopes = {-sigmoid, sigmoid};
      return std::log1p(std::exp(scores[1] - scores[0]));
    }
    if (loss == "ccl") {
      double sum = 1 - scores[0];
      slopes[0] = -1;
      for (std::size_t j = 1; j < scores.size(); ++j) {
        sum += weight / drawn * std::max(0.0, scores[j] - margin);
        slopes[j] = scores[j] > margin ? weight / drawn : 0;
      }
      return sum;
    }
    double all = std::exp(scores[0] / temperature);
    for (std::size_t j = 1; j < scores.size(); ++j) all += items / drawn * std::exp(scores[j] / temperature);
    slopes[0] = (std::exp(scores[0] / temperature) / all - 1) / temperature;
    for (std::size_t j = 1; j < scores.size(); ++j) {
      slopes[j] = items / drawn * std::exp(scores[j] / temperature) / all / temperature;
    }
    return std::log(all) - scores[0] / temperature;
  }

  /// Mean loss of the samples, without the penalty of `named` nodes, which the gradient by the table has.
  double differentiate(const Dense& table, const std::vector<PlainSample>& samples,
                       const std::vector<std::size_t>& named, Dense& gradient) const {
    const Dense x = plain_mean_of_layers(adjacency, layers, table);
    const auto n = static_cast<double>(samples.size());
    Dense by_vector(x.size(), std::vector<double>(x[0].size()));
    double total = 0;
    for (const PlainSample& sample : samples) {
      std::vector<std::size_t> nodes = {sample.item};
      nodes.insert(nodes.end(), sample.drawn.begin(), sample.drawn.end());
      std::vector<double> scores, slopes;
      for (const std::size_t node : nodes) scores.push_back(score(x[sample.user], x[node]));
      total += sample_loss(scores, sample.items, slopes);
      for (std::size_t j = 0; j < nodes.size(); ++j) {
        add_slope(x[sample.user], x[nodes[j]], slopes[j] / n, by_vector[sample.user]);
        add_slope(x[nodes[j]], x[sample.user], slopes[j] / n, by_vector[nodes[j]]);
      }
    }
    gradient = plain_mean_of_layers(adjacency, layers, by_vector);  // the matrix is symmetric
    for (const std::size_t node : named) {
      for (std::size_t k = 0; k < table[node].size(); ++k) gradient[node][k] += regularization / n * table[node][k];
    }
    return total / n;
  }

  /// What the gradient is of.
  double penalized(const Dense& table, const std::vector<PlainSample>& samples,
                   const std::vector<std::size_t>& named) const {
    Dense gradient;
    double loss_and_penalty = differentiate(table, samples, named, gradient);
    for (const std::size_t node : named) {
      loss_and_penalty +=
          regularization / 2 / static_cast<double>(samples.size()) * plain_dot(table[node], table[node]);
    }
    return loss_and_penalty;
  }
};

}  // namespace embrace::test
