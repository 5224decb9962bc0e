#include "host/methods/ials_weights.hpp"

#include <algorithm>
#include <cmath>

#include "host/math/ridge.hpp"

namespace embrace {
namespace {

/// With it a user and a movie, in the geometric mean, pay for 2000 pairs without a rating, whatever the catalogue: with
/// one alpha for all, a catalogue of 40,000 is penalised ten times as much as one of 4,000 (docs/defaults.md).
double usual_alpha(Task, const DataShape& shape, const Hyper&) {
  const auto at_least_one = [](std::int64_t n) { return static_cast<double>(std::max<std::int64_t>(1, n)); };
  return 2000 / std::sqrt(at_least_one(shape.users) * at_least_one(shape.items));
}

}  // namespace

IalsWeights::IalsWeights(const Hyper& hyper)
    : alpha(hyper["alpha"]), regularization(hyper["regularization"]), exponent(hyper["nu"]) {}

double IalsWeights::ridge(CsrView rows, std::int64_t r) const {
  const double size = static_cast<double>(rows.row_size(r)) + alpha * static_cast<double>(rows.columns);
  return embrace::ridge(regularization, size, exponent);
}

HyperSpec alpha_spec() {
  return {"alpha",
          0.4227,
          0.4227,
          0,
          1e6,
          false,
          "weight of a pair without a rating; a rated pair weighs 1 + alpha",
          {},
          {usual_alpha, "2000 / sqrt(users × movies)"}};
}

}  // namespace embrace
