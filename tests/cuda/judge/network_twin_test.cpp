// The network of a judge on a device against that of the processor, which tests/host/judge/network_test.cpp compares
// with differences of its loss; and whole judges.
#include "cuda/judge/network.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "cuda/judge/rate.hpp"
#include "host/judge/profiles.hpp"
#include "host/math/adam.hpp"
#include "host/random.hpp"
#include "tests/cuda/gpu_test.hpp"

namespace embrace::gpu {
namespace {

using judge::NetworkLayout;

constexpr std::int64_t rows = 90, inputs = 41, linear = 5;

Matrix some_rows() {
  Matrix x(rows, inputs + linear);
  const Random random(3, Stream::features);
  for (std::int64_t k = 0; k < x.size(); ++k) {
    x.data()[k] = static_cast<float>(random.normal(static_cast<std::uint64_t>(k)));
  }
  return x;
}

Array<float> some_targets() {
  Array<float> y(rows);
  const Random random(4, Stream::features);
  for (std::int64_t r = 0; r < rows; ++r) y[r] = static_cast<float>(random.normal(static_cast<std::uint64_t>(r)));
  return y;
}

/// Not at its start, where the last layer is 0 and hides the others.
judge::Network some_network(bool cross) {
  judge::Network network(inputs, linear, cross, 1);
  const Random random(8, Stream::features);
  for (std::int64_t k = 0; k < network.parameters(); ++k) {
    network.weights()[k] += static_cast<float>(0.2 * random.normal(static_cast<std::uint64_t>(k)));
  }
  return network;
}

double largest(Span<const float> values) {
  double most = 0;
  for (const float v : values) most = std::max(most, std::abs(static_cast<double>(v)));
  return most;
}

class JudgeNetworkTest : public test::GpuTest, public testing::WithParamInterface<std::tuple<bool, double>> {
 protected:
  DeviceMatrix upload(const Matrix& from) {
    DeviceMatrix to(device(), from.rows(), from.columns());
    to.upload(device(), from.view());
    return to;
  }
  Array<float> download(DeviceSpan<const float> from) {
    Array<float> to(from.size);
    device().download(from, Span<float>(to));
    return to;
  }
};

// Sums of a hundred terms of size 1 in another order, through three layers: some 1e-6 of the largest.
constexpr double tolerance = 2e-5;

TEST_P(JudgeNetworkTest, GradientsAgreeWithTheCpu) {
  const auto [cross, share] = GetParam();
  const Matrix x = some_rows();
  const Array<float> y = some_targets();
  judge::Network network = some_network(cross);
  const DeviceMatrix on_device = upload(x);
  const DeviceBuffer<float> targets(device(), Span<const float>(y));
  const JudgeWeights weights(shared(), network.layout(), network.weights());
  JudgePass pass(shared(), network.layout(), rows);
  DeviceBuffer<float> found(device(), network.parameters());
  for (const std::int64_t n : {std::int64_t{1}, std::int64_t{33}, rows}) {  // in an order of their own
    std::vector<std::int32_t> order(static_cast<std::size_t>(n));
    for (std::int64_t p = 0; p < n; ++p)
      order[static_cast<std::size_t>(p)] = static_cast<std::int32_t>((7 * p + 3) % rows);
    Matrix chosen(n, x.columns());
    Array<float> chosen_targets(n);
    for (std::int64_t p = 0; p < n; ++p) {
      const std::int32_t row = order[static_cast<std::size_t>(p)];
      std::copy_n(x.row(row), x.columns(), chosen.row(p));
      chosen_targets[p] = y[row];
    }
    Array<float> wanted(network.parameters());
    network.gradient(chosen.view(), chosen_targets, {share, Random(1, Stream::dropout), 5}, wanted);
    const DeviceBuffer<std::int32_t> order_on_device(device(), Span<const std::int32_t>(order));
    pass.gradient(weights, on_device.view(), targets.span(), order_on_device.span(), {share, 1, 5}, found.span());
    const Array<float> got = download(std::as_const(found).span());
    const double scale = largest(wanted);
    for (std::int64_t k = 0; k < got.size(); ++k) {
      ASSERT_NEAR(static_cast<double>(got[k]), static_cast<double>(wanted[k]), tolerance * scale)
          << n << ", weight " << k;
    }
  }
}

TEST_P(JudgeNetworkTest, PredictionsAgreeWithTheCpu) {
  const Matrix x = some_rows();
  judge::Network network = some_network(std::get<0>(GetParam()));
  const DeviceMatrix on_device = upload(x);
  const JudgeWeights weights(shared(), network.layout(), network.weights());
  JudgePass pass(shared(), network.layout(), rows);
  Array<float> wanted(rows);
  network.predict(x.view(), wanted);
  DeviceBuffer<float> found(device(), rows);
  pass.predict(weights, on_device.view(), found.span());
  const Array<float> got = download(std::as_const(found).span());
  for (std::int64_t r = 0; r < rows; ++r) EXPECT_NEAR(got[r], wanted[r], tolerance * largest(wanted)) << r;
}

TEST_P(JudgeNetworkTest, StepsAreThoseOfTheCpuAndOnlyMatricesDecay) {
  judge::Network network = some_network(std::get<0>(GetParam()));
  Array<float> gradient(network.parameters()), m(network.parameters(), 0.0F), v(network.parameters(), 0.0F);
  const Random random(9, Stream::features);
  JudgeWeights weights(shared(), network.layout(), network.weights());
  JudgeDescent descent(shared(), network.layout());
  const std::int64_t decaying = network.layout().decaying;
  for (std::uint32_t step = 1; step <= 3; ++step) {
    for (std::int64_t k = 0; k < gradient.size(); ++k) {
      gradient[k] = static_cast<float>(random.normal(static_cast<std::uint64_t>(k), step));
    }
    device().upload(Span<const float>(gradient), descent.gradient());
    descent.step(0.01, 0.3, weights);
    float* w = network.weights().data();
    adam({0.01, 0.3, step}, gradient.data(), w, m.data(), v.data(), decaying);
    adam({0.01, 0, step}, gradient.data() + decaying, w + decaying, m.data() + decaying, v.data() + decaying,
         gradient.size() - decaying);
  }
  const JudgeWeights copy = weights;
  descent.step(0.01, 0.3, weights);
  const Array<float> got = download(copy.span());
  for (std::int64_t k = 0; k < got.size(); ++k) ASSERT_NEAR(got[k], network.weights()[k], 1e-6) << k;
}

INSTANTIATE_TEST_SUITE_P(Kinds, JudgeNetworkTest, testing::Combine(testing::Bool(), testing::Values(0.0, 0.4)));

/// Ratings with a taste that the vectors say: users like what points their way.
class JudgeOnDeviceTest : public test::GpuTest {
 protected:
  static constexpr std::int64_t users = 60, items = 50, width = 6;

