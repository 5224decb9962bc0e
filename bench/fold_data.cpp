#include "bench/fold_data.hpp"

#include "host/data/read/assemble.hpp"

namespace embrace {
namespace {

Csr matrix_of(const Ratings& ratings, const std::vector<std::int64_t>& positions, Threads& threads,
              Array<std::int64_t>* order = nullptr) {
  std::vector<std::int32_t> rows, columns;
  std::vector<float> values;
  rows.reserve(positions.size());
  columns.reserve(positions.size());
  values.reserve(positions.size());
  for (const std::int64_t position : positions) {
    const auto p = static_cast<std::size_t>(position);
    rows.push_back(ratings.users[p]);
    columns.push_back(ratings.items[p]);
    values.push_back(ratings.values[p]);
  }
  Csr csr = csr_from_triples(ratings.user_count(), ratings.item_count(), rows, columns, values, threads, order);
  if (order != nullptr) {
    for (std::int64_t& entry : *order) entry = positions[static_cast<std::size_t>(entry)];
  }
  return csr;
}

/// No test rating has a part in it.
Scale scale_of(const Ratings& ratings, const std::vector<std::int64_t>& seen) {
  if (!ratings.scale_found) return ratings.scale;
  std::vector<float> values;
  values.reserve(seen.size());
  for (const std::int64_t position : seen) values.push_back(ratings.values[static_cast<std::size_t>(position)]);
  return data_scale(values);
}

}  // namespace

FoldData make_fold_data(const Dataset& dataset, const Fold& fold, Threads& threads) {
  const Ratings& ratings = dataset.ratings;
  FoldData data;
  data.ratings = matrix_of(ratings, fold.train, threads, &data.order);
  data.by_item = transposed(data.ratings.view(), threads, &data.by_item_order);
  data.known = matrix_of(ratings, fold.known, threads);
  std::vector<std::int64_t> seen = fold.train;
  seen.insert(seen.end(), fold.known.begin(), fold.known.end());
  data.mask = matrix_of(ratings, seen, threads);
  data.scale = scale_of(ratings, seen);
  data.targets = matrix_of(ratings, fold.test, threads);
  for (const std::int64_t position : fold.test) {
    const auto p = static_cast<std::size_t>(position);
    data.test_users.push_back(ratings.users[p]);
    data.test_items.push_back(ratings.items[p]);
    data.test_user_ids.push_back(ratings.user_ids[static_cast<std::size_t>(ratings.users[p])]);
    data.test_values.push_back(ratings.values[p]);
  }
  return data;
}

Csr gather_rows(CsrView matrix, const std::vector<std::int64_t>& positions) {
  Csr result;
  result.columns = matrix.columns;
  result.offsets.reserve(positions.size() + 1);
  for (const std::int64_t row : positions) {
    const auto indices = matrix.row_indices(row);
    const auto values = matrix.row_values(row);
    result.indices.insert(result.indices.end(), indices.begin(), indices.end());
    result.values.insert(result.values.end(), values.begin(), values.end());
    result.offsets.push_back(result.entries());
  }
  return result;
}

}  // namespace embrace
