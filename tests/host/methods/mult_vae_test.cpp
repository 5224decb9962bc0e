// mult-vae against its formulas in double, these against their loss, and the composite prior against what a density is.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "host/methods/mult_vae_prior.hpp"
#include "tests/planted.hpp"
#include "tests/reference/plain_mult_vae.hpp"
#include "tests/same_bits.hpp"

namespace embrace {
namespace {

using test::Data;
using test::Pairs;
using test::PlainLayer;
using test::PlainVae;
using test::Planted;
using test::Settings;
using test::Trained;
using test::VaeSettings;

constexpr VaeSettings normal{
    .hidden = 7, .latent = 3, .batch = 40, .learning_rate = 0.01, .dropout = 0.4, .beta = 0.5, .annealing = 3};
constexpr VaeSettings composite{.hidden = 7,
                                .latent = 3,
                                .batch = 40,
                                .learning_rate = 0.01,
                                .dropout = 0.4,
                                .beta = 0.02,
                                .annealing = 0.5,
                                .composite = true};

Settings settings_of(const VaeSettings& set) {
  return {{"hidden", set.hidden},       {"latent", set.latent},
          {"batch", set.batch},         {"learning_rate", set.learning_rate},
          {"dropout", set.dropout},     {"beta", set.beta},
          {"annealing", set.annealing}, {"prior", set.composite ? 1 : 0}};
}

/// With the composite prior, or without.
class MultVae : public ::testing::TestWithParam<bool> {
 protected:
  MultVae() : data_(Planted::users + 1, Planted::items, Planted().seen) {}  // the last user has nothing
  static const VaeSettings& set() { return GetParam() ? composite : normal; }
  Trained train(std::int64_t epochs) const {
    return {*find_method("mult-vae"), Task::ranking, data_, {.settings = settings_of(set()), .epochs = epochs}};
  }
  Data data_;
};
INSTANTIATE_TEST_SUITE_P(Priors, MultVae, ::testing::Bool(),
                         [](const auto& test) { return test.param ? "composite" : "normal"; });

TEST_P(MultVae, EpochsAreThoseOfTheFormulas) {
  const std::int64_t epochs = GetParam() ? 2 : 4;
  const Trained trained = train(epochs);
  PlainVae plain(data_.ratings, set());
  // Adam makes steps of one size of gradients of any: roundings of 1e-6 grow some hundred times in a dozen steps.
  for (const EpochResult& result : trained.results()) EXPECT_NEAR(result.objective, plain.epoch(), 1e-3);
  const EmbeddingView embedding = *trained.trainer().embedding();
  for (std::int64_t i = 0; i < Planted::items; ++i) {
    const auto item = static_cast<std::size_t>(i);
    EXPECT_NEAR(static_cast<double>(embedding.item_bias[i]), plain.out.c[item], 2e-3) << i;
    for (std::size_t k = 0; k < set().hidden; ++k) {
      EXPECT_NEAR(static_cast<double>(embedding.items(i, static_cast<std::int64_t>(k))), plain.out.w[item][k], 2e-3)
          << i;
    }
  }
  for (const std::int64_t user : {0, 7}) {
    const auto wanted = plain.represent(user);
    for (std::size_t k = 0; k < set().hidden; ++k) {
      EXPECT_NEAR(static_cast<double>(embedding.users(user, static_cast<std::int64_t>(k))), wanted[k], 2e-3) << user;
    }
  }
}

// The formulas' gradient is the slope of their loss, also when the encoder is no longer the one before.
TEST_P(MultVae, TheGradientIsTheSlopeOfTheLoss) {
  PlainVae plain(data_.ratings, set());
  plain.epoch();
  constexpr std::int64_t user = 5;
  const auto loss = [&] { return plain.learn(user, 0.5, 1, true, true); };
  const auto x = plain.inputs(user, true);
  const auto item =
      static_cast<std::size_t>(std::find_if(x.begin(), x.end(), [](double v) { return v > 0; }) - x.begin());
  const auto expect_slope = [&](double& weight, const double& gradient) {
    for (PlainLayer* layer : {&plain.in, &plain.encoder, &plain.decoder, &plain.out}) layer->clear();
    loss();
    const double there = weight, slope = gradient;
    constexpr double step = 1e-5;
    weight = there + step;
    const double above = loss();
    weight = there - step;
    const double below = loss();
    weight = there;
    // A loss of some hundreds is rounded by 1e-13, over the step; its third derivative, times step² / 6, is less.
    EXPECT_NEAR((above - below) / (2 * step), slope, 1e-6 * (1 + std::fabs(slope)));
  };
  for (std::size_t k = 0; k < set().latent; ++k) {
    SCOPED_TRACE(k);
    expect_slope(plain.in.w[item][k], plain.in.g[item][k]);
    expect_slope(plain.in.c[k], plain.in.gc[k]);
    expect_slope(plain.encoder.w[k][k], plain.encoder.g[k][k]);
    expect_slope(plain.encoder.c[set().latent + k], plain.encoder.gc[set().latent + k]);
    expect_slope(plain.decoder.w[k][k], plain.decoder.g[k][k]);
    expect_slope(plain.out.w[item][k], plain.out.g[item][k]);
  }
}

TEST_P(MultVae, BitsDoNotDependOnThreads) {
  Pairs pairs;
  for (std::int64_t n = 0; n < 200; ++n) pairs.add(n, n % Planted::items, 0);
  EXPECT_TRUE(test::same_bits_for_any_threads(
      [&](int threads) {
        const Trained trained{*find_method("mult-vae"),
                              Task::ranking,
                              data_,
                              {.threads = threads, .settings = settings_of(set()), .epochs = 2}};
        return trained.predict(pairs);
      },
      3));
}

// A user who was held out is represented by what is known of them, as one with the same items who was not.
TEST_P(MultVae, WhoIsFoldedInIsAsOneWhoWasThere) {
  const Trained trained = train(2);
  Pairs known;
  for (const std::int32_t item : data_.ratings.view().row_indices(3)) known.add(Planted::users, item, 1);
  const Csr rows = csr_from_triples(Planted::users + 1, Planted::items, known.users, known.items, known.values);
  EXPECT_EQ(trained.trainer().embedding()->users(Planted::users, 0), 0.0F);
  trained.trainer().fold_in(rows.view());
  const EmbeddingView embedding = *trained.trainer().embedding();
  for (std::int64_t k = 0; k < embedding.users.columns; ++k) {
    EXPECT_EQ(embedding.users(Planted::users, k), embedding.users(3, k));
  }
}

// Of encoders before whose part is near, narrow, and far and wide.
TEST(CompositePrior, IsADensityWithItsSlope) {
  constexpr std::pair<double, double> parts[] = {{0.3, -1.0}, {2.0, -6.0}, {-5.0, 3.0}};
  for (const auto& [mean, logarithm] : parts) {
    SCOPED_TRACE(testing::Message() << mean << ", " << logarithm);
    // The widest part's deviation is e^5 = 148, a tenth of how far the sum goes. It is the integral, for a density of
    // deviation s, up to exp(-2 π² (s / step)²): of the narrowest, e^-3 = 0.05, nothing.
    constexpr double step = 0.02;
    double sum = 0;
    for (int n = -75'000; n <= 75'000; ++n)
      sum += step * std::exp(composite_density(n * step, mean, logarithm).logarithm);
    EXPECT_NEAR(sum, std::sqrt(2 * 3.141592653589793), 1e-9);
    for (const double z : {-400.0, -2.0, 0.0, 0.1, 1.99, 7.0}) {
      constexpr double h = 1e-5;
      const double above = composite_density(z + h, mean, logarithm).logarithm,
                   below = composite_density(z - h, mean, logarithm).logarithm, slope = (above - below) / (2 * h);
      // Logarithms up to 10 are rounded by 1e-15, over the step; the narrowest part's third derivative is some e^9.
      EXPECT_NEAR(composite_density(z, mean, logarithm).pull, -slope, 1e-6 * (1 + std::fabs(slope))) << z;
    }
  }
}

// Where all densities are beyond what numbers hold, the widest part is the largest.
TEST(CompositePrior, FarFromEverythingTheWidePartIsLeft) {
  const PriorDensity prior = composite_density(1e6, 0, 0);
  EXPECT_NEAR(prior.logarithm, std::log(0.1) - 5 - 0.5e12 * std::exp(-10.0), 1e-6);
  EXPECT_NEAR(prior.pull, 1e6 * std::exp(-10.0), 1e-12);
}

TEST(CompositePrior, HasDefaultsOfItsOwn) {
  const Method& method = *find_method("mult-vae");
  const auto with = [&](double prior) { return make_hyper(method, Task::ranking, Settings{{"prior", prior}}); };
  EXPECT_EQ(with(0)["beta"], 0.3);
  EXPECT_EQ(with(0)["annealing"], 20);
  EXPECT_EQ(with(1)["beta"], 0.02);
  EXPECT_EQ(with(1)["annealing"], 0);
}

}  // namespace
}  // namespace embrace
