// How ials solves a row: exactly, by some steps of conjugate gradients, or block by block; one choice for all backends.
#pragma once
#include <cstdint>

#include "host/method.hpp"

namespace embrace {

struct RowSolution {
  std::int64_t cg_steps;  // 0: another way
  std::int64_t block;     // factors, in whole panels; 0: another way
  bool exact() const { return cg_steps == 0 && block == 0; }
};

/// The way that the hyper-parameters ask for; throws UsageError when they ask for two.
RowSolution row_solution(const Hyper& hyper);

}  // namespace embrace
