// Which of many rows cannot be told from the best, all comparisons counted together.
#pragma once
#include <vector>

#include "host/metrics/estimate.hpp"
#include "host/span.hpp"

namespace embrace {

/// A row in such a comparison. Rows of the same `work` (on other devices) are not compared with each other.
struct Competitor {
  std::vector<Replicate> replicates;
  int work = 0;
};

/// The model confidence set (Hansen, Lunde and Nason 2011, Econometrica 79): all rows that are equally good as the best
/// are in it, together, with the probability `level`. In steps: of the rows that are left, those drop out that are
/// worse than another by more than the quantile of the largest difference of any two (max-t of the paired draws, as in
/// Romano and Wolf 2005, Econometrica 73), until none is. Every row has as many replicates and draws; `users` as in
/// estimate.
std::vector<bool> best_set(Span<const Competitor> rows, double users, bool higher_is_better, double level = 0.95);

}  // namespace embrace
