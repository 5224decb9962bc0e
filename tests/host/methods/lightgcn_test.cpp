// lightgcn against its formulas in double (tests/reference/plain_lightgcn.hpp): the gradient of one batch by the whole
// table, whole epochs, and what each loss learns.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "host/learning/samples.hpp"
#include "host/methods/lightgcn_model.hpp"
#include "tests/planted.hpp"
#include "tests/reference/plain_adam.hpp"
#include "tests/reference/plain_lightgcn.hpp"
#include "tests/same_bits.hpp"

namespace embrace {
namespace {

using test::Data;
using test::Dense;
using test::Pairs;
using test::PlainAdam;
using test::PlainLightGcn;
using test::PlainSample;
using test::Planted;
using test::Settings;
using test::Trained;

constexpr GraphLoss losses[] = {GraphLoss::bpr, GraphLoss::ccl, GraphLoss::softmax};

Hyper hyper_of(GraphLoss loss, int layers, const Settings& more = {}) {
  Settings settings = {{"loss", static_cast<double>(loss)},
                       {"layers", layers},
                       {"factors", 5},
                       {"negatives", 4},
                       {"margin", 0.1},
                       {"negative_weight", 3},
                       {"temperature", 0.4},
                       {"regularization", 0.5}};
  settings.insert(settings.end(), more.begin(), more.end());
  return make_hyper(*find_method("lightgcn"), Task::ranking, settings);
}

PlainLightGcn plain_of(const Data& data, const Hyper& hyper) {
  return {.loss = to_text(static_cast<GraphLoss>(hyper.integer("loss"))),
          .adjacency = test::plain_adjacency(data.ratings.view()),
          .layers = static_cast<int>(hyper.integer("layers")),
          .margin = hyper["margin"],
          .weight = hyper["negative_weight"],
          .temperature = hyper["temperature"],
          .regularization = hyper["regularization"]};
}

/// The samples of a batch with the items drawn for them, and all nodes that it names, as often as it does.
struct PlainBatch {
  std::vector<PlainSample> samples;
  std::vector<std::size_t> named;
};

PlainBatch plain_batch(const Data& data, const LightGcnModel& model, const Batch& batch, std::int64_t first_group) {
  PlainBatch plain;
  const auto node_of = [&](std::int32_t item) { return static_cast<std::size_t>(model.users() + item); };
  double trained = 0;
  for (std::int64_t i = 0; i < data.by_item.rows(); ++i) trained += data.by_item.view().row_size(i) > 0 ? 1 : 0;
  std::vector<std::int32_t> drawn(static_cast<std::size_t>(model.negatives()));
  for (std::int64_t s = 0; s < batch.size(); ++s) {
    const auto user = static_cast<std::size_t>(batch.users[s]);
    PlainSample sample{user, node_of(batch.items[s]), {}, 0};
    plain.named.push_back(user);
    plain.named.push_back(sample.item);
    if (model.negatives() == 0) {
      sample.drawn.push_back(node_of(batch.items[batch.size() + s]));
      plain.named.push_back(sample.drawn[0]);
    } else {
      if (s % LightGcnModel::group_samples == 0) {
        model.draw(first_group + s / LightGcnModel::group_samples, drawn);
        for (const std::int32_t item : drawn) plain.named.push_back(node_of(item));
      }
      const auto row = data.ratings.view().row_indices(batch.users[s]);
      const std::set<std::int32_t> own(row.begin(), row.end());
      sample.items = trained - static_cast<double>(own.size());
      for (const std::int32_t item : drawn) {
        if (own.count(item) == 0) sample.drawn.push_back(node_of(item));
      }
    }
    plain.samples.push_back(sample);
  }
  return plain;
}

/// User 3 and item 5 have no ratings; user 0 has all other items, one of them twice: of what is drawn, nothing is left.
Data tiny_data() {
  const Random random(8, Stream::synthetic);
  Pairs pairs;
  for (std::int64_t u = 0; u < 7; ++u) {
    for (std::int64_t i = 0; i < 9; ++i) {
      if (u == 3 || i == 5) continue;
      if (u == 0 || random.uniform(static_cast<std::uint64_t>(9 * u + i)) < 0.4) pairs.add(u, i, 1);
    }
  }
  pairs.add(0, 8, 1);
  return {7, 9, pairs};
}

/// More samples than a group has, each a rating and, for bpr, an item that the user does not have where there is one.
Batch tiny_batch(const Data& data, GraphLoss loss) {
  const Random random(9, Stream::synthetic);
  const CsrView ratings = data.ratings.view();
  Batch batch;
  Array<std::int32_t> others;
  for (std::uint64_t s = 0; s < 300; ++s) {
    const auto entry = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(ratings.entries()), s));
    const auto user = std::upper_bound(ratings.offsets, ratings.offsets + ratings.rows, entry) - ratings.offsets - 1;
    const auto row = ratings.row_indices(user);
    std::int32_t other = 0;
    while (other < 8 && std::binary_search(row.begin(), row.end(), other)) ++other;
    batch.users.push_back(static_cast<std::int32_t>(user));
    batch.items.push_back(ratings.indices[entry]);
    others.push_back(other);
  }
  if (loss == GraphLoss::bpr) batch.items.insert(batch.items.end(), others.begin(), others.end());
  return batch;
}

