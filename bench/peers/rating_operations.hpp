// Work on ratings that is no training, and that data libraries do too: its time, and its answer in whole numbers.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "bench/cases/timed_run.hpp"
#include "host/data/dataset.hpp"
#include "host/data/split/split.hpp"

namespace embrace::peers {

/// The training part in random order, as arrays; and the file from which `prepare` starts.
struct OperationInput {
  std::int64_t users = 0, items = 0;
  std::vector<std::int32_t> user, item;
  std::vector<float> value;   // multiples of 1/2
  std::filesystem::path csv;  // user,item,rating[,timestamp] with raw ids
};

/// Makes the input and writes it into `folder` for the peers: arrays as for training, and train.csv.
OperationInput make_operation_input(const Dataset& dataset, const Fold& fold, const std::filesystem::path& folder);

/// aggregate: count, Σ 2r and Σ (2r)² of each user, then of each item.
/// csr:       rows by user, items ascending: offsets, item indices, 2r.
/// prepare:   the same from the file on disk, users and items numbered by ascending id. Nothing is cached between runs.
/// Refers to `input` and `threads`. Throws std::invalid_argument for another name.
cases::TimedRun timed_operation(const std::string& name, const OperationInput& input, Threads& threads);

}  // namespace embrace::peers
