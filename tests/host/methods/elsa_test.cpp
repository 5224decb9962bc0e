// elsa against its formulas in double: whole epochs, with the gradient by the chain rule step after step.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "host/random.hpp"
#include "tests/planted.hpp"
#include "tests/reference/plain_neighbors.hpp"

namespace embrace {
namespace {

using test::Data;
using test::Dense;
using test::Pairs;
using test::Planted;
using test::Trained;

constexpr std::size_t factors = 6, batch = 48;
constexpr double learning_rate = 0.02;

double product(const std::vector<double>& a, const std::vector<double>& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

Dense normalized(Dense rows) {
  for (auto& row : rows) {
    const double length = std::sqrt(product(row, row));
    for (double& x : row) x /= length;
  }
  return rows;
}

/// Adds the gradient of a user's loss, over the size of the batch, to that of the normalized vectors; returns the loss.
double add_gradient(const std::vector<double>& x, const Dense& a, double size, Dense& gradient) {
  const std::size_t items = x.size();
  std::vector<double> hidden(factors), y(items), dy(items), dh(factors);
  for (std::size_t i = 0; i < items; ++i) {
    for (std::size_t k = 0; k < factors; ++k) hidden[k] += x[i] * a[i][k];
  }
  for (std::size_t i = 0; i < items; ++i) y[i] = std::max(0.0, product(hidden, a[i]) - x[i]);
  const double of_y = std::sqrt(product(y, y)), of_x = std::sqrt(product(x, x)), cosine = product(x, y) / (of_x * of_y);
  for (std::size_t i = 0; i < items; ++i) {
    dy[i] = y[i] > 0 ? 2 / of_y * (cosine * y[i] / of_y - x[i] / of_x) / size : 0;
    for (std::size_t k = 0; k < factors; ++k) dh[k] += dy[i] * a[i][k];
  }
  for (std::size_t i = 0; i < items; ++i) {
    for (std::size_t k = 0; k < factors; ++k) gradient[i][k] += dy[i] * hidden[k] + x[i] * dh[k];
  }
  return 2 - 2 * cosine;
}

struct PlainElsa {
  Dense w, m, v;
  int steps = 0;

  explicit PlainElsa(std::size_t items) : w(items, std::vector<double>(factors)), m(w), v(w) {
    const Random random(1, Stream::initial);
    for (std::size_t i = 0; i < items; ++i) {
      for (std::size_t k = 0; k < factors; ++k) w[i][k] = random.normal(i, static_cast<std::uint32_t>(k));
    }
  }

  double step(const Dense& x, const std::vector<std::int32_t>& users) {
    const Dense a = normalized(w);
    Dense gradient(w.size(), std::vector<double>(factors));
    double loss = 0;
    for (const std::int32_t u : users) {
      loss += add_gradient(x[static_cast<std::size_t>(u)], a, static_cast<double>(users.size()), gradient);
    }
    ++steps;
    for (std::size_t i = 0; i < w.size(); ++i) {
      const double along = product(gradient[i], a[i]), length = std::sqrt(product(w[i], w[i]));
      for (std::size_t k = 0; k < factors; ++k) {
        const double g = (gradient[i][k] - along * a[i][k]) / length;
        m[i][k] = 0.9 * m[i][k] + 0.1 * g;
        v[i][k] = 0.999 * v[i][k] + 0.001 * g * g;
        w[i][k] -= learning_rate * (m[i][k] / (1 - std::pow(0.9, steps))) /
                   (std::sqrt(v[i][k] / (1 - std::pow(0.999, steps))) + 1e-8);
      }
    }
    return loss;
  }
};

TEST(Elsa, EpochsAreThoseOfTheFormulas) {
  const Planted planted;
  const Data data(Planted::users, Planted::items, planted.seen);
  const Trained trained{
      *find_method("elsa"),
      Task::ranking,
      data,
      {.settings = {{"factors", factors}, {"batch", batch}, {"learning_rate", learning_rate}}, .epochs = 2}};
  Dense x = test::dense_of(data.ratings.view());
  for (auto& row : x) {
    for (double& value : row) value = value != 0 ? 1 : 0;
  }
  PlainElsa plain(Planted::items);
  for (std::uint32_t epoch = 0; epoch < 2; ++epoch) {
    std::vector<std::int32_t> order(Planted::users);
    std::iota(order.begin(), order.end(), 0);
    shuffle(order, Random(1, Stream::shuffle), epoch);
    double loss = 0;
    for (std::size_t first = 0; first < order.size(); first += batch) {
      const std::size_t end = std::min(first + batch, order.size());
      loss += plain.step(
          x, {order.begin() + static_cast<std::ptrdiff_t>(first), order.begin() + static_cast<std::ptrdiff_t>(end)});
    }
    EXPECT_NEAR(trained.results()[epoch].objective, loss / Planted::users, 1e-4) << epoch;
  }
  const Dense a = normalized(plain.w);
  const auto embedding = trained.trainer().embedding();
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t k = 0; k < factors; ++k) {
      // Ten steps of Adam, which makes steps of one size of gradients of any: roundings of 1e-6 grow some hundred
      // times.
      EXPECT_NEAR(static_cast<double>(embedding->items(static_cast<std::int64_t>(i), static_cast<std::int64_t>(k))),
                  a[i][k], 1e-3)
          << i << ", " << k;
    }
  }
}

}  // namespace
}  // namespace embrace
