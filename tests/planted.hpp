// A small problem with a known structure, and what a test needs to train a method on it.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "host/array.hpp"
#include "host/method.hpp"
#include "host/methods/registry.hpp"
#include "host/random.hpp"
#include "host/sparse.hpp"

namespace embrace::test {

using Settings = std::vector<std::pair<std::string, double>>;

struct Pairs {
  std::vector<std::int32_t> users;
  std::vector<std::int32_t> items;
  std::vector<float> values;
  std::int64_t size() const { return static_cast<std::int64_t>(users.size()); }
  void add(std::int64_t user, std::int64_t item, double value) {
    users.push_back(static_cast<std::int32_t>(user));
    items.push_back(static_cast<std::int32_t>(item));
    values.push_back(static_cast<float>(value));
  }
};

/// Ratings with the transposed matrix and features, as a Problem wants them.
struct Data {
  Csr ratings;
  Array<std::int64_t> by_item_order;  // before by_item, whose construction fills it
  Csr by_item;
  Features user_features;
  Features item_features;
  Features context;  // a row for each entry of `ratings`

  Data(std::int64_t users, std::int64_t items, const Pairs& pairs)
      : ratings(csr_from_triples(users, items, pairs.users, pairs.items, pairs.values)),
        by_item(transposed(ratings.view(), &by_item_order)),
        user_features(one_hot(users, "group")),
        item_features(one_hot(items, "genre")),
        context(numbers(pairs.size())) {}

  /// Without features.
  Problem problem(Task task, const Hyper& hyper, std::uint64_t seed, Threads& threads) const {
    return {.ratings = ratings.view(),
            .by_item = by_item.view(),
            .by_item_order = by_item_order,
            .task = task,
            .hyper = hyper,
            .seed = seed,
            .threads = threads};
  }

  /// Row r has the value 1 in column r mod 2: the cluster of planted_pairs(). One column more is never used.
  static Features one_hot(std::int64_t rows, const std::string& name) {
    Features features;
    features.rows.columns = 3;
    for (std::int64_t r = 0; r < rows; ++r) {
      features.rows.indices.push_back(static_cast<std::int32_t>(r % 2));
      features.rows.values.push_back(1.0F);
      features.rows.offsets.push_back(r + 1);
    }
    features.fields = {{name, 0, 3, Field::Kind::one_hot}};
    return features;
  }
  /// One number a row, of mean 0.
  static Features numbers(std::int64_t rows) {
    Features features;
    features.rows.columns = 1;
    for (std::int64_t r = 0; r < rows; ++r) {
      features.rows.indices.push_back(0);
      features.rows.values.push_back(r % 2 == 0 ? 1.0F : -1.0F);
      features.rows.offsets.push_back(r + 1);
    }
    features.fields = {{"day", 0, 1, Field::Kind::numbers}};
    return features;
  }
};

struct Options {
  int threads = 2;
  std::uint64_t seed = 1;
  bool features = true;  // those that the method reads
  bool context = true;   // likewise
  Settings settings = {};
  std::int64_t epochs = 0;       // 0: as the method declares
  const Pairs* watch = nullptr;  // told to the trainer before its first epoch; must outlive it
};

using Maker = std::function<std::unique_ptr<Trainer>(const Method&, const Problem&)>;

inline std::unique_ptr<Trainer> make_on_cpu(const Method& method, const Problem& problem) {
  return method.cpu(problem);
}

/// A method trained on data; keeps alive what the trainer refers to. `data` must outlive it.
class Trained {
 public:
  Trained(const Method& method, Task task, const Data& data, const Options& options, const Maker& make = make_on_cpu)
      : hyper_(make_hyper(method, task, options.settings)), threads_(options.threads) {
    const Traits& traits = method.info.traits;
    has_context_ = options.features && options.context && traits.context && task == Task::rating;
    Problem problem = data.problem(task, hyper_, options.seed, threads_);
    if (options.features && traits.user_features) problem.user_features = &data.user_features;
    if (options.features && traits.item_features) problem.item_features = &data.item_features;
    if (has_context_) problem.context = &data.context;
    trainer_ = make(method, problem);
    if (options.watch != nullptr) {
      watched_context_ = Data::numbers(options.watch->size());
      trainer_->watch({options.watch->users, options.watch->items, context_of(watched_context_)});
    }
    const std::int64_t declared = traits.closed_form ? 1 : hyper_.integer("epochs");
    for (std::int64_t e = 0; e < (options.epochs > 0 ? options.epochs : declared); ++e) {
      results_.push_back(trainer_->epoch());
    }
  }