TEST(LightGcn, LossAndGradientOfABatchAreThoseOfTheFormulas) {
  const Data data = tiny_data();
  for (const GraphLoss loss : losses) {
    for (int layers = 0; layers <= 3; ++layers) {
      SCOPED_TRACE(to_text(loss) + ", layers " + std::to_string(layers));
      const Hyper hyper = hyper_of(loss, layers);
      Threads threads(2);
      LightGcnModel model(data.problem(Task::ranking, hyper, 1, threads));
      const Batch batch = tiny_batch(data, loss);
      const Dense table = test::to_dense(model.table().view());
      const double found = model.differentiate(batch, 7);
      Dense expected;
      const PlainBatch plain = plain_batch(data, model, batch, 7);
      const double mean = plain_of(data, hyper).differentiate(table, plain.samples, plain.named, expected);
      EXPECT_NEAR(found, mean, 1e-6 * std::max(1.0, mean));
      double largest = 0;
      for (std::size_t r = 0; r < expected.size(); ++r) {
        for (std::size_t k = 0; k < expected[r].size(); ++k) {
          // Sums of at most 300 terms of size 0.01, each with some ten roundings.
          EXPECT_NEAR(static_cast<double>(model.gradient()(static_cast<std::int64_t>(r), static_cast<std::int64_t>(k))),
                      expected[r][k], 2e-6)
              << r << ", " << k;
          largest = std::max(largest, std::fabs(expected[r][k]));
        }
      }
      EXPECT_GT(largest, 0.01);
    }
  }
}

// The reference itself: two-sided differences of the loss with the penalty, right to the square of the step.
TEST(LightGcn, TheFormulasAreTheSlopesOfTheLoss) {
  const Data data = tiny_data();
  for (const GraphLoss loss : losses) {
    for (int layers = 0; layers <= 3; ++layers) {
      SCOPED_TRACE(to_text(loss) + ", layers " + std::to_string(layers));
      const Hyper hyper = hyper_of(loss, layers);
      Threads threads(1);
      LightGcnModel model(data.problem(Task::ranking, hyper, 1, threads));
      Batch batch = tiny_batch(data, loss);
      PlainBatch plain = plain_batch(data, model, batch, 7);
      plain.samples.resize(40);
      const PlainLightGcn formulas = plain_of(data, hyper);
      Dense table = test::to_dense(model.table().view()), gradient;
      formulas.differentiate(table, plain.samples, plain.named, gradient);
      for (const std::size_t r : {std::size_t{0}, std::size_t{2}, std::size_t{9}, std::size_t{14}}) {
        for (std::size_t k = 0; k < table[r].size(); ++k) {
          const double before = table[r][k], step = 1e-5;
          table[r][k] = before + step;
          const double above = formulas.penalized(table, plain.samples, plain.named);
          table[r][k] = before - step;
          const double below = formulas.penalized(table, plain.samples, plain.named);
          table[r][k] = before;
          EXPECT_NEAR((above - below) / (2 * step), gradient[r][k], 1e-7) << r << ", " << k;
        }
      }
    }
  }
}

