// One fold as matrices: what trainers and evaluators read, made once and shared by all runs on the fold.
#pragma once
#include <cstdint>
#include <vector>

#include "host/array.hpp"
#include "host/data/dataset.hpp"
#include "host/data/split/split.hpp"
#include "host/metadata/features.hpp"
#include "host/sparse.hpp"

namespace embrace {

struct FoldData {
  Scale scale;                // the layout's, or that of the training part: predictions are clipped to it
  Csr ratings;                // training part, users × items
  Array<std::int64_t> order;  // position in Dataset::ratings of each entry
  Csr by_item;
  Array<std::int64_t> by_item_order;
  Csr known;                                         // fold-in: what is known of held-out users
  Csr mask;                                          // training and known items: not ranked
  Csr targets;                                       // test items
  std::vector<std::int32_t> test_users, test_items;  // pairs of the rating task, in the order of Fold::test
  std::vector<std::int64_t> test_user_ids;
  std::vector<float> test_values;
};

FoldData make_fold_data(const Dataset& dataset, const Fold& fold, Threads& threads);

/// The rows of `matrix` at `positions`, in that order.
Csr gather_rows(CsrView matrix, const std::vector<std::int64_t>& positions);

}  // namespace embrace
