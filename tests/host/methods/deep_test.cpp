#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "host/error.hpp"
#include "host/learning/samples.hpp"
#include "host/math/random_bits.hpp"
#include "host/methods/deep_model.hpp"
#include "host/methods/registry.hpp"
#include "tests/feature_problem.hpp"
#include "tests/reference/feature_models.hpp"
#include "tests/reference/plain_mean.hpp"

namespace embrace {
namespace {

using reference::Vector;

constexpr std::int64_t users = 9, items = 12, factors = 3, hidden = 8;
constexpr double spread = 0.7, rate = 0.1, network_rate = 0.01, penalty = 0.1, nu = 0.5, decay = 0.3;
constexpr std::uint64_t seed = 1;

const Method& method() { return *find_method("deep"); }

std::vector<Vector> rows_of(const Matrix& matrix) {
  std::vector<Vector> out;
  for (std::int64_t r = 0; r < matrix.rows(); ++r) out.emplace_back(matrix.row(r), matrix.row(r) + matrix.columns());
  return out;
}

/// Rows of the tables learn at their own rates.
using Tables = std::vector<EmbeddingTable>;

Tables tables_of(const test::FeatureProblem& data, Task task) {
  const auto table = [](std::int64_t entities, bool identity, const Features* features,
                        const std::vector<std::int64_t>& samples, std::uint32_t stream) {
    return EmbeddingTable(entities, identity, features, samples, EmbeddingTable::Slices::by_field, factors,
                          spread / std::sqrt(static_cast<double>(factors)), seed, stream);
  };
  Tables out;
  out.push_back(table(users, true, &data.user, row_sizes(data.ratings.view()), 0));
  out.push_back(table(items, true, &data.item, row_sizes(data.by_item.view()), 1));
  if (task == Task::ranking) return out;
  const std::vector<std::int64_t> all(static_cast<std::size_t>(data.ratings.entries()), 1);
  out.push_back(table(data.ratings.entries(), false, &data.context, all, 2));
  return out;
}

reference::Deep reference_of(const test::FeatureProblem& data, Task task, Interaction head) {
  reference::Deep out;
  out.head = static_cast<reference::Deep::Head>(head);
  out.ranking = task == Task::ranking;
  out.regularization = penalty;
  out.nu = nu;
  out.offset = out.ranking ? static_cast<double>(-std::log(4.0F))
                           : static_cast<double>(static_cast<float>(test::plain_mean(data.ratings.view())));
  const Tables tables = tables_of(data, task);
  DeepShape shape{.interaction = head, .factors = factors, .hidden = hidden, .fields = 0};
  for (const EmbeddingTable& table : tables) shape.fields += table.slices();
  const std::vector<std::int64_t> all(static_cast<std::size_t>(data.ratings.entries()), 1);
  const std::vector<std::int64_t> samples[] = {row_sizes(data.ratings.view()), row_sizes(data.by_item.view()), all};
  const Features* features[] = {&data.user, &data.item, &data.context};
  for (std::size_t s = 0; s < tables.size(); ++s) {
    out.sides.emplace_back(tables[s].entities(), s < 2, features[s], samples[s], true, tables[s]);
    out.first.push_back(rows_of(first_layer(tables[s], shape.width(), seed, static_cast<std::int64_t>(s)).value));
  }
  const DeepHead network(shape, 0.0, Random(seed, Stream::initial));
  out.pairs = rows_of(network.pairs.value);
  out.second = rows_of(network.second.value);
  out.first_bias = rows_of(network.first_bias.value).front();
  out.second_bias = rows_of(network.second_bias.value).front();
  out.output = rows_of(network.output.value).front();
  return out;
}

std::vector<std::pair<std::string, double>> settings(Interaction head) {
  return {{"factors", factors},
          {"hidden", hidden},
          {"learning_rate", rate},
          {"network_rate", network_rate},
          {"regularization", penalty},
          {"nu", nu},
          {"spread", spread},
          {"dropout", 0},
          {"identity_dropout", 0},
          {"weight_decay", decay},
          {"batch", 5000},
          {"head", static_cast<double>(head)}};
}

std::vector<reference::Sample> batch_of(const test::FeatureProblem& data, Task task, std::uint32_t epoch) {
  Threads threads(1);
  const Hyper hyper = make_hyper(method(), task, settings(Interaction::fm));
  const Samples samples(data.problem(hyper, task, seed, threads), Samples::Negatives::pointwise, 4);
  Batch batch;
  samples.fill(samples.order(epoch), epoch, 0, samples.size(), threads, batch);
  std::vector<reference::Sample> out;
  for (std::int64_t s = 0; s < batch.users.size(); ++s) {
    reference::Sample sample{batch.users[s], batch.items[s]};
    if (task == Task::rating) sample.context = batch.entries[s];
    sample.target = static_cast<double>(batch.targets[s]);
    out.push_back(sample);
  }
  return out;
}

/// Adagrad for rows, Adam for the network, in double.
class Steps {
 public:
  Steps(const reference::Deep& model, const Tables& tables) : tables_(tables), m_(model.zeros()), v_(model.zeros()) {}

