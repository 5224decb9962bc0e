// The runs of a row as repetitions of one measurement: what an interval draws beside users.
#pragma once
#include <string>
#include <vector>

#include "bench/report/compare.hpp"
#include "host/metrics/estimate.hpp"

namespace embrace {

/// A replicate for each draw of the split, or of a judge's parts; where there is one, for each seed: the mean over its
/// folds (and seeds), which are the parts of one measurement. One replicate, the mean of all, when the replicates do
/// not have the same parts. Not of no runs.
std::vector<Replicate> replicates_of(const Runs& runs);

/// The least effective number of users of these runs; 0 when one does not say, as earlier records of ratings.
double test_users(const std::string& metric, const Runs& runs);

}  // namespace embrace