  Trainer& trainer() const { return *trainer_; }
  const std::vector<EpochResult>& results() const { return results_; }
  const Hyper& hyper() const { return hyper_; }

  std::vector<float> predict(const Pairs& pairs) const {
    std::vector<float> out(pairs.users.size());
    const Features context = Data::numbers(pairs.size());
    trainer_->predict({pairs.users, pairs.items, context_of(context)}, out);
    return out;
  }

 private:
  CsrView context_of(const Features& context) const { return has_context_ ? context.rows.view() : CsrView{}; }

  Hyper hyper_;
  Threads threads_;
  std::unique_ptr<Trainer> trainer_;
  std::vector<EpochResult> results_;
  bool has_context_ = false;
  Features watched_context_;
};

/// Two clusters: user u and item i agree when u and i are both even or both odd. They meet with probability 0.6 and
/// rate about 4 when they agree, 0.15 and about 2 when not; plus biases of users and items and noise of deviation 0.1.
/// Those that do not meet go into `unseen`, with the rating they would give without noise.
struct Planted {
  static constexpr std::int64_t users = 200;
  static constexpr std::int64_t items = 100;
  Pairs seen;
  Pairs unseen;

  Planted() {
    const Random random(42, Stream::synthetic);
    for (std::int64_t u = 0; u < users; ++u) {
      for (std::int64_t i = 0; i < items; ++i) {
        const bool agree = u % 2 == i % 2;
        const auto pair = static_cast<std::uint64_t>(u * items + i);
        const double value = (agree ? 4.0 : 2.0) + 0.3 * random.normal(static_cast<std::uint64_t>(u), 1) +
                             0.3 * random.normal(static_cast<std::uint64_t>(i), 2);
        if (random.uniform(pair, 3) < (agree ? 0.6 : 0.15)) {
          seen.add(u, i, value + 0.1 * random.normal(pair, 4));
        } else {
          unseen.add(u, i, value);
        }
      }
    }
  }
};

inline double rmse(const std::vector<float>& predicted, const std::vector<float>& truth) {
  double squares = 0;
  for (std::size_t p = 0; p < truth.size(); ++p)
    squares += std::pow(static_cast<double>(predicted[p]) - static_cast<double>(truth[p]), 2);
  return std::sqrt(squares / static_cast<double>(truth.size()));
}

/// Share of a user's (agreeing, disagreeing) pairs of items that are scored in this order, ties half; mean over users.
inline double agreement(const Pairs& pairs, const std::vector<float>& score) {
  double total = 0;
  std::int64_t counted = 0;
  for (std::size_t a = 0; a < score.size(); ++a) {
    if (pairs.users[a] % 2 != pairs.items[a] % 2) continue;
    for (std::size_t b = 0; b < score.size(); ++b) {
      if (pairs.users[b] != pairs.users[a] || pairs.items[b] % 2 == pairs.items[a] % 2) continue;
      total += score[a] > score[b] ? 1.0 : score[a] == score[b] ? 0.5 : 0.0;
      ++counted;
    }
  }
  return total / static_cast<double>(counted);
}

/// Of all users for all items, row by row.
inline std::vector<float> scores_of(const Trainer& trainer, const Data& data) {
  const std::int64_t users = data.ratings.rows(), items = data.ratings.columns;
  std::vector<std::int32_t> all;
  for (std::int32_t u = 0; u < users; ++u) all.push_back(u);
  std::vector<float> scores(static_cast<std::size_t>(users * items));
  trainer.score(all, {scores.data(), users, items, items});
  return scores;
}

}  // namespace embrace::test