  void step(reference::Deep& model, const std::vector<reference::Sample>& batch) {
    const auto gradient = model.gradient(batch, model.head != reference::Deep::Head::fm);
    ++steps_;
    for (std::size_t s = 0; s < model.sides.size(); ++s) {
      for (std::size_t r = 0; r < model.sides[s].rows.size(); ++r) {
        adagrad(static_cast<double>(tables_[s].rate(static_cast<std::int64_t>(r))), gradient.rows[s][r],
                model.sides[s].rows[r], v_.rows[s][r]);
      }
      adam(gradient.first[s], model.first[s], m_.first[s], v_.first[s]);
    }
    adam(gradient.pairs, model.pairs, m_.pairs, v_.pairs);
    adam(gradient.second, model.second, m_.second, v_.second);
    adam(gradient.first_bias, model.first_bias, m_.first_bias, v_.first_bias);
    adam(gradient.second_bias, model.second_bias, m_.second_bias, v_.second_bias);
    adam(gradient.output, model.output, m_.output, v_.output);
  }

 private:
  /// `squares` is the sum less the 1 that it begins with.
  static void adagrad(double share, const Vector& gradient, Vector& weights, Vector& squares) {
    for (std::size_t k = 0; k < weights.size(); ++k) {
      squares[k] += gradient[k] * gradient[k];
      weights[k] -= rate * share * gradient[k] / std::sqrt(1 + squares[k]);
    }
  }
  void adam(const Vector& gradient, Vector& weights, Vector& m, Vector& v) const {
    for (std::size_t k = 0; k < weights.size(); ++k) {
      const double g = gradient[k];
      m[k] = 0.9 * m[k] + 0.1 * g;
      v[k] = 0.999 * v[k] + 0.001 * g * g;
      const double mean = m[k] / (1 - std::pow(0.9, steps_)), square = v[k] / (1 - std::pow(0.999, steps_));
      weights[k] -= network_rate * (mean / (std::sqrt(square) + 1e-8) + decay * weights[k]);
    }
  }
  void adam(const std::vector<Vector>& gradient, std::vector<Vector>& weights, std::vector<Vector>& m,
            std::vector<Vector>& v) const {
    for (std::size_t r = 0; r < weights.size(); ++r) adam(gradient[r], weights[r], m[r], v[r]);
  }

