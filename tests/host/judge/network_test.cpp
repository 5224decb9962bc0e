// The network's gradient against central differences of its loss.
#include "host/judge/network.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace embrace::judge {
namespace {

constexpr std::int64_t samples = 12, inputs = 7, products = 2;

Matrix some_samples() {
  Matrix x(samples, inputs + products);
  const Random random(3, Stream::features);
  for (std::int64_t k = 0; k < x.size(); ++k)
    x.data()[k] = static_cast<float>(random.normal(static_cast<std::uint64_t>(k)));
  return x;
}

Array<float> some_targets() {
  Array<float> y(samples);
  const Random random(4, Stream::features);
  for (std::int64_t k = 0; k < samples; ++k) y[k] = static_cast<float>(random.normal(static_cast<std::uint64_t>(k)));
  return y;
}

/// Not at its start, where the last layer is 0 and hides the others.
Network some_network(bool cross) {
  Network network(inputs, products, cross, 1);
  const Random random(8, Stream::features);
  for (std::int64_t k = 0; k < network.parameters(); ++k) {
    network.weights()[k] += static_cast<float>(0.2 * random.normal(static_cast<std::uint64_t>(k)));
  }
  return network;
}

class NetworkGradient : public testing::TestWithParam<std::tuple<bool, double>> {};

TEST_P(NetworkGradient, IsThatOfTheLoss) {
  const auto [cross, share] = GetParam();
  const Matrix x = some_samples();
  const Array<float> y = some_targets();
  Network network = some_network(cross);
  const Network::Dropout dropout{share, Random(1, Stream::dropout), 5};
  Array<float> gradient(network.parameters()), ignored(network.parameters());
  network.gradient(x.view(), y, dropout, gradient);
  constexpr float step = 1e-2F;
  int far = 0;
  for (std::int64_t k = 0; k < network.parameters(); ++k) {
    float& weight = network.weights()[k];
    const float kept = weight;
    weight = kept + step;
    const double above = network.gradient(x.view(), y, dropout, ignored);
    weight = kept - step;
    const double below = network.gradient(x.view(), y, dropout, ignored);
    weight = kept;
    const double slope = (above - below) / (2 * static_cast<double>(step));
    // The third derivative is bounded but for kinks of relu, which a step of 0.01 crosses for few weights: the loss is
    // exact to 1e-6, so its difference over the step to 1e-4.
    if (std::abs(slope - static_cast<double>(gradient[k])) > 2e-3 + 0.02 * std::abs(slope)) ++far;
  }
  EXPECT_LE(far, network.parameters() / 50) << "of " << network.parameters();
}

TEST_P(NetworkGradient, BySamplesIsThatOfTheLoss) {
  const auto [cross, share] = GetParam();
  Matrix x = some_samples();
  const Array<float> y = some_targets();
  Network network = some_network(cross);
  const Network::Dropout dropout{share, Random(1, Stream::dropout), 5};
  Array<float> ignored(network.parameters());
  Matrix gradient(samples, inputs + products);
  network.gradient(x.view(), y, dropout, ignored, gradient.view());
  constexpr float step = 2e-3F;  // an input crosses the kinks of all units that it reaches
  int far = 0;
  for (std::int64_t k = 0; k < x.size(); ++k) {
    float& number = x.data()[k];
    const float kept = number;
    number = kept + step;
    const double above = network.gradient(x.view(), y, dropout, ignored);
    number = kept - step;
    const double below = network.gradient(x.view(), y, dropout, ignored);
    number = kept;
    const double slope = (above - below) / (2 * static_cast<double>(step));
    // The loss is exact to 1e-7 or so of itself, its difference over the step to 1e-4.
    if (std::abs(slope - static_cast<double>(gradient.data()[k])) > 2e-3 + 0.02 * std::abs(slope)) ++far;
  }
  EXPECT_LE(far, x.size() / 20) << "of " << x.size();
}

INSTANTIATE_TEST_SUITE_P(Kinds, NetworkGradient, testing::Combine(testing::Bool(), testing::Values(0.0, 0.5)));

TEST(Network, IsItsLinearPartBeforeTheFirstStep) {
  Network network(inputs, products, false, 1);
  network.linear_weights()[0] = 2;
  network.linear_weights()[1] = -1;
  const Matrix x = some_samples();
  Array<float> out(samples);
  network.predict(x.view(), out);
  for (std::int64_t r = 0; r < samples; ++r) EXPECT_FLOAT_EQ(out[r], 2 * x(r, inputs) - x(r, inputs + 1)) << r;
}

TEST(Network, DropsTheUnitsThatItsCounterSays) {
  const Matrix x = some_samples();
  const Array<float> y = some_targets();
  Network network = some_network(false);
  Array<float> g(network.parameters());
  const auto loss = [&](std::uint64_t first) {
    return network.gradient(x.view(), y, {0.5, Random(1, Stream::dropout), first}, g);
  };
  EXPECT_EQ(loss(5), loss(5));
  EXPECT_NE(loss(5), loss(1000));
}

}  // namespace
}  // namespace embrace::judge
