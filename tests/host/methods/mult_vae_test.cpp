// mult-vae against its formulas in double: whole epochs, with the gradient by the chain rule step after step, and the
// same draws of dropout and noise.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "host/math/normal_numbers.hpp"
#include "host/random.hpp"
#include "tests/planted.hpp"
#include "tests/reference/plain_neighbors.hpp"

namespace embrace {
namespace {

using test::Data;
using test::Dense;
using test::Pairs;
using test::Planted;
using test::Settings;
using test::Trained;
using Row = std::vector<double>;

constexpr std::size_t hidden = 7, latent = 3, batch = 40;
constexpr double learning_rate = 0.01, dropout = 0.4, beta = 0.5, annealing = 3;

const Settings settings = {
    {"hidden", hidden},   {"latent", latent}, {"batch", batch},        {"learning_rate", learning_rate},
    {"dropout", dropout}, {"beta", beta},     {"annealing", annealing}};

/// Weights, a row an input, and constants; their gradients and moments.
struct PlainLayer {
  Dense w, g, m, v;
  Row c, gc, mc, vc;

  PlainLayer(std::size_t rows, std::size_t columns, std::size_t outputs, std::uint32_t part)
      : w(rows, Row(columns)), g(w), m(w), v(w), c(outputs), gc(outputs), mc(outputs), vc(outputs) {
    const Random random(1, Stream::initial);
    const double deviation = std::sqrt(2.0 / static_cast<double>(rows + columns));
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t k = 0; k < columns; ++k) w[r][k] = deviation * random.normal(r * columns + k, part);
    }
  }
  void clear() {
    for (Row& row : g) std::fill(row.begin(), row.end(), 0.0);
    std::fill(gc.begin(), gc.end(), 0.0);
  }
  void step(int t) {
    const auto move = [&](double gradient, double& weight, double& first, double& second) {
      first = 0.9 * first + 0.1 * gradient;
      second = 0.999 * second + 0.001 * gradient * gradient;
      weight -=
          learning_rate * (first / (1 - std::pow(0.9, t))) / (std::sqrt(second / (1 - std::pow(0.999, t))) + 1e-8);
    };
    for (std::size_t r = 0; r < w.size(); ++r) {
      for (std::size_t k = 0; k < w[r].size(); ++k) move(g[r][k], w[r][k], m[r][k], v[r][k]);
    }
    for (std::size_t k = 0; k < c.size(); ++k) move(gc[k], c[k], mc[k], vc[k]);
  }
};

/// x W + c.
Row through(const PlainLayer& layer, const Row& x) {
  Row out = layer.c;
  for (std::size_t r = 0; r < x.size(); ++r) {
    for (std::size_t k = 0; k < out.size(); ++k) out[k] += x[r] * layer.w[r][k];
  }
  return out;
}
/// Adds the gradients of W and c, and returns that of x.
Row back(PlainLayer& layer, const Row& x, const Row& gradient) {
  Row out(x.size());
  for (std::size_t r = 0; r < x.size(); ++r) {
    for (std::size_t k = 0; k < gradient.size(); ++k) {
      layer.g[r][k] += x[r] * gradient[k];
      out[r] += layer.w[r][k] * gradient[k];
    }
  }
  for (std::size_t k = 0; k < gradient.size(); ++k) layer.gc[k] += gradient[k];
  return out;
}

Row tanh_of(Row x) {
  for (double& value : x) value = std::tanh(value);
  return x;
}
Row pass_tanh(const Row& y, Row gradient) {
  for (std::size_t k = 0; k < y.size(); ++k) gradient[k] *= 1 - y[k] * y[k];
  return gradient;
}

struct PlainVae {
  const Csr& ratings;
  PlainLayer in, encoder, decoder, out;  // out: a row an item, turned
  int steps = 0;
  std::int64_t epochs = 0;

  explicit PlainVae(const Csr& data)
      : ratings(data),
        in(static_cast<std::size_t>(data.columns), hidden, hidden, 0),
        encoder(hidden, 2 * latent, 2 * latent, 1),
        decoder(latent, hidden, hidden, 2),
        out(static_cast<std::size_t>(data.columns), hidden, static_cast<std::size_t>(data.columns), 3) {}

  Row scores(const Row& d) const {
    Row result = out.c;
    for (std::size_t i = 0; i < result.size(); ++i) {
      for (std::size_t k = 0; k < hidden; ++k) result[i] += out.w[i][k] * d[k];
    }
    return result;
  }

  Row inputs(std::int64_t user, bool training) const {
    Row x(static_cast<std::size_t>(ratings.columns));
    const CsrView rows = ratings.view();
    const Random random(1, Stream::dropout);
    for (std::int64_t e = rows.offsets[user]; e < rows.offsets[user + 1]; ++e) {
      double value = 1 / std::sqrt(static_cast<double>(rows.row_size(user)));
      if (training) {
        const bool left_out =
            random.uniform(static_cast<std::uint64_t>(e), static_cast<std::uint32_t>(epochs)) < dropout;
        value = left_out ? 0 : value / (1 - dropout);
      }
      x[static_cast<std::size_t>(rows.indices[e])] = value;
    }
    return x;
  }

