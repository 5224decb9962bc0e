#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

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
constexpr double spread = 0.7, rate = 0.01, row_decay = 1.5, nu = 0.5, decay = 0.3;
constexpr std::uint64_t seed = 1;

const Method& method() { return *find_method("deep"); }

std::vector<Vector> rows_of(const Matrix& matrix) {
  std::vector<Vector> out;
  for (std::int64_t r = 0; r < matrix.rows(); ++r) out.emplace_back(matrix.row(r), matrix.row(r) + matrix.columns());
  return out;
}

void add_side(reference::Deep& model, std::int64_t entities, bool identity, const Features* features,
              const std::vector<std::int64_t>& samples, std::uint32_t stream) {
  const EmbeddingTable table(entities, identity, features, samples, EmbeddingTable::Slices::by_field, factors,
                             spread / std::sqrt(static_cast<double>(factors)), seed, stream);
  model.sides.emplace_back(entities, identity, features, samples, true, table);
  DenseParameter first(table.slices() * factors, hidden);
  first.randomize(std::sqrt(2.0 / static_cast<double>(table.slices() * factors)), Random(seed, Stream::initial),
                  8 + stream);
  model.first.push_back(rows_of(first.value));
}

reference::Deep reference_of(const test::FeatureProblem& data, Task task) {
  reference::Deep out;
  out.ranking = task == Task::ranking;
  out.offset = out.ranking ? static_cast<double>(-std::log(4.0F))
                           : static_cast<double>(static_cast<float>(test::plain_mean(data.ratings.view())));
  add_side(out, users, true, &data.user, row_sizes(data.ratings.view()), 0);
  add_side(out, items, true, &data.item, row_sizes(data.by_item.view()), 1);
  if (!out.ranking) {
    const std::vector<std::int64_t> all(static_cast<std::size_t>(data.ratings.entries()), 1);
    add_side(out, data.ratings.entries(), false, &data.context, all, 2);
  }
  const DeepHead head(factors, hidden, 0.0, Random(seed, Stream::initial));
  out.second = rows_of(head.second.value);
  out.first_bias = rows_of(head.first_bias.value).front();
  out.second_bias = rows_of(head.second_bias.value).front();
  out.output = rows_of(head.output.value).front();
  return out;
}

const std::vector<std::pair<std::string, double>>& settings() {
  static const std::vector<std::pair<std::string, double>> list{{"factors", factors},
                                                                {"hidden", hidden},
                                                                {"learning_rate", rate},
                                                                {"regularization", row_decay},
                                                                {"nu", nu},
                                                                {"spread", spread},
                                                                {"dropout", 0},
                                                                {"identity_dropout", 0},
                                                                {"weight_decay", decay},
                                                                {"batch", 5000}};
  return list;
}