  const Tables& tables_;
  reference::Deep::Gradient m_, v_;
  int steps_ = 0;
};

/// Every head on both tasks.
class DeepHeads : public testing::TestWithParam<std::tuple<Task, Interaction>> {
 protected:
  Task task() const { return std::get<0>(GetParam()); }
  Interaction head() const { return std::get<1>(GetParam()); }
};

// A step of 1e-5 rarely crosses a kink of relu; the seeds here cross none. The error of central differences is of size
// 1e-10 times third derivatives, their rounding 1e-16 · loss / 1e-5 with a loss of some hundreds.
TEST_P(DeepHeads, TheReferenceGradientAgreesWithCentralDifferences) {
  const auto data = test::mixed_problem(users, items);
  reference::Deep model = reference_of(data, task(), head());
  for (std::size_t k = 0; k < model.output.size(); ++k) model.output[k] = std::sin(static_cast<double>(k + 1));
  const auto batch = batch_of(data, task(), 0);
  const auto gradient = model.gradient(batch, true);
  const auto check = [&](std::vector<Vector>& parameters, const std::vector<Vector>& got, const std::string& what) {
    const auto expected = reference::central_differences(parameters, [&] { return model.loss(batch); });
    for (std::size_t r = 0; r < expected.size(); ++r) {
      for (std::size_t k = 0; k < expected[r].size(); ++k) {
        ASSERT_NEAR(got[r][k], expected[r][k], 1e-6 * std::max(1.0, std::abs(expected[r][k])))
            << what << " row " << r << " column " << k;
      }
    }
  };
  for (std::size_t s = 0; s < model.sides.size(); ++s) {
    check(model.sides[s].rows, gradient.rows[s], "embeddings " + std::to_string(s));
    check(model.first[s], gradient.first[s], "first layer " + std::to_string(s));
  }
  check(model.pairs, gradient.pairs, "pairs");
  check(model.second, gradient.second, "second layer");
}

// Three steps of one batch each: the output weights are zero in the first, and what is behind them moves from the
// second on. Adam's first steps have the size of its rate whatever the gradient; a float gradient errs by 1e-7 of its
// terms, so that only gradients below that could turn, and the seeds here have none. Scores: sums of fewer than 100
// terms near 1.
TEST_P(DeepHeads, StepsAgreeWithTheReference) {
  const auto data = test::mixed_problem(users, items);
  reference::Deep model = reference_of(data, task(), head());
  const Tables tables = tables_of(data, task());
  Steps steps(model, tables);
  for (std::uint32_t epoch = 0; epoch < 3; ++epoch) steps.step(model, batch_of(data, task(), epoch));
  std::vector<double> expected;
  for (std::int64_t u = 0; u < users; ++u) {
    for (std::int64_t e = data.ratings.offsets[static_cast<std::size_t>(u)];
         e < data.ratings.offsets[static_cast<std::size_t>(u) + 1]; ++e) {
      reference::Sample sample{u, data.ratings.indices[static_cast<std::size_t>(e)]};
      if (task() == Task::rating) sample.context = e;
      expected.push_back(model.score(sample));
    }
  }
  for (std::int64_t u = 0; u < users; ++u) {  // scores of all movies know no context
    for (std::int64_t i = 0; i < items; ++i) expected.push_back(model.score({u, i}));
  }
  const auto out = test::outputs(method(), data, task(), 2, 3, settings(head()));
  ASSERT_EQ(out.size(), expected.size());
  for (std::size_t p = 0; p < out.size(); ++p) {
    ASSERT_NEAR(static_cast<double>(out[p]), expected[p], 1e-5 * std::max(1.0, std::abs(expected[p]))) << p;
  }
}

TEST_P(DeepHeads, BitsDoNotDependOnTheThreads) {
  const auto data = test::with_vectors(test::mixed_problem(40, 50), 70, true);
  const std::vector<std::pair<std::string, double>> list{
      {"batch", 300}, {"identity_dropout", 0.3}, {"head", static_cast<double>(head())}};
  const auto expected = test::outputs(method(), data, task(), 1, 2, list);
  for (const int workers : {2, 4, 8}) {
    EXPECT_EQ(test::outputs(method(), data, task(), workers, 2, list), expected) << workers << " threads";
  }
}

INSTANTIATE_TEST_SUITE_P(All, DeepHeads,
                         testing::Combine(testing::Values(Task::rating, Task::ranking),
                                          testing::Values(Interaction::fm, Interaction::cross, Interaction::dlrm,
                                                          Interaction::none)),
                         [](const auto& heads) {
                           return std::string(std::get<0>(heads.param) == Task::rating ? "Rating" : "Ranking") + "_" +
                                  to_text(std::get<1>(heads.param));
                         });

class DeepTasks : public testing::TestWithParam<Task> {};

// The same sums in another order: of at most 100 terms of size 1, 100 * 2^-24 = 6e-6. Every batch has entities with
// vectors, so that Adam moves the same rows.
TEST_P(DeepTasks, FrozenVectorsSayWhatAFieldOfNumbersSays) {
  const std::vector<std::pair<std::string, double>> list{
      {"factors", factors}, {"hidden", hidden}, {"batch", 64}, {"identity_dropout", 0.3}};
  const auto mixed = test::mixed_problem(30, 41);
  for (const std::int64_t length : {1, 16, 37}) {
    const auto out = test::outputs(method(), test::with_vectors(mixed, length, true), GetParam(), 2, 2, list);
    const auto expected = test::outputs(method(), test::with_vectors(mixed, length, false), GetParam(), 2, 2, list);
    ASSERT_EQ(out.size(), expected.size());
    for (std::size_t p = 0; p < out.size(); ++p) {
      ASSERT_NEAR(out[p], expected[p], 1e-5F * std::max(1.0F, std::abs(expected[p]))) << p << ", length " << length;
    }
  }
}

TEST_P(DeepTasks, NothingToLearnFromIsFine) {
  test::FeatureProblem data = test::mixed_problem(1, 1);
  data.user = data.item =
      Features{.rows = csr_from_triples(1, 0, {}, {}, {}), .fields = {{"empty", 0, 0, Field::Kind::numbers}}};
  data.with_context = false;
  for (const float value : test::outputs(method(), data, GetParam(), 2, 2, {})) EXPECT_TRUE(std::isfinite(value));
  data.set_ratings(1, 1, {0}, {0}, {4.0F});
  for (const float value : test::outputs(method(), data, GetParam(), 2, 2, {{"factors", 1}, {"hidden", 1}})) {
    EXPECT_TRUE(std::isfinite(value));
  }
}

INSTANTIATE_TEST_SUITE_P(Both, DeepTasks, testing::Values(Task::rating, Task::ranking),
                         [](const auto& task) { return task.param == Task::rating ? "Rating" : "Ranking"; });

TEST(Adam, LaterStepsFollowTheFormula) {
  double m = 0, v = 0, w = 0.5;
  constexpr std::size_t n = 19;  // whole vectors and single weights
  std::vector<float> fg(n), fm(n, 0.0F), fv(n, 0.0F), fw(n, 0.5F);
  for (int t = 1; t <= 50; ++t) {
    const double g = std::sin(t);
    m = 0.9 * m + 0.1 * g;
    v = 0.999 * v + 0.001 * g * g;
    w -= 0.01 * (m / (1 - std::pow(0.9, t)) / (std::sqrt(v / (1 - std::pow(0.999, t))) + 1e-8) + 0.3 * w);
    std::fill(fg.begin(), fg.end(), static_cast<float>(g));
    adam(AdamStep(0.01, 0.3, t), fg.data(), fw.data(), fm.data(), fv.data(), n);
    for (const float found : fw) ASSERT_NEAR(static_cast<double>(found), w, 1e-5) << t;
  }
}

/// Activations of the first layer for constant input 1, dropped with `share`, samples first … first + n.
Matrix activations(double share, std::int64_t n, std::uint64_t first) {
  DeepHead head({.factors = 1, .hidden = 50}, share, Random(1, Stream::initial));
  const std::vector<float> half(50, 0.5F), zero(1, 0.0F);
  const std::vector<SampleParts> parts(static_cast<std::size_t>(n),
                                       {half.data(), half.data(), nullptr, zero.data(), zero.data(), nullptr, 0.0F});
  Matrix h1(n, 50), h2(n, head.shape().hidden2());
  std::vector<float> scores(static_cast<std::size_t>(n));
  const Random mask(7, Stream::dropout);
  head.forward(parts.data(), n, {}, &mask, first, h1.view(), h2.view(), scores.data());
  return h1;
}

// 100,000 units: the share's standard deviation is 0.0014; five of them.
TEST(Deep, DropoutDropsItsShareAndScalesTheRest) {
  const Matrix h = activations(0.3, 2000, 0);
  std::int64_t dropped = 0;
  for (std::int64_t k = 0; k < h.size(); ++k) {
    dropped += h.data()[k] == 0.0F ? 1 : 0;
    if (h.data()[k] != 0.0F) {
      ASSERT_FLOAT_EQ(h.data()[k], 1.0F / 0.7F);
    }
  }
  EXPECT_NEAR(static_cast<double>(dropped) / static_cast<double>(h.size()), 0.3, 0.007);
}

TEST(RandomBits, AreThoseOfTheRandomNumbers) {
  const Random random(0x123456789ABCDEFULL, Stream::dropout);
  constexpr std::uint64_t a = 0xFEDCBA9876543210ULL;
  for (const std::int64_t count : {0, 1, 15, 16, 17, 40}) {
    std::vector<std::uint32_t> bits(static_cast<std::size_t>(4 * count) + 1, 7U);
    random_bits(random, a, 0xFFFFFFF0U, count, bits.data());  // b runs over 2^32
    for (std::int64_t i = 0; i < count; ++i) {
      const auto expected = random.bits(a, 0xFFFFFFF0U + static_cast<std::uint32_t>(i));
      for (std::size_t k = 0; k < 4; ++k) EXPECT_EQ(bits[static_cast<std::size_t>(4 * i) + k], expected[k]) << i;
    }
    EXPECT_EQ(bits.back(), 7U);
  }
}

TEST(RandomBits, OfAnyCountersAreThoseOfTheRandomNumbers) {
  const Random random(0x123456789ABCDEFULL, Stream::sampling);
  for (const std::size_t count : {0U, 1U, 7U, 8U, 9U, 40U}) {
    std::vector<std::uint64_t> a(count), bits(count + 1, 7U);
    std::vector<std::uint32_t> b(count);
    for (std::size_t i = 0; i < count; ++i) {
      a[i] = 0xFEDCBA9876543210ULL >> i;
      b[i] = 0xFFFFFFFFU - static_cast<std::uint32_t>(i * i);
    }
    random_bits64(random, a.data(), b.data(), static_cast<std::int64_t>(count), bits.data());
    for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(bits[i], random.bits64(a[i], b[i])) << i;
    EXPECT_EQ(bits.back(), 7U);
  }
}

TEST(Deep, AMaskBelongsToItsSampleNotToItsBlock) {
  const Matrix whole = activations(0.5, 64, 1000), part = activations(0.5, 10, 1020);
  for (std::int64_t r = 0; r < 10; ++r) {
    for (std::int64_t k = 0; k < 50; ++k) ASSERT_EQ(part(r, k), whole(20 + r, k));
  }
}

TEST(Deep, MetadataSpeakForColdMovies) {
  const std::vector<std::pair<std::string, double>> list{
      {"epochs", 40}, {"batch", 128}, {"regularization", 0.4}, {"identity_dropout", 0.1}};
  auto ids = test::cold_problem(false);
  ids.with_item = false;
  const double with = test::cold_rmse(method(), test::cold_problem(false), list);
  const double without = test::cold_rmse(method(), ids, list);
  const double shuffled = test::cold_rmse(method(), test::cold_problem(true), list);
  EXPECT_LT(with, 0.6);
  EXPECT_GT(without, 0.75);
  EXPECT_GT(shuffled, without - 0.02);
}

TEST(Deep, DivergenceIsNoticedInItsEpoch) {
  const auto data = test::mixed_problem(users, items);
  Threads threads(1);
  const Hyper hyper = make_hyper(method(), Task::rating,
                                 std::vector<std::pair<std::string, double>>{{"network_rate", 100}, {"batch", 1}});
  const auto trainer = method().cpu(data.problem(hyper, Task::rating, seed, threads));
  EXPECT_THROW(trainer->epoch(), Diverged);
}

}  // namespace
}  // namespace embrace