  /// Adds the gradient of a user's part of the mean loss; returns the loss.
  double learn(std::int64_t user, double weight, double size) {
    const Row x = inputs(user, true), h = tanh_of(through(in, x)), code = through(encoder, h);
    float noise[4 * ((latent + 3) / 4)];
    normal_numbers(Random(1, Stream::sampling), static_cast<std::uint64_t>(epochs * ratings.rows() + user), 0,
                   (latent + 3) / 4, noise);
    Row z(latent);
    double loss = 0;
    for (std::size_t k = 0; k < latent; ++k) {
      z[k] = code[k] + std::exp(code[latent + k] / 2) * static_cast<double>(noise[k]);
      loss += weight * 0.5 * (code[k] * code[k] + std::exp(code[latent + k]) - code[latent + k] - 1);
    }
    const Row d = tanh_of(through(decoder, z)), s = scores(d);
    double sum = 0;
    for (const double score : s) sum += std::exp(score);
    const auto have = ratings.view().row_indices(user);
    Row g(s.size());
    for (std::size_t i = 0; i < s.size(); ++i) g[i] = static_cast<double>(have.size()) * std::exp(s[i]) / sum / size;
    for (const std::int32_t i : have) {
      loss += std::log(sum) - s[static_cast<std::size_t>(i)];
      g[static_cast<std::size_t>(i)] -= 1 / size;
    }
    Row gd(hidden);
    for (std::size_t i = 0; i < g.size(); ++i) {
      out.gc[i] += g[i];
      for (std::size_t k = 0; k < hidden; ++k) {
        out.g[i][k] += g[i] * d[k];
        gd[k] += g[i] * out.w[i][k];
      }
    }
    const Row gz = back(decoder, z, pass_tanh(d, gd));
    Row gcode(2 * latent);
    for (std::size_t k = 0; k < latent; ++k) {
      const double spread = std::exp(code[latent + k] / 2);
      gcode[k] = gz[k] + weight * code[k] / size;
      gcode[latent + k] =
          gz[k] * static_cast<double>(noise[k]) * spread / 2 + weight * 0.5 * (spread * spread - 1) / size;
    }
    back(in, x, pass_tanh(h, back(encoder, h, gcode)));
    return loss;
  }

  /// Mean loss of an epoch.
  double epoch() {
    std::vector<std::int32_t> order(static_cast<std::size_t>(ratings.rows()));
    std::iota(order.begin(), order.end(), 0);
    shuffle(order, Random(1, Stream::shuffle), static_cast<std::uint32_t>(epochs));
    const std::size_t batches = (order.size() + batch - 1) / batch;
    double loss = 0;
    for (std::size_t b = 0; b < batches; ++b) {
      const std::size_t first = b * batch, end = std::min(first + batch, order.size());
      const double done = static_cast<double>(epochs) + static_cast<double>(b) / static_cast<double>(batches);
      for (PlainLayer* layer : {&in, &encoder, &decoder, &out}) layer->clear();
      for (std::size_t u = first; u < end; ++u) {
        loss += learn(order[u], beta * std::min(1.0, done / annealing), static_cast<double>(end - first));
      }
      ++steps;
      for (PlainLayer* layer : {&in, &encoder, &decoder, &out}) layer->step(steps);
    }
    ++epochs;
    return loss / static_cast<double>(order.size());
  }

  Row represent(std::int64_t user) const {
    Row code = through(encoder, tanh_of(through(in, inputs(user, false))));
    code.resize(latent);
    return tanh_of(through(decoder, code));
  }
};

TEST(MultVae, EpochsAreThoseOfTheFormulas) {
  const Planted planted;
  const Data data(Planted::users, Planted::items, planted.seen);
  const Trained trained{*find_method("mult-vae"), Task::ranking, data, {.settings = settings, .epochs = 4}};
  PlainVae plain(data.ratings);
  // Adam makes steps of one size of gradients of any: roundings of 1e-6 grow some hundred times in a dozen steps.
  for (std::size_t e = 0; e < 4; ++e) EXPECT_NEAR(trained.results()[e].objective, plain.epoch(), 1e-3) << e;
  const EmbeddingView embedding = *trained.trainer().embedding();
  for (std::int64_t i = 0; i < Planted::items; ++i) {
    const auto item = static_cast<std::size_t>(i);
    EXPECT_NEAR(static_cast<double>(embedding.item_bias[i]), plain.out.c[item], 2e-3) << i;
    for (std::size_t k = 0; k < hidden; ++k) {
      EXPECT_NEAR(static_cast<double>(embedding.items(i, static_cast<std::int64_t>(k))), plain.out.w[item][k], 2e-3)
          << i;
    }
  }
  for (const std::int64_t user : {0, 7}) {
    const Row wanted = plain.represent(user);
    for (std::size_t k = 0; k < hidden; ++k) {
      EXPECT_NEAR(static_cast<double>(embedding.users(user, static_cast<std::int64_t>(k))), wanted[k], 2e-3) << user;
    }
  }
}

// A user who was held out is represented by what is known of them, as one with the same items who was not.
TEST(MultVae, WhoIsFoldedInIsAsOneWhoWasThere) {
  const Planted planted;
  Pairs pairs = planted.seen;
  const Data data(Planted::users + 1, Planted::items, pairs);  // the last user has nothing
  Trained trained{*find_method("mult-vae"), Task::ranking, data, {.settings = settings, .epochs = 2}};
  Pairs known;
  for (const std::int32_t item : data.ratings.view().row_indices(3)) known.add(Planted::users, item, 1);
  const Csr rows = csr_from_triples(Planted::users + 1, Planted::items, known.users, known.items, known.values);
  EXPECT_EQ(trained.trainer().embedding()->users(Planted::users, 0), 0.0F);
  trained.trainer().fold_in(rows.view());
  const EmbeddingView embedding = *trained.trainer().embedding();
  for (std::int64_t k = 0; k < embedding.users.columns; ++k) {
    EXPECT_EQ(embedding.users(Planted::users, k), embedding.users(3, k));
  }
}

}  // namespace
}  // namespace embrace
