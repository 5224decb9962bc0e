// The formulas of `mult-vae` in double, a user at a time, with the gradient by the chain rule step after step, and the
// same draws of dropout and noise. Nothing here may be made clever; it is what the fast code is judged by.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "host/math/normal_numbers.hpp"
#include "host/random.hpp"
#include "host/sparse.hpp"
#include "tests/reference/alternating_reference.hpp"

namespace embrace::test {

struct VaeSettings {
  std::size_t hidden, latent, batch;
  double learning_rate, dropout, beta, annealing;
  bool composite = false;
};

/// Weights, a row an input, and constants; their gradients and moments.
struct PlainLayer {
  Dense w, g, m, v;
  std::vector<double> c, gc, mc, vc;
  int steps = 0;

  PlainLayer(std::size_t rows, std::size_t columns, std::size_t outputs, std::uint32_t part)
      : w(rows, std::vector<double>(columns)), g(w), m(w), v(w), c(outputs), gc(outputs), mc(outputs), vc(outputs) {
    const Random random(1, Stream::initial);
    const double deviation = std::sqrt(2.0 / static_cast<double>(rows + columns));
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t k = 0; k < columns; ++k) w[r][k] = deviation * random.normal(r * columns + k, part);
    }
  }
  void clear() {
    for (auto& row : g) std::fill(row.begin(), row.end(), 0.0);
    std::fill(gc.begin(), gc.end(), 0.0);
  }
  void step(double learning_rate) {
    ++steps;
    const auto move = [&](double gradient, double& weight, double& first, double& second) {
      first = 0.9 * first + 0.1 * gradient;
      second = 0.999 * second + 0.001 * gradient * gradient;
      weight -= learning_rate * (first / (1 - std::pow(0.9, steps))) /
                (std::sqrt(second / (1 - std::pow(0.999, steps))) + 1e-8);
    };
    for (std::size_t r = 0; r < w.size(); ++r) {
      for (std::size_t k = 0; k < w[r].size(); ++k) move(g[r][k], w[r][k], m[r][k], v[r][k]);
    }
    for (std::size_t k = 0; k < c.size(); ++k) move(gc[k], c[k], mc[k], vc[k]);
  }
  /// x W + c.
  std::vector<double> through(const std::vector<double>& x) const {
    std::vector<double> out = c;
    for (std::size_t r = 0; r < x.size(); ++r) {
      for (std::size_t k = 0; k < out.size(); ++k) out[k] += x[r] * w[r][k];
    }
    return out;
  }
  /// Adds the gradients of W and c, and returns that of x.
  std::vector<double> back(const std::vector<double>& x, const std::vector<double>& gradient) {
    std::vector<double> out(x.size());
    for (std::size_t r = 0; r < x.size(); ++r) {
      for (std::size_t k = 0; k < gradient.size(); ++k) {
        g[r][k] += x[r] * gradient[k];
        out[r] += w[r][k] * gradient[k];
      }
    }
    for (std::size_t k = 0; k < gradient.size(); ++k) gc[k] += gradient[k];
    return out;
  }
};

struct PlainVae {
  using Row = std::vector<double>;

  const Csr& ratings;
  VaeSettings set;
  PlainLayer in, encoder, decoder, out;  // out: a row an item, turned
  Dense previous;                        // codes when the epoch began
  std::int64_t passes = 0;

  PlainVae(const Csr& data, const VaeSettings& settings)
      : ratings(data),
        set(settings),
        in(static_cast<std::size_t>(data.columns), set.hidden, set.hidden, 0),
        encoder(set.hidden, 2 * set.latent, 2 * set.latent, 1),
        decoder(set.latent, set.hidden, set.hidden, 2),
        out(static_cast<std::size_t>(data.columns), set.hidden, static_cast<std::size_t>(data.columns), 3) {
    remember();
  }

  static Row tanh_of(Row x) {
    for (double& value : x) value = std::tanh(value);
    return x;
  }
  static Row pass_tanh(const Row& y, Row gradient) {
    for (std::size_t k = 0; k < y.size(); ++k) gradient[k] *= 1 - y[k] * y[k];
    return gradient;
  }

  Row scores(const Row& d) const {
    Row result = out.c;
    for (std::size_t i = 0; i < result.size(); ++i) {
      for (std::size_t k = 0; k < set.hidden; ++k) result[i] += out.w[i][k] * d[k];
    }
    return result;
  }

  Row inputs(std::int64_t user, bool leave_out) const {
    Row x(static_cast<std::size_t>(ratings.columns));
    const CsrView rows = ratings.view();
    const Random random(1, Stream::dropout);
    for (std::int64_t e = rows.offsets[user]; e < rows.offsets[user + 1]; ++e) {
      double value = 1 / std::sqrt(static_cast<double>(rows.row_size(user)));
      if (leave_out) {
        const bool left_out =
            random.uniform(static_cast<std::uint64_t>(e), static_cast<std::uint32_t>(passes)) < set.dropout;
        value = left_out ? 0 : value / (1 - set.dropout);
      }
      x[static_cast<std::size_t>(rows.indices[e])] = value;
    }
    return x;
  }

  Row code_of(std::int64_t user) const { return encoder.through(tanh_of(in.through(inputs(user, false)))); }

  void remember() {
    previous.clear();
    for (std::int64_t u = 0; u < ratings.rows(); ++u) previous.push_back(code_of(u));
  }

  static double normal_density(double x, double mean, double logarithm) {
    return std::exp(-(x - mean) * (x - mean) / (2 * std::exp(logarithm))) /
           std::sqrt(2 * 3.141592653589793 * std::exp(logarithm));
  }