std::vector<reference::Sample> batch_of(const test::FeatureProblem& data, Task task, std::uint32_t epoch) {
  Threads threads(1);
  const Hyper hyper = make_hyper(method(), task, settings());
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

/// First step of Adam from zero moments: both corrections cancel the decay rates, so that it is g / (|g| + 1e-8).
void first_step(Vector& weights, const Vector& gradient, double shrink_rate) {
  for (std::size_t k = 0; k < weights.size(); ++k) {
    const double g = gradient[k];
    weights[k] -= rate * (g / (std::abs(g) + 1e-8) + shrink_rate * weights[k]);
  }
}
void first_step(std::vector<Vector>& weights, const std::vector<Vector>& gradient, double shrink_rate) {
  for (std::size_t r = 0; r < weights.size(); ++r) first_step(weights[r], gradient[r], shrink_rate);
}

/// Rows that a sample of the batch reads; only these move.
std::vector<char> touched(const reference::Side& side, std::size_t which, const std::vector<reference::Sample>& batch) {
  std::vector<char> out(side.rows.size(), 0);
  for (const reference::Sample& s : batch) {
    const std::int64_t entity = which == 0 ? s.user : which == 1 ? s.item : s.context;
    for (const auto& feature : side.entities[static_cast<std::size_t>(entity)]) out[feature.row] = 1;
  }
  return out;
}

void first_step(reference::Deep& model, const std::vector<reference::Sample>& batch) {
  const auto gradient = model.gradient(batch);
  for (std::size_t s = 0; s < model.sides.size(); ++s) {
    const auto moves = touched(model.sides[s], s, batch);
    for (std::size_t r = 0; r < moves.size(); ++r) {
      if (moves[r] == 0) continue;
      first_step(model.sides[s].rows[r], gradient.rows[s][r], row_decay * std::pow(model.sides[s].share[r], nu - 1));
    }
    first_step(model.first[s], gradient.first[s], decay);
  }
  first_step(model.second, gradient.second, decay);
  first_step(model.first_bias, gradient.first_bias, decay);
  first_step(model.second_bias, gradient.second_bias, decay);
  first_step(model.output, gradient.output, decay);
}

class DeepTasks : public testing::TestWithParam<Task> {};

// A step of 1e-5 rarely crosses a kink of relu; the seeds here cross none. Tolerance as for hybrid.
TEST_P(DeepTasks, TheReferenceGradientAgreesWithCentralDifferences) {
  const auto data = test::mixed_problem(users, items);
  reference::Deep model = reference_of(data, GetParam());
  const auto batch = batch_of(data, GetParam(), 0);
  const auto gradient = model.gradient(batch);
  const auto check = [&](std::vector<Vector>& parameters, const std::vector<Vector>& got, const std::string& what) {
    const auto expected = reference::central_differences(parameters, [&] { return model.loss(batch); });
    for (std::size_t r = 0; r < expected.size(); ++r) {
      for (std::size_t k = 0; k < expected[r].size(); ++k) {
        ASSERT_NEAR(got[r][k], expected[r][k], 1e-7) << what << " row " << r << " column " << k;
      }
    }
  };
  for (std::size_t s = 0; s < model.sides.size(); ++s) {
    check(model.sides[s].rows, gradient.rows[s], "embeddings " + std::to_string(s));
    check(model.first[s], gradient.first[s], "first layer " + std::to_string(s));
  }
  check(model.second, gradient.second, "second layer");
}

// Adam's first step has size `rate` whatever the gradient; a float gradient errs by 1e-7 of its terms, so that only
// gradients below that could turn, and the seeds here have none. Scores: sums of fewer than 100 terms near 1.
TEST_P(DeepTasks, AStepAgreesWithTheReference) {
  const Task task = GetParam();
  const auto data = test::mixed_problem(users, items);
  reference::Deep model = reference_of(data, task);
  first_step(model, batch_of(data, task, 0));
  std::vector<double> expected;
  for (std::int64_t u = 0; u < users; ++u) {
    for (std::int64_t e = data.ratings.offsets[static_cast<std::size_t>(u)];
         e < data.ratings.offsets[static_cast<std::size_t>(u) + 1]; ++e) {
      reference::Sample sample{u, data.ratings.indices[static_cast<std::size_t>(e)]};
      sample.context = e;
      expected.push_back(model.score(sample));
    }
  }
  model.sides.erase(model.sides.begin() + 2, model.sides.end());  // scores of all movies know no context
  for (std::int64_t u = 0; u < users; ++u) {
    for (std::int64_t i = 0; i < items; ++i) expected.push_back(model.score({u, i}));
  }
  const auto out = test::outputs(method(), data, task, 2, 1, settings());
  ASSERT_EQ(out.size(), expected.size());
  for (std::size_t p = 0; p < out.size(); ++p) {
    ASSERT_NEAR(static_cast<double>(out[p]), expected[p], 1e-5 * std::max(1.0, std::abs(expected[p]))) << p;
  }
}

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

TEST_P(DeepTasks, BitsDoNotDependOnTheThreads) {
  const auto data = test::with_vectors(test::mixed_problem(40, 50), 70, true);
  const std::vector<std::pair<std::string, double>> list{{"batch", 300}, {"identity_dropout", 0.3}};
  const auto expected = test::outputs(method(), data, GetParam(), 1, 2, list);
  for (const int workers : {2, 4, 8}) {
    EXPECT_EQ(test::outputs(method(), data, GetParam(), workers, 2, list), expected) << workers << " threads";
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
  DeepHead head(1, 50, share, Random(1, Stream::initial));
  const std::vector<float> half(50, 0.5F), zero(1, 0.0F);
  const std::vector<SampleParts> parts(static_cast<std::size_t>(n),
                                       {half.data(), half.data(), nullptr, zero.data(), zero.data(), nullptr, 0.0F});
  Matrix h1(n, 50), h2(n, head.hidden2());
  std::vector<float> scores(static_cast<std::size_t>(n));
  const Random mask(7, Stream::dropout);
  head.forward(parts.data(), n, &mask, first, h1.view(), h2.view(), scores.data());
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
  const std::vector<std::pair<std::string, double>> list{{"epochs", 30}, {"batch", 128}};
  auto ids = test::cold_problem(false);
  ids.with_item = false;
  const double with = test::cold_rmse(method(), test::cold_problem(false), list);
  const double without = test::cold_rmse(method(), ids, list);
  const double shuffled = test::cold_rmse(method(), test::cold_problem(true), list);
  EXPECT_LT(with, 0.6);
  EXPECT_GT(without, 0.75);
  EXPECT_GT(shuffled, without - 0.02);
}

// A decoupled decay of 2 × rate 100 multiplies every weight by -199 an update.
TEST(Deep, DivergenceIsNoticedInItsEpoch) {
  const auto data = test::mixed_problem(users, items);
  Threads threads(1);
  const Hyper hyper = make_hyper(method(), Task::rating,
                                 std::vector<std::pair<std::string, double>>{{"learning_rate", 100}, {"batch", 1}});
  const auto trainer = method().cpu(data.problem(hyper, Task::rating, seed, threads));
  EXPECT_THROW(trainer->epoch(), Diverged);
}

}  // namespace
}  // namespace embrace
