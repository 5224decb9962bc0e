// Small problems for two-tower, batches of them, and the same in terms of tests/reference/plain_two_tower.hpp.
#pragma once
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "host/learning/samples.hpp"
#include "host/methods/two_tower_model.hpp"
#include "tests/feature_problem.hpp"
#include "tests/planted.hpp"
#include "tests/reference/plain_two_tower.hpp"

namespace embrace::test {

/// Entity × rows of the table: identities of rated entities, then features, then frozen vectors.
inline Dense plain_rows(CsrView ratings, bool identity, const Features* features) {
  Dense rows(static_cast<std::size_t>(ratings.rows));
  for (std::size_t e = 0; e < rows.size(); ++e) {
    const auto entity = static_cast<std::int64_t>(e);
    if (identity) {
      rows[e].resize(rows.size());
      rows[e][e] = ratings.row_size(entity) > 0 ? 1 : 0;
    }
    if (features == nullptr) continue;
    const auto sparse = dense_of(features->rows.view())[e];
    rows[e].insert(rows[e].end(), sparse.begin(), sparse.end());
    for (std::int64_t c = 0; c < features->vectors.columns(); ++c) {
      rows[e].push_back(static_cast<double>(features->vectors(entity, c)));
    }
  }
  return rows;
}

inline PlainTwoTower plain_two_tower(const Problem& problem) {
  PlainTwoTower plain{
      .user_rows = plain_rows(problem.ratings, problem.hyper.integer("user_id") == 1, problem.user_features),
      .item_rows = plain_rows(problem.by_item, true, problem.item_features),
      .temperature = problem.hyper["temperature"]};
  for (std::int64_t u = 0; u < problem.users(); ++u) {
    const auto row = problem.ratings.row_indices(u);
    const std::set<std::size_t> items(row.begin(), row.end());
    plain.histories.emplace_back(items.begin(), items.end());
  }
  for (std::int64_t i = 0; i < problem.items(); ++i) {
    plain.shares.push_back(static_cast<double>(problem.by_item.row_size(i)) /
                           static_cast<double>(problem.ratings.entries()));
  }
  return plain;
}

/// A batch dealt to groups as the model says.
inline std::vector<std::vector<PlainPair>> plain_groups(const TwoTowerModel& model, const Batch& batch) {
  const std::int64_t n = batch.size(), count = model.groups(n);
  std::vector<std::vector<PlainPair>> groups;
  for (std::int64_t g = 0; g < count; ++g) {
    groups.emplace_back();
    for (std::int64_t s = n * g / count; s < n * (g + 1) / count; ++s) {
      groups.back().push_back({static_cast<std::size_t>(batch.users[s]), static_cast<std::size_t>(batch.items[s])});
    }
  }
  return groups;
}

inline Dense table_of(const TowerTable& side) { return to_dense(side.table().weights().left(side.table().factors())); }

/// User 3 and item 5 have no ratings; user 0 has all other items, user 1 has one, and user 2 names one twice.
inline FeatureProblem two_tower_data() {
  constexpr std::int64_t users = 16, items = 15;
  const Random random(8, Stream::synthetic);
  Pairs pairs;
  for (std::int64_t u = 0; u < users; ++u) {
    for (std::int64_t i = 0; i < items; ++i) {
      if (u == 3 || i == 5) continue;
      const bool by_chance = u > 1 && random.uniform(static_cast<std::uint64_t>(items * u + i)) < 0.35;
      if (u == 0 || (u == 1 && i == 4) || by_chance) pairs.add(u, i, 1);
    }
  }
  pairs.add(2, 8, 1);
  pairs.add(2, 8, 1);
  FeatureProblem data;
  data.set_ratings(users, items, pairs.users, pairs.items, pairs.values);
  data.user = mixed_features(users, 1);
  data.item = mixed_features(items, 2);
  return with_vectors(data, 3, true);
}

/// Any ratings, some of them several times.
inline Batch batch_of(const FeatureProblem& data, std::uint64_t size) {
  const Random random(9, Stream::synthetic);
  const CsrView ratings = data.ratings.view();
  Batch batch;
  for (std::uint64_t s = 0; s < size; ++s) {
    const auto entry = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(ratings.entries()), s));
    const auto user = std::upper_bound(ratings.offsets, ratings.offsets + ratings.rows, entry) - ratings.offsets - 1;
    batch.users.push_back(static_cast<std::int32_t>(user));
    batch.items.push_back(ratings.indices[entry]);
  }
  return batch;
}

/// The first users and items of Planted: few enough for the sanitizers.
struct FewPlanted {
  static constexpr std::int64_t users = 48, items = 32;
  Pairs seen, unseen;

  FewPlanted() {
    const Planted all;
    const auto take = [](const Pairs& from, Pairs& to) {
      for (std::size_t p = 0; p < from.users.size(); ++p) {
        if (from.users[p] < users && from.items[p] < items) to.add(from.users[p], from.items[p], 1);
      }
    };
    take(all.seen, seen);
    take(all.unseen, unseen);
  }
};

/// Whether users have ids, and the sides features.
struct TwoTowerCase {
  bool id, features;
  Hyper hyper(const Settings& more) const {
    Settings settings = {{"user_id", id ? 1.0 : 0.0}, {"factors", 5}, {"temperature", 0.4}};
    settings.insert(settings.end(), more.begin(), more.end());
    return make_hyper(*find_method("two-tower"), Task::ranking, settings);
  }
  std::string text() const {
    return std::string(id ? "with" : "without") + " ids, " + (features ? "with" : "without") + " features";
  }
};
inline constexpr TwoTowerCase two_tower_cases[] = {{false, false}, {false, true}, {true, false}, {true, true}};

}  // namespace embrace::test
