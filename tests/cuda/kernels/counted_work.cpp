#include "tests/cuda/kernels/counted_work.hpp"

#include <memory>
#include <numeric>
#include <utility>

#include "bench/cases/by_thrust.hpp"
#include "cuda/math/aggregate.hpp"
#include "cuda/math/rank.hpp"
#include "cuda/math/sparse.hpp"
#include "cuda/trainers.hpp"
#include "host/methods/registry.hpp"
#include "host/random.hpp"
#include "host/threads.hpp"
#include "tests/feature_problem.hpp"
#include "tests/planted.hpp"

namespace embrace::test {
namespace {

using Maker = std::unique_ptr<Trainer> (*)(gpu::DevicePtr, const Problem&);

/// Half stars by users and items with a power law, in the order of a file that nobody has sorted.
Pairs skewed_pairs(std::int64_t users, std::int64_t items, std::int64_t size) {
  const Random random(3, Stream::sampling);
  Pairs pairs;
  const auto skewed = [&](std::int64_t count, std::uint64_t e, std::uint32_t b) {
    const double u = random.uniform(e, b);
    return static_cast<std::int64_t>(static_cast<double>(count) * u * u);
  };
  for (std::uint64_t e = 0; e < static_cast<std::uint64_t>(size); ++e) {
    pairs.add(skewed(users, e, 0), skewed(items, e, 1), 0.5 + 0.5 * static_cast<double>(random.below(10, e, 2)));
  }
  return pairs;
}

/// A trainer and all that it refers to.
struct Training {
  Training(const gpu::DevicePtr& device, Maker make, const char* method, Task task, const FeatureProblem& features,
           const Settings& settings)
      : data(features), hyper(make_hyper(*find_method(method), task, settings)), threads(1) {
    trainer = make(device, data.problem(hyper, task, 1, threads));
  }
  FeatureProblem data;
  Hyper hyper;
  Threads threads;
  std::unique_ptr<Trainer> trainer;
};

FeatureProblem ratings_alone(std::int64_t users, std::int64_t items, std::int64_t size) {
  const Pairs pairs = skewed_pairs(users, items, size);
  FeatureProblem data;
  data.set_ratings(users, items, pairs.users, pairs.items, pairs.values);
  data.with_user = data.with_item = data.with_context = false;
  return data;
}

struct Shape {
  std::int64_t users, items, ratings;
};

/// An epoch; `bytes`: declared, a rating.
CountedWork epoch_of(std::string name, Maker make, const char* method, Task task, Shape shape, double bytes,
                     const Settings& settings) {
  return {std::move(name), "rating", [=](const gpu::DevicePtr& device) {
            const auto training = std::make_shared<Training>(
                device, make, method, task, ratings_alone(shape.users, shape.items, shape.ratings), settings);
            return PreparedWork{shape.ratings, bytes, [training] { training->trainer->epoch(); }};
          }};
}

/// An epoch of a model of features, all kinds of them; a unit is a sample.
CountedWork samples_of(std::string name, Maker make, const char* method, Task task, bool features, double bytes,
                       const Settings& settings) {
  return {std::move(name), "sample", [=](const gpu::DevicePtr& device) {
            FeatureProblem data = features ? mixed_problem(120, 150) : ratings_alone(120, 150, 9000);
            const std::int64_t ratings = data.ratings.entries();
            const auto training = std::make_shared<Training>(device, make, method, task, data, settings);
            return PreparedWork{ratings, bytes, [training] { training->trainer->epoch(); }};
          }};
}

/// A work on ratings in the order of a file, of which `make` makes something; `bytes`: declared, a rating.
template <typename Made>
CountedWork of_ratings(std::string name, std::int64_t size, double bytes,
                       Made (*make)(gpu::Device&, std::int64_t users, std::int64_t items, gpu::DeviceTriplesView)) {
  return {std::move(name), "rating", [=](const gpu::DevicePtr& device) {
            constexpr std::int64_t users = 6000, items = 3000;
            const Pairs pairs = skewed_pairs(users, items, size);
            const auto ratings = std::make_shared<gpu::DeviceTriples>(*device, pairs.users, pairs.items, pairs.values);
            return PreparedWork{size, bytes, [=] { make(*device, users, items, ratings->view()); }};
          }};
}

/// After an epoch of sgd with 64 factors.
std::shared_ptr<Training> model(const gpu::DevicePtr& device, std::int64_t users, std::int64_t items) {
  return std::make_shared<Training>(device, gpu::make_sgd, "sgd", Task::rating, ratings_alone(users, items, 10 * users),
                                    Settings{{"factors", 64}});
}

PreparedWork prepare_predict(const gpu::DevicePtr& device) {
  constexpr std::int64_t size = 20'000;
  const auto pairs = std::make_shared<Pairs>(skewed_pairs(300, 1700, size));
  return {size, 8 * 64 + 20, [training = model(device, 300, 1700), pairs] {
            std::vector<float> out(pairs->users.size());
            training->trainer->predict({pairs->users, pairs->items, {}}, out);
          }};
}

constexpr std::int64_t list = 10;

/// Lists for all users.
CountedWork rank_of(std::string name, std::int64_t users, std::int64_t items) {
  return {std::move(name), "score", [=](const gpu::DevicePtr& device) {
            return PreparedWork{users * items, 0, [=, training = model(device, users, items)] {
                                  std::vector<std::int32_t> all(static_cast<std::size_t>(users));
                                  std::iota(all.begin(), all.end(), 0);
                                  std::vector<ScoredItem> out(static_cast<std::size_t>(users * list));
                                  training->trainer->rank(all, training->data.ratings.view(), list, out);
                                }};
          }};
}

/// The same from scores that lie in memory.
PreparedWork prepare_rank_scores(const gpu::DevicePtr& device) {
  constexpr std::int64_t users = 300, items = 1700;
  struct Inputs {
    gpu::DeviceMatrix scores;
    gpu::DeviceBuffer<std::int32_t> users;
    gpu::DeviceCsr mask;
    gpu::DeviceBuffer<ScoredItem> lists;
  };
  const Random random(4, Stream::sampling);
  Matrix scores(users, items);
  for (std::int64_t i = 0; i < scores.size(); ++i)
    scores.data()[i] = static_cast<float>(random.normal(static_cast<std::uint64_t>(i), 0));
  std::vector<std::int32_t> all(users);
  std::iota(all.begin(), all.end(), 0);
  const auto in = std::make_shared<Inputs>();
  in->scores = {*device, users, items};
  in->scores.upload(*device, scores.view());
  in->users = {*device, Span<const std::int32_t>(all)};
  in->mask = {*device, ratings_alone(users, items, 10 * users).ratings.view()};
  in->lists = {*device, users * list};
  return {users * items, 4, [=] {
            const auto chosen = std::as_const(in->users).span();
            gpu::rank_scores(*device, in->scores.view(), {chosen, in->mask.view(), list, in->lists.span()});
          }};
}

/// Of two half-sweeps: a vector, a column and a value are read for each rating of each.
double sweeps(double factors) { return 2 * (4 * factors + 8); }

/// Of two relation blocks: a rating's index, its residual read and written and eight factors in a pass of four factors,
/// and the passes before the first and after the last.
double gibbs(double factors) { return 2 * (factors / 4 * (4 + 8 + 32) + 32) + 4; }

/// Of a batch through two layers, forward, back, and forward once more for what the epoch has learned: each rating is
/// an entry of two rows of the graph, with a vector, a column and a value.
double propagations(double factors) { return 3 * 2 * sweeps(factors); }

}  // namespace

// Declared bytes of sgd: a rating, and both rows with bias and decay, read and written; of hybrid and deep a user's and
// a movie's row with what the optimizer keeps, read and written, and their representations and gradients.
const std::vector<CountedWork>& counted_works() {
  using gpu::make_als, gpu::make_ials, gpu::make_sgd, gpu::make_hybrid, gpu::make_deep, gpu::make_elsa,
      gpu::make_mult_vae, gpu::make_lightgcn, gpu::make_item2vec, gpu::make_puresvd, gpu::make_two_tower,
      gpu::make_bayes, gpu::make_feature_ials, gpu::make_item_knn, gpu::make_user_knn, gpu::make_slim;
  static const Shape wide{150, 200, 12'000}, few{60, 80, 3000}, many{400, 500, 20'000};
  static const std::vector<CountedWork> works{
      of_ratings("aggregate", 100'000, 12, gpu::aggregate_ratings),
      of_ratings("aggregate by Thrust", 100'000, 12, cases::aggregate_by_thrust),
      of_ratings("csr", 50'000, 24, gpu::csr_from_triples),
      of_ratings("csr by Thrust", 50'000, 24, cases::csr_by_thrust),
      epoch_of("als k=64", make_als, "als", Task::rating, wide, sweeps(64), {{"factors", 64}}),
      epoch_of("als k=128", make_als, "als", Task::rating, few, sweeps(128), {{"factors", 128}}),
      epoch_of("ials k=64", make_ials, "ials", Task::ranking, wide, sweeps(64), {{"factors", 64}}),
      epoch_of("ials k=64, 3 steps", make_ials, "ials", Task::ranking, wide, sweeps(64),
               {{"factors", 64}, {"cg_steps", 3}}),
      epoch_of("ials k=128, 3 steps", make_ials, "ials", Task::ranking, wide, sweeps(128),
               {{"factors", 128}, {"cg_steps", 3}}),
      epoch_of("ials k=64, blocks of 32", make_ials, "ials", Task::ranking, wide, sweeps(64),
               {{"factors", 64}, {"block", 32}}),
      samples_of("feature-ials k=64", make_feature_ials, "feature-ials", Task::ranking, true, 0, {{"factors", 64}}),
      epoch_of("sgd k=64", make_sgd, "sgd", Task::rating, many, 16 * 64 + 12 + 40, {{"factors", 64}}),
      epoch_of("sgd k=128", make_sgd, "sgd", Task::rating, many, 16 * 128 + 12 + 40, {{"factors", 128}}),
      samples_of("hybrid k=64, identity", make_hybrid, "hybrid", Task::rating, false, 2 * 7 * 4 * 64,
                 {{"factors", 64}, {"batch", 1024}}),
      samples_of("hybrid k=64, features", make_hybrid, "hybrid", Task::rating, true, 0,
                 {{"factors", 64}, {"batch", 1024}}),
      samples_of("hybrid k=64, ranking", make_hybrid, "hybrid", Task::ranking, true, 0,
                 {{"factors", 64}, {"batch", 1024}}),
      samples_of("deep k=64, features", make_deep, "deep", Task::rating, true, 0, {{"factors", 64}, {"batch", 1024}}),
      epoch_of("bayes k=16", make_bayes, "bayes", Task::rating, wide, gibbs(16), {{"factors", 16}}),
      samples_of("bayes k=16, features", make_bayes, "bayes", Task::rating, true, 0, {{"factors", 16}}),
      epoch_of("elsa k=64", make_elsa, "elsa", Task::ranking, wide, 0, {{"factors", 64}, {"batch", 32}}),
      epoch_of("mult-vae, 64 units", make_mult_vae, "mult-vae", Task::ranking, wide, 0,
               {{"hidden", 64}, {"latent", 32}, {"batch", 32}}),
      epoch_of("lightgcn k=64, 1 batch", make_lightgcn, "lightgcn", Task::ranking, wide, propagations(64),
               {{"factors", 64}, {"layers", 2}}),
      epoch_of("lightgcn k=64, pairs", make_lightgcn, "lightgcn", Task::ranking, wide, propagations(64),
               {{"factors", 64}, {"layers", 2}, {"loss", 0}}),
      epoch_of("item2vec k=64", make_item2vec, "item2vec", Task::ranking, wide, 0, {{"factors", 64}, {"batch", 4000}}),
      epoch_of("two-tower k=64", make_two_tower, "two-tower", Task::ranking, few, 0,
               {{"factors", 64}, {"batch", 1500}}),
      epoch_of("puresvd k=32", make_puresvd, "puresvd", Task::ranking, wide, 0, {{"factors", 32}}),
      epoch_of("item-knn", make_item_knn, "item-knn", Task::ranking, few, 0, {{"neighbors", 20}}),
      epoch_of("user-knn", make_user_knn, "user-knn", Task::rating, few, 0, {{"neighbors", 20}}),
      epoch_of("slim", make_slim, "slim", Task::ranking, few, 0, {}),
      {"predict k=64", "pair", prepare_predict},
      rank_of("rank k=64", 300, 1700),
      rank_of("rank k=64, 20,000 items", 256, 20'000),
      {"rank of scores", "score", prepare_rank_scores},
  };
  return works;
}

}  // namespace embrace::test