  /// Adds the gradient of a number of the code, and returns its divergence; both times `weight`.
  static double pull_to_normal(double m, double l, double weight, double& gm, double& gl) {
    gm += weight * m;
    gl += weight * (std::exp(l) - 1) / 2;
    return weight * (m * m + std::exp(l) - l - 1) / 2;
  }
  /// The same of log q(z) - log p(z), z = m + e^(l / 2) noise.
  static double pull_to_composite(double m, double l, double noise, double mean, double logarithm, double weight,
                                  double& gm, double& gl) {
    const double z = m + std::exp(l / 2) * noise;
    const double parts[] = {0.15 * normal_density(z, 0, 0), 0.75 * normal_density(z, mean, logarithm),
                            0.1 * normal_density(z, 0, 10)};
    const double p = parts[0] + parts[1] + parts[2];
    const double slope =
        -(parts[0] * z + parts[1] * (z - mean) / std::exp(logarithm) + parts[2] * z / std::exp(10)) / p;
    gm -= weight * slope;
    gl -= weight * (slope * std::exp(l / 2) * noise / 2 + 0.5);
    return weight * (std::log(normal_density(z, m, l)) - std::log(p));
  }

  /// Adds the gradient of a user's part of the mean loss; returns the loss, with the divergence where it is asked for.
  double learn(std::int64_t user, double beta, double size, bool noisy, bool diverging) {
    const Row x = inputs(user, noisy), h = tanh_of(in.through(x)), code = encoder.through(h);
    std::vector<float> noise((set.latent + 3) / 4 * 4);
    normal_numbers(Random(1, Stream::sampling), static_cast<std::uint64_t>(passes * ratings.rows() + user), 0,
                   static_cast<std::int64_t>(noise.size() / 4), noise.data());
    Row z(set.latent);
    for (std::size_t k = 0; k < set.latent; ++k) {
      z[k] = code[k] + std::exp(code[set.latent + k] / 2) * static_cast<double>(noise[k]);
    }
    const Row d = tanh_of(decoder.through(z)), s = scores(d);
    double sum = 0, loss = 0;
    for (const double score : s) sum += std::exp(score);
    const auto have = ratings.view().row_indices(user);
    const auto n = static_cast<double>(have.size());
    Row g(s.size());
    for (std::size_t i = 0; i < s.size(); ++i) g[i] = n * std::exp(s[i]) / sum / size;
    for (const std::int32_t i : have) {
      loss += std::log(sum) - s[static_cast<std::size_t>(i)];
      g[static_cast<std::size_t>(i)] -= 1 / size;
    }
    Row gd(set.hidden);
    for (std::size_t i = 0; i < g.size(); ++i) {
      out.gc[i] += g[i];
      for (std::size_t k = 0; k < set.hidden; ++k) {
        out.g[i][k] += g[i] * d[k];
        gd[k] += g[i] * out.w[i][k];
      }
    }
    const Row gz = decoder.back(z, pass_tanh(d, gd)), &before = previous[static_cast<std::size_t>(user)];
    Row gcode(2 * set.latent);
    for (std::size_t k = 0; k < set.latent; ++k) {
      const double m = code[k], l = code[set.latent + k], e = static_cast<double>(noise[k]);
      double &gm = gcode[k], &gl = gcode[set.latent + k];
      gm = gz[k];
      gl = gz[k] * e * std::exp(l / 2) / 2;
      if (!diverging) continue;
      loss +=
          size * (set.composite ? pull_to_composite(m, l, e, before[k], before[set.latent + k], n * beta / size, gm, gl)
                                : pull_to_normal(m, l, beta / size, gm, gl));
    }
    in.back(x, pass_tanh(h, encoder.back(h, gcode)));
    return loss;
  }

  /// Mean loss of a pass over the users that moves these layers.
  double pass(const std::vector<PlainLayer*>& moved, bool noisy, bool diverging, double done_before, double length) {
    std::vector<std::int32_t> order;
    for (std::int32_t u = 0; u < ratings.rows(); ++u) {
      if (ratings.view().row_size(u) > 0) order.push_back(u);
    }
    shuffle(order, Random(1, Stream::shuffle), static_cast<std::uint32_t>(passes));
    const std::size_t batches = (order.size() + set.batch - 1) / set.batch;
    double loss = 0;
    for (std::size_t b = 0; b < batches; ++b) {
      const std::size_t first = b * set.batch, end = std::min(first + set.batch, order.size());
      const double done = done_before + length * static_cast<double>(b) / static_cast<double>(batches);
      const double risen = set.annealing > 0 ? std::min(1.0, done / set.annealing) : 1;
      for (PlainLayer* layer : {&in, &encoder, &decoder, &out}) layer->clear();
      for (std::size_t u = first; u < end; ++u) {
        loss += learn(order[u], set.beta * risen, static_cast<double>(end - first), noisy, diverging);
      }
      for (PlainLayer* layer : moved) layer->step(set.learning_rate);
    }
    ++passes;
    return loss / static_cast<double>(order.size());
  }

  /// Mean loss of an epoch's last pass.
  double epoch() {
    if (!set.composite) return pass({&in, &encoder, &decoder, &out}, true, true, static_cast<double>(passes), 1);
    remember();
    for (int turn = 0; turn < 3; ++turn) pass({&in, &encoder}, true, true, static_cast<double>(passes) / 4, 0.25);
    return pass({&decoder, &out}, false, false, static_cast<double>(passes) / 4, 0.25);
  }

  Row represent(std::int64_t user) const {
    Row code = code_of(user);
    code.resize(set.latent);
    return tanh_of(decoder.through(code));
  }
};

}  // namespace embrace::test