TEST(LightGcn, EpochsAreThoseOfTheFormulas) {
  const Planted planted;
  const Data data(Planted::users, Planted::items, planted.seen);
  const Settings more = {{"batch", 2000}, {"learning_rate", 0.01}, {"negatives", 12}, {"regularization", 0.01}};
  for (const GraphLoss loss : losses) {
    SCOPED_TRACE(to_text(loss));
    const Hyper hyper = hyper_of(loss, 2, more);
    const Trained trained{
        *find_method("lightgcn"), Task::ranking, data, {.settings = Settings(hyper.values()), .epochs = 2}};
    Threads threads(1);
    const Problem problem = data.problem(Task::ranking, hyper, 1, threads);
    LightGcnModel model(problem);  // for its first table, and for what groups draw
    const Samples samples(problem,
                          loss == GraphLoss::bpr ? Samples::Negatives::pairwise : Samples::Negatives::pointwise, 0);
    const PlainLightGcn formulas = plain_of(data, hyper);
    PlainAdam training(test::to_dense(model.table().view()));
    std::int64_t groups = 0;
    for (std::uint32_t epoch = 0; epoch < 2; ++epoch) {
      double total = 0;
      for (std::int64_t at = 0; at < samples.size(); at += 2000) {
        Batch batch;
        samples.fill(samples.order(epoch), epoch, at, std::min<std::int64_t>(2000, samples.size() - at), threads,
                     batch);
        const PlainBatch plain = plain_batch(data, model, batch, groups);
        groups += (batch.size() + LightGcnModel::group_samples - 1) / LightGcnModel::group_samples;
        Dense gradient;
        total += static_cast<double>(batch.size()) *
                 formulas.differentiate(training.table, plain.samples, plain.named, gradient);
        training.step(gradient, hyper["learning_rate"]);
      }
      EXPECT_NEAR(trained.results()[epoch].objective, total / static_cast<double>(samples.size()), 1e-4) << epoch;
    }
    Dense vectors = test::plain_mean_of_layers(formulas.adjacency, 2, training.table);
    const auto embedding = trained.trainer().embedding();
    for (std::size_t r = 0; r < vectors.size(); ++r) {
      const double length = loss == GraphLoss::bpr ? 1 : std::sqrt(test::plain_dot(vectors[r], vectors[r]));
      const bool user = r < Planted::users;
      const float* row = user ? embedding->users.row(static_cast<std::int64_t>(r))
                              : embedding->items.row(static_cast<std::int64_t>(r) - Planted::users);
      for (std::size_t k = 0; k < vectors[r].size(); ++k) {
        // Eight steps of Adam, which makes steps of one size of gradients of any: roundings of 1e-6 grow some hundred
        // times.
        EXPECT_NEAR(static_cast<double>(row[k]), vectors[r][k] / length, 1e-3) << r << ", " << k;
      }
    }
  }
}

TEST(LightGcn, EachLossLearnsWithAndWithoutLayers) {
  const Planted planted;
  const Data data(Planted::users, Planted::items, planted.seen);
  for (const GraphLoss loss : losses) {
    for (const double layers : {0.0, 2.0}) {
      const Trained trained(*find_method("lightgcn"), Task::ranking, data,
                            {.settings = {{"loss", static_cast<double>(loss)},
                                          {"layers", layers},
                                          {"factors", 8},
                                          {"batch", 512},
                                          {"negatives", 16},
                                          {"margin", 0.4},
                                          {"negative_weight", 5},
                                          {"learning_rate", 0.02}},
                             .epochs = 12});
      // What knows of no clusters gives 0.5, and all that 12 epochs of 15 steps reach here is above 0.87.
      EXPECT_GT(test::agreement(planted.unseen, trained.predict(planted.unseen)), 0.8)
          << to_text(loss) << ", layers " << layers;
    }
  }
}

TEST(LightGcn, BitsDoNotDependOnThreads) {
  const Planted planted;
  const Data data(Planted::users, Planted::items, planted.seen);
  for (const GraphLoss loss : losses) {
    const auto bits = [&](int threads) {
      const Trained trained(*find_method("lightgcn"), Task::ranking, data,
                            {.threads = threads,
                             .settings = {{"loss", static_cast<double>(loss)}, {"batch", 3000}, {"negatives", 40}},
                             .epochs = 1});
      const auto items = trained.trainer().embedding()->items;
      return std::vector<float>(items.data, items.data + items.rows * items.columns);
    };
    for (const int threads : {2, 3}) EXPECT_TRUE(test::same_bits(bits(threads), bits(1))) << threads;
  }
}

}  // namespace
}  // namespace embrace