  JudgeOnDeviceTest() : vectors_{Matrix(items, width), Array<std::uint8_t>(items, 1)} {
    const Random random(2, Stream::features);
    Matrix tastes(users, width);
    for (Matrix* rows_of : {&vectors_.rows, &tastes}) {
      for (std::int64_t k = 0; k < rows_of->size(); ++k) {
        const std::uint32_t stream = rows_of == &tastes ? 1 : 2;
        rows_of->data()[k] = static_cast<float>(random.normal(static_cast<std::uint64_t>(k), stream) / std::sqrt(6.0));
      }
    }
    Array<std::int32_t> seen_users, seen_items, fit_users, fit_items;
    Array<float> seen_ratings, fit_ratings;
    for (std::int32_t u = 0; u < users; ++u) {
      for (std::int32_t i = 0; i < items; ++i) {
        const auto pair = static_cast<std::uint64_t>(u * items + i);
        double liked = 3 + 0.3 * random.normal(pair, 3);
        for (std::int64_t k = 0; k < width; ++k) {
          liked += 1.5 * static_cast<double>(tastes(u, k)) * static_cast<double>(vectors_.rows(i, k));
        }
        const auto rating = static_cast<float>(std::clamp(liked, 1.0, 5.0));
        const double part = random.uniform(pair, 4);
        if (part < 0.3) {
          seen_users.push_back(u), seen_items.push_back(i), seen_ratings.push_back(rating);
        } else if (part < 0.6) {
          fit_users.push_back(u), fit_items.push_back(i), fit_ratings.push_back(rating);
        } else {
          judge::RatedPairs& pairs = part < 0.8 ? validation_ : test_;
          pairs.users.push_back(u), pairs.items.push_back(i), pairs.ratings.push_back(rating);
        }
      }
    }
    seen_ = csr_from_triples(users, items, seen_users, seen_items, seen_ratings);
    fit_ = csr_from_triples(users, items, fit_users, fit_items, fit_ratings);
    auto without = judge::without_vectors(seen_.view(), threads_);
    habits_ = std::move(without.habits);
    profiles_ = user_profiles(seen_.view(), without.residuals, vectors_, threads_);
    inputs_.emplace(profiles_, vectors_, habits_.view(), std::nullopt);
    inputs_->fit(fit_users, fit_items);
  }

  judge::RatingCase work() {
    return {.inputs = *inputs_,
            .fit = fit_,
            .validation = validation_,
            .test = test_,
            .scale = {1, 5, 1},
            .threads = threads_};
  }
  double rmse(const judge::Verdict& verdict) const {
    return judge::clipped_rmse(verdict.predictions, test_.ratings, {1, 5, 1});
  }

  Threads threads_{2};
  judge::EntityVectors vectors_, profiles_;
  Matrix habits_;
  Csr seen_, fit_;
  judge::RatedPairs validation_, test_;
  std::optional<judge::PairInputs> inputs_;
};

// The same settings, orders and dropout; roundings differ, and with them the epoch at which a training ends.
TEST_F(JudgeOnDeviceTest, WholeTrainingsAgreeWithTheCpu) {
  const Array<std::uint64_t> seeds{1, 2};
  for (const bool cross : {false, true}) {
    const judge::RatingCase one = work();
    const auto cpu = cross ? judge::rate_by_cross(one, seeds) : judge::rate_by_mlp(one, seeds);
    const auto gpu = rate_by_network(shared(), one, cross, seeds);
    ASSERT_EQ(gpu.size(), cpu.size());
    for (std::size_t s = 0; s < gpu.size(); ++s) {
      EXPECT_GT(gpu[s].epochs, 0) << "there is something to learn";
      EXPECT_NEAR(rmse(gpu[s]), rmse(cpu[s]), 0.002) << cross << s;
      EXPECT_NEAR(gpu[s].validation, cpu[s].validation, 0.002) << cross << s;
      EXPECT_EQ(gpu[s].parameters, cpu[s].parameters);
    }
    if (!cross) {
      EXPECT_EQ(rate_by_network(shared(), one, cross, {seeds.data(), 1})[0].predictions, gpu[0].predictions);
    }
  }
}

TEST_F(JudgeOnDeviceTest, VectorsThatAreTrainedAreRefused) {
  judge::RatingCase one = work();
  one.vectors = judge::VectorMode::fine_tuned;
  const std::uint64_t seed = 1;
  EXPECT_THROW(rate_by_network(shared(), one, false, {&seed, 1}), std::invalid_argument);
}

}  // namespace
}  // namespace embrace::gpu
