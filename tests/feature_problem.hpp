// Small problems with features of every kind, for the methods that read them.
#pragma once
#include <cmath>
#include <utility>
#include <vector>

#include "host/array.hpp"
#include "host/method.hpp"
#include "host/methods/registry.hpp"
#include "host/random.hpp"

namespace embrace::test {

struct FeatureProblem {
  Csr ratings, by_item;
  Array<std::int64_t> by_item_order;
  Features user, item, context;
  bool with_user = true, with_item = true, with_context = true;

  Problem problem(const Hyper& hyper, Task task, std::uint64_t seed, Threads& threads) const {
    return {.ratings = ratings.view(),
            .by_item = by_item.view(),
            .by_item_order = by_item_order,
            .task = task,
            .user_features = with_user ? &user : nullptr,
            .item_features = with_item ? &item : nullptr,
            .context = with_context && task == Task::rating ? &context : nullptr,
            .hyper = hyper,
            .seed = seed,
            .threads = threads};
  }
  void set_ratings(std::int64_t users, std::int64_t items, const std::vector<std::int32_t>& row,
                   const std::vector<std::int32_t>& column, const std::vector<float>& value) {
    ratings = csr_from_triples(users, items, row, column, value);
    by_item = transposed(ratings.view(), &by_item_order);
  }
};

/// A one-hot, a multi-hot (weights 1/n) and a field of two numbers; every seventh row is empty.
inline Features mixed_features(std::int64_t rows, std::uint64_t seed) {
  const Random random(seed, Stream::features);
  Features out;
  out.fields = {{"kind", 0, 3, Field::Kind::one_hot},
                {"words", 3, 8, Field::Kind::multi_hot},
                {"numbers", 8, 10, Field::Kind::numbers}};
  std::vector<std::int32_t> row, column;
  std::vector<float> value;
  for (std::int64_t r = 0; r < rows; ++r) {
    if (r % 7 == 6) continue;
    const auto add = [&](std::int64_t c, double v) {
      row.push_back(static_cast<std::int32_t>(r));
      column.push_back(static_cast<std::int32_t>(c));
      value.push_back(static_cast<float>(v));
    };
    const auto id = static_cast<std::uint64_t>(r);
    add(static_cast<std::int64_t>(random.below(3, id, 0)), 1);
    const auto words = 1 + random.below(4, id, 1);
    for (std::uint64_t w = 0; w < words; ++w) add(3 + static_cast<std::int64_t>(w), 1.0 / static_cast<double>(words));
    add(8, random.normal(id, 2));
    add(9, random.normal(id, 3));
  }
  out.rows = csr_from_triples(rows, 10, row, column, value);
  return out;
}

/// About half of all pairs, ratings 1 to 5 with two decimals; the last user and the last movie have none.
inline FeatureProblem mixed_problem(std::int64_t users, std::int64_t items) {
  FeatureProblem out;
  const Random random(5, Stream::synthetic);
  std::vector<std::int32_t> row, column;
  std::vector<float> value;
  for (std::int64_t u = 0; u + 1 < users; ++u) {
    for (std::int64_t i = 0; i + 1 < items; ++i) {
      const auto pair = static_cast<std::uint64_t>(u * items + i);
      if (random.uniform(pair) < 0.5) continue;
      row.push_back(static_cast<std::int32_t>(u));
      column.push_back(static_cast<std::int32_t>(i));
      value.push_back(static_cast<float>(1 + 4 * random.uniform(pair, 1)));
    }
  }
  out.set_ratings(users, items, row, column, value);
  out.user = mixed_features(users, 1);
  out.item = mixed_features(items, 2);
  out.context = mixed_features(out.ratings.entries(), 3);
  return out;
}

/// `features` with one field more behind the others, a vector of normal numbers for each row: as frozen vectors, or the
/// same values as a field of numbers. Every fifth row has none; the last column is zero but in the last row, whose user
/// or movie has no ratings in mixed_problem().
inline Features with_vectors(const Features& features, std::int64_t length, std::uint64_t seed, bool frozen) {
  const Random random(seed, Stream::features);
  const CsrView rows = features.rows.view();
  Features out = features;
  out.rows = {};
  out.rows.columns = rows.columns + (frozen ? 0 : length);
  out.vectors = Matrix(rows.rows, frozen ? length : 0);
  if (!frozen) out.fields.push_back({"vectors", rows.columns, rows.columns + length, Field::Kind::numbers});
  for (std::int64_t r = 0; r < rows.rows; ++r) {
    const auto indices = rows.row_indices(r);
    const auto values = rows.row_values(r);
    out.rows.indices.insert(out.rows.indices.end(), indices.begin(), indices.end());
    out.rows.values.insert(out.rows.values.end(), values.begin(), values.end());
    const std::int64_t columns = r % 5 == 4 ? 0 : r + 1 == rows.rows ? length : length - 1;
    for (std::int64_t c = 0; c < columns; ++c) {
      const auto value =
          static_cast<float>(random.normal(static_cast<std::uint64_t>(r), 8 + static_cast<std::uint32_t>(c)));
      if (frozen) {
        out.vectors(r, c) = value;
      } else {
        out.rows.indices.push_back(static_cast<std::int32_t>(rows.columns + c));
        out.rows.values.push_back(value);
      }
    }
    out.rows.offsets.push_back(out.rows.entries());
  }
  return out;
}

/// Of both sides.
inline FeatureProblem with_vectors(FeatureProblem data, std::int64_t length, bool frozen) {
  data.user = with_vectors(data.user, length, 4, frozen);
  data.item = with_vectors(data.item, length, 5, frozen);
  return data;
}

/// Movies of six kinds. A movie's worth and what a user thinks of it depend on its kind alone, with noise 0.3; every
/// fourth movie is cold. `truth` are the ratings that nobody has seen.
struct ColdProblem : FeatureProblem {
  std::vector<std::int32_t> users, items;  // of the cold pairs
  std::vector<float> truth;
};

inline ColdProblem cold_problem(bool shuffled) {
  constexpr std::int64_t users = 60, items = 80, kinds = 6;
  ColdProblem out;
  const Random random(11, Stream::synthetic);
  std::vector<std::int32_t> row, column, kind;
  std::vector<float> value;
  for (std::int64_t i = 0; i < items; ++i) kind.push_back(static_cast<std::int32_t>(i % kinds));
  for (std::int32_t u = 0; u < users; ++u) {
    for (std::int32_t i = 0; i < items; ++i) {
      const auto pair = static_cast<std::uint64_t>(u * items + i);
      if (random.uniform(pair) < 0.6) continue;
      const auto k = static_cast<std::uint64_t>(kind[static_cast<std::size_t>(i)]);
      const double taste = 0.5 * random.normal(static_cast<std::uint64_t>(u) * 8 + k, 1);
      const auto rating = static_cast<float>(2.0 + 0.4 * static_cast<double>(k) + taste + 0.3 * random.normal(pair, 2));
      if ((i / kinds) % 4 == 3) {
        out.users.push_back(u);
        out.items.push_back(i);
        out.truth.push_back(rating);
      } else {
        row.push_back(u);
        column.push_back(i);
        value.push_back(rating);
      }
    }
  }
  out.set_ratings(users, items, row, column, value);
  if (shuffled) shuffle(kind, Random(13, Stream::shuffle));
  std::vector<std::int32_t> movie(kind.size());
  for (std::size_t i = 0; i < movie.size(); ++i) movie[i] = static_cast<std::int32_t>(i);
  out.item.fields = {{"kind", 0, kinds, Field::Kind::one_hot}};
  out.item.rows = csr_from_triples(items, kinds, movie, kind, std::vector<float>(kind.size(), 1.0F));
  out.with_user = out.with_context = false;
  return out;
}

/// RMSE on the cold pairs of a method with its defaults and these settings.
inline double cold_rmse(const Method& method, const ColdProblem& data,
                        const std::vector<std::pair<std::string, double>>& settings) {
  Threads threads(2);
  const Hyper hyper = make_hyper(method, Task::rating, settings);
  const auto trainer = method.cpu(data.problem(hyper, Task::rating, 1, threads));
  for (std::int64_t e = 0; e < hyper.integer("epochs"); ++e) trainer->epoch();
  std::vector<float> predicted(data.truth.size());
  trainer->predict({data.users, data.items, {}}, predicted);
  double squares = 0;
  for (std::size_t p = 0; p < predicted.size(); ++p) {
    squares += std::pow(static_cast<double>(predicted[p]) - static_cast<double>(data.truth[p]), 2);
  }
  return std::sqrt(squares / static_cast<double>(predicted.size()));
}

/// Predictions of the training pairs (with their contexts), then scores of all users.
inline std::vector<float> outputs_of(const Trainer& trainer, const FeatureProblem& data, Task task) {
  std::vector<std::int32_t> users, all;
  for (std::int64_t u = 0; u < data.ratings.rows(); ++u) {
    users.insert(users.end(), static_cast<std::size_t>(data.ratings.view().row_size(u)), static_cast<std::int32_t>(u));
    all.push_back(static_cast<std::int32_t>(u));
  }
  std::vector<float> out(users.size());
  PairsView pairs{users, data.ratings.indices, {}};
  if (data.with_context && task == Task::rating) pairs.context = data.context.rows.view();
  trainer.predict(pairs, out);
  const std::size_t predicted = out.size();
  out.resize(predicted + all.size() * static_cast<std::size_t>(data.ratings.columns));
  trainer.score(all, {out.data() + predicted, data.ratings.rows(), data.ratings.columns, data.ratings.columns});
  return out;
}

/// The same of a trainer on the CPU after `epochs`.
inline std::vector<float> outputs(const Method& method, const FeatureProblem& data, Task task, int workers, int epochs,
                                  const std::vector<std::pair<std::string, double>>& settings) {
  Threads threads(workers);
  const Hyper hyper = make_hyper(method, task, settings);
  const auto trainer = method.cpu(data.problem(hyper, task, 1, threads));
  for (int e = 0; e < epochs; ++e) trainer->epoch();
  return outputs_of(*trainer, data, task);
}

/// Predictions of the training pairs after each of `epochs`: of a trainer that was told them before, or not.
inline std::vector<std::vector<float>> predictions_by_epoch(Trainer& trainer, const FeatureProblem& data, bool told,
                                                            int epochs) {
  std::vector<std::int32_t> users;
  for (std::int32_t u = 0; u < data.ratings.rows(); ++u)
    users.insert(users.end(), static_cast<std::size_t>(data.ratings.view().row_size(u)), u);
  const PairsView pairs{users, data.ratings.indices, data.with_context ? data.context.rows.view() : CsrView{}};
  if (told) trainer.watch(pairs);
  std::vector<std::vector<float>> out;
  for (int e = 0; e < epochs; ++e) {
    trainer.epoch();
    out.emplace_back(users.size());
    trainer.predict(pairs, out.back());
  }
  return out;
}

}  // namespace embrace::test
