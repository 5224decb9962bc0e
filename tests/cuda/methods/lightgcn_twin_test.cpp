// lightgcn on the device against lightgcn on the CPU, which tests/host/methods/lightgcn_test.cpp compares with formulas
// in double: the gradient of one batch by the whole table, then whole epochs.
#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "cuda/math/sums.hpp"
#include "cuda/methods/lightgcn_model.hpp"
#include "cuda/trainers.hpp"
#include "host/error.hpp"
#include "host/methods/registry.hpp"
#include "tests/cuda/gpu_test.hpp"
#include "tests/planted.hpp"

namespace embrace::gpu {
namespace {

using test::Data;
using test::Pairs;
using test::Planted;
using test::Settings;
using test::Trained;

const Method& method() { return *find_method("lightgcn"); }

constexpr GraphLoss losses[] = {GraphLoss::bpr, GraphLoss::ccl, GraphLoss::softmax};

Hyper hyper_of(GraphLoss loss, double layers, double factors, const Settings& more = {}) {
  Settings settings = {{"loss", static_cast<double>(loss)},
                       {"layers", layers},
                       {"factors", factors},
                       {"negatives", 21},
                       {"margin", 0.1},
                       {"negative_weight", 3},
                       {"temperature", 0.4},
                       {"regularization", 0.5},
                       {"batch", 600}};
  settings.insert(settings.end(), more.begin(), more.end());
  return make_hyper(method(), Task::ranking, settings);
}

/// User 3 and item 5 have no ratings; user 0 has all other items, and user 1 all but one, one of them twice: of what is
/// drawn, one item is left, or none.
Data some_data(std::int64_t users, std::int64_t items) {
  const Random random(8, Stream::synthetic);
  Pairs pairs;
  for (std::int64_t u = 0; u < users; ++u) {
    for (std::int64_t i = 0; i < items; ++i) {
      if (u == 3 || i == 5 || (u == 1 && i == 2)) continue;
      if (u < 2 || random.uniform(static_cast<std::uint64_t>(items * u + i)) < 0.3) pairs.add(u, i, 1);
    }
  }
  pairs.add(1, items - 1, 1);
  return {users, items, pairs};
}

double largest_difference(ConstMatrixView a, ConstMatrixView b) {
  double largest = a.rows == b.rows && a.columns == b.columns ? 0 : HUGE_VAL;
  for (std::int64_t r = 0; r < std::min(a.rows, b.rows); ++r) {
    for (std::int64_t c = 0; c < a.columns; ++c) {
      const double difference = std::fabs(static_cast<double>(a(r, c)) - static_cast<double>(b(r, c)));
      largest = std::isfinite(difference) ? std::max(largest, difference) : HUGE_VAL;
    }
  }
  return largest;
}

double largest_of(const Matrix& matrix) {
  double largest = 0;
  for (std::int64_t k = 0; k < matrix.size(); ++k)
    largest = std::max(largest, std::fabs(static_cast<double>(matrix.data()[k])));
  return largest;
}

/// Loss and gradient of the first batch of an epoch, on both.
struct Gradients {
  double cpu_loss = 0, gpu_loss = 0;
  Matrix cpu, gpu;
};

Gradients gradients_of(Device& device, const Data& data, const Hyper& hyper, std::int64_t first_group) {
  constexpr std::uint32_t epoch = 2;
  Threads threads(2);
  const Problem problem = data.problem(Task::ranking, hyper, 1, threads);
  const embrace::Samples samples = embrace::LightGcnModel::samples(problem);
  const DeviceSamples drawing(device, problem, samples);
  LightGcnModel on_gpu(device, problem, samples, embrace::Propagation(problem.ratings, problem.by_item), drawing);
  const LightGcnShape& shape = on_gpu.shape();
  DeviceBuffer<std::int32_t> users(device, shape.batch), items(device, 2 * shape.batch), entries(device, shape.batch);
  DeviceBuffer<float> targets(device, shape.batch);
  drawing.draw(device, epoch, 0, shape.batch, shape.batch,
               {users.span(), items.span(), entries.span(), targets.span()});
  const std::vector<Permutation> orders =
      on_gpu.orders(first_group, shape.negatives > 0 ? shape.groups(shape.batch) : 0);
  const DeviceBuffer<Permutation> drawn(device, Span<const Permutation>(orders));
  DeviceBuffer<double> loss(device, shape.loss_blocks(shape.batch));
  on_gpu.differentiate(device,
                       {.size = shape.batch,
                        .users = users.span(),
                        .items = items.span().part(0, samples.pairwise() ? 2 * shape.batch : shape.batch),
                        .orders = drawn.span()},
                       loss.span());

  embrace::LightGcnModel on_cpu(problem);
  Batch batch;
  samples.fill(samples.order(epoch), epoch, 0, shape.batch, threads, batch);
  Gradients found;
  found.cpu_loss = on_cpu.differentiate(batch, first_group);
  found.gpu_loss = sum(device, std::as_const(loss).span()) / static_cast<double>(shape.batch);
  found.gpu = download(device, on_gpu.gradient());
  found.cpu = Matrix(found.gpu.rows(), found.gpu.columns());
  std::copy_n(on_cpu.gradient().data(), found.cpu.size(), found.cpu.data());
  return found;
}

class LightGcnTwinTest : public test::GpuTest {
 protected:
  void expect_same_gradient(const Data& data, const Hyper& hyper) {
    const std::string what = to_text(static_cast<GraphLoss>(hyper.integer("loss"))) + ", layers " +
                             std::to_string(hyper.integer("layers")) + ", factors " +
                             std::to_string(hyper.integer("factors"));
    const Gradients found = gradients_of(device(), data, hyper, 7);
    EXPECT_NEAR(found.gpu_loss, found.cpu_loss, 1e-6 * std::max(1.0, found.cpu_loss)) << what;
    // Terms err by some ten roundings, 6e-7; those of a node may cancel to a hundredth of their size.
    EXPECT_LT(largest_difference(found.gpu.view(), found.cpu.view()), 6e-5 * largest_of(found.cpu)) << what;
    EXPECT_GT(largest_of(found.cpu), 1e-3) << what;
  }
};

TEST_F(LightGcnTwinTest, GradientsOfABatchAreThoseOfTheCpu) {
  const Data data = some_data(40, 60);  // more samples than two groups have; the last group is smaller
  for (const GraphLoss loss : losses) {
    for (const double layers : {0, 1, 2, 3}) expect_same_gradient(data, hyper_of(loss, layers, 12));
  }
}

// Around a quad, and around each number of lanes that share a vector.
TEST_F(LightGcnTwinTest, GradientsOfAnyNumberOfFactors) {
  const Data data = some_data(40, 60);
  for (const GraphLoss loss : losses) {
    for (const double factors : {1, 5, 31, 32, 33, 64, 65, 130}) expect_same_gradient(data, hyper_of(loss, 2, factors));
  }
}

// All items drawn, one, and more than lanes of a warp; groups that are whole.
TEST_F(LightGcnTwinTest, GradientsWithAnyNumberOfDrawnItems) {
  const Data data = some_data(40, 60);
  for (const GraphLoss loss : {GraphLoss::ccl, GraphLoss::softmax}) {
    for (const double negatives : {1, 32, 33, 512}) {
      expect_same_gradient(data, hyper_of(loss, 1, 8, {{"negatives", negatives}, {"batch", 512}}));
    }
    expect_same_gradient(data, hyper_of(loss, 1, 8, {{"batch", 1}}));
  }
}

// Two items have most of the ratings: rows of the graph in pieces, and one node with most parts of a batch.
TEST_F(LightGcnTwinTest, GradientsWhereOneItemHasMostOfTheRatings) {
  Pairs pairs;
  for (std::int64_t u = 0; u < 5000; ++u) {
    pairs.add(u, u % 400 == 0 ? 2 : 0, 1);
    if (u % 2 == 0) pairs.add(u, 1, 1);
  }
  const Data data(5000, 4, pairs);
  for (const GraphLoss loss : losses) expect_same_gradient(data, hyper_of(loss, 2, 6, {{"negatives", 2}}));
}

Trained train(const DevicePtr& device, const Data& data, const Settings& settings, std::int64_t epochs) {
  return {method(),
          Task::ranking,
          data,
          {.settings = settings, .epochs = epochs},
          [&](const Method& of, const Problem& problem) {
            return device == nullptr ? of.cpu(problem) : make_lightgcn(device, problem);
          }};
}

// Twelve steps of Adam, which makes steps of one size of gradients of any: roundings of 1e-6 grow some hundred times.
TEST_F(LightGcnTwinTest, EpochsAgreeWithTheCpu) {
  const Planted planted;
  const Data data(Planted::users, Planted::items, planted.seen);
  for (const GraphLoss loss : losses) {
    for (const double layers : {0, 2}) {
      const Settings settings = {{"loss", static_cast<double>(loss)},
                                 {"layers", layers},
                                 {"factors", 6},
                                 {"batch", 1400},
                                 {"negatives", 30},
                                 {"learning_rate", 0.01},
                                 {"regularization", 0.01},
                                 {"temperature", 0.4}};
      const Trained cpu = train(nullptr, data, settings, 2), gpu = train(shared(), data, settings, 2);
      for (std::size_t e = 0; e < 2; ++e) {
        EXPECT_NEAR(gpu.results()[e].objective, cpu.results()[e].objective, 1e-4 * cpu.results()[e].objective);
        EXPECT_EQ(gpu.results()[e].updates, cpu.results()[e].updates);
      }
      const EmbeddingView a = *gpu.trainer().embedding(), b = *cpu.trainer().embedding();
      EXPECT_LT(largest_difference(a.users, b.users), 1e-3) << to_text(loss) << ", layers " << layers;
      EXPECT_LT(largest_difference(a.items, b.items), 1e-3) << to_text(loss) << ", layers " << layers;
    }
  }
}

TEST_F(LightGcnTwinTest, WholeTrainingsRankAsWellAsTheCpus) {
  const Planted planted;
  const Data data(Planted::users, Planted::items, planted.seen);
  for (const GraphLoss loss : losses) {
    const Settings settings = {{"loss", static_cast<double>(loss)}, {"factors", 8}, {"batch", 512}};
    const double cpu = test::agreement(planted.unseen, train(nullptr, data, settings, 6).predict(planted.unseen));
    const double gpu = test::agreement(planted.unseen, train(shared(), data, settings, 6).predict(planted.unseen));
    EXPECT_NEAR(gpu, cpu, method().info.parity.ranking * cpu) << to_text(loss);
  }
}

TEST_F(LightGcnTwinTest, TheSameBitsAgain) {
  const Data data = some_data(40, 60);
  for (const GraphLoss loss : losses) {
    const Settings settings = {{"loss", static_cast<double>(loss)}, {"batch", 300}, {"factors", 20}};
    const Trained first = train(shared(), data, settings, 2), second = train(shared(), data, settings, 2);
    EXPECT_EQ(first.results()[1].objective, second.results()[1].objective);
    const EmbeddingView a = *first.trainer().embedding(), b = *second.trainer().embedding();
    EXPECT_EQ(largest_difference(a.users, b.users), 0);
    EXPECT_EQ(largest_difference(a.items, b.items), 0);
  }
}

TEST_F(LightGcnTwinTest, NothingToLearnFromIsFine) {
  Pairs one;
  one.add(0, 0, 1);
  for (const GraphLoss loss : losses) {
    for (const Data& data : {Data(0, 0, Pairs{}), Data(2, 3, Pairs{}), Data(1, 1, one)}) {
      const Settings settings = {{"loss", static_cast<double>(loss)}, {"factors", 3}};
      const Trained cpu = train(nullptr, data, settings, 2), gpu = train(shared(), data, settings, 2);
      EXPECT_EQ(gpu.results()[1].updates, 0);
      const EmbeddingView a = *gpu.trainer().embedding(), b = *cpu.trainer().embedding();
      EXPECT_LT(largest_difference(a.users, b.users), 1e-6);
      EXPECT_LT(largest_difference(a.items, b.items), 1e-6);
    }
  }
}

TEST_F(LightGcnTwinTest, WhatTheModelHoldsIsInItsPlan) {
  const Data data = some_data(40, 60);
  for (const GraphLoss loss : losses) {
    const Hyper hyper = hyper_of(loss, 2, 12);
    Threads threads(1);
    const Problem problem = data.problem(Task::ranking, hyper, 1, threads);
    const embrace::Samples samples = embrace::LightGcnModel::samples(problem);
    const embrace::Propagation graph(problem.ratings, problem.by_item);
    Device fresh(0);  // whose peak is this
    const DeviceSamples drawing(fresh, problem, samples);
    EXPECT_LE(fresh.used_bytes(), DeviceSamples::bytes(problem));
    const std::int64_t before = fresh.used_bytes();
    LightGcnModel model(fresh, problem, samples, graph, drawing);
    EXPECT_LE(fresh.peak_bytes() - before, LightGcnModel::plan(problem, samples, graph).bytes()) << to_text(loss);
  }
}

TEST_F(LightGcnTwinTest, WhatDoesNotFitIsRefusedWithItsNumbers) {
  const Data data = some_data(40, 60);
  const Hyper hyper = hyper_of(GraphLoss::softmax, 2, 1024);
  Threads threads(1);
  Problem problem = data.problem(Task::ranking, hyper, 1, threads);
  Csr wide = data.ratings;  // the same ratings, among more items than any device has room for
  wide.columns = 400'000'000;
  const embrace::Samples samples = embrace::LightGcnModel::samples(problem);
  const embrace::Propagation graph(problem.ratings, problem.by_item);
  problem.ratings = wide.view();
  try {
    LightGcnModel::plan(problem, samples, graph).require(device());
    FAIL() << "was not refused";
  } catch (const OutOfMemory& error) {
    EXPECT_NE(std::string(error.what()).find("vectors and gradients"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace embrace::gpu
