// Published splits: u1 … u5, ua, ub of ml-100k and the leave-one-out split of NCF.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "host/data/dataset.hpp"
#include "host/data/load_options.hpp"
#include "host/threads.hpp"

namespace embrace {

/// A published split that came with the data: ratings by position, plus sampled candidates for `ncf`.
struct OfficialSplit {
  std::string name;                 // u1 … u5, ua, ub, ncf
  std::vector<std::int64_t> train;  // positions in Dataset::ratings, ascending
  std::vector<std::int64_t> test;
  std::vector<std::vector<std::int32_t>> candidates;  // ncf: item indices to rank, one list a user; else empty
};

/// The published split of this name; UsageError when the data has none of that name.
OfficialSplit load_official(const Dataset& dataset, const std::string& name, const LoadOptions& options,
                            Threads& threads);

}  // namespace embrace
