// The ratings of an operation's inputs as what trainers and samples are made from.
#pragma once
#include "bench/cases/operation.hpp"
#include "host/method.hpp"
#include "host/sparse.hpp"

namespace embrace::cases {

struct TrainingData {
  explicit TrainingData(const Inputs& in)
      : ratings(
            csr_from_triples(in.shape.users, in.shape.items, in.ratings.users, in.ratings.items, in.ratings.values)),
        by_item(transposed(ratings.view(), &by_item_order)) {}

  /// Refers to this, to the inputs and the threads.
  Problem problem(const Inputs& in, Task task, Threads& threads) const {
    return {.ratings = ratings.view(),
            .by_item = by_item.view(),
            .by_item_order = by_item_order,
            .task = task,
            .hyper = in.hyper,
            .seed = 1,
            .threads = threads};
  }

  Csr ratings;
  Array<std::int64_t> by_item_order;  // before by_item, whose construction fills it
  Csr by_item;
};

}  // namespace embrace::cases
