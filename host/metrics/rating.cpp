// rmse and mae, kept as sums by user.
#include "host/metrics/rating.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <unordered_map>

#include "host/array.hpp"
#include "host/error.hpp"
#include "host/metrics/metric.hpp"
#include "host/span.hpp"

namespace embrace {
namespace {

struct Sums {
  double squared = 0;
  double absolute = 0;
  double count = 0;
};

}  // namespace

Array<UserValues> rating_metrics(Span<const std::int64_t> users, Span<const float> truth, Span<const float> predicted) {
  if (users.size() != truth.size() || users.size() != predicted.size()) {
    throw std::invalid_argument("rating_metrics: users, truth and predicted differ in length");
  }
  if (users.empty()) return {};
  std::unordered_map<std::int64_t, std::size_t> place;
  Array<std::int64_t> ids;
  Array<Sums> sums;
  for (std::int64_t r = 0; r < users.size(); ++r) {
    const double error = static_cast<double>(predicted[r]) - static_cast<double>(truth[r]);
    if (!std::isfinite(error)) throw Diverged("prediction is not finite for a test rating");
    const auto [entry, fresh] = place.try_emplace(users[r], ids.size());
    if (fresh) {
      ids.push_back(users[r]);
      sums.emplace_back();
    }
    Sums& own = sums[entry->second];
    own.squared += error * error;
    own.absolute += std::abs(error);
    own.count += 1;
  }
  Array<std::int64_t> order(ids.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) { return ids[a] < ids[b]; });

  Array<UserValues> result(2);
  result[0].name = "rmse";
  result[0].root = true;
  result[1].name = "mae";
  for (UserValues& metric : result) metric.n = users.size();
  for (const std::int64_t o : order) {
    for (UserValues& metric : result) {
      metric.users.push_back(ids[o]);
      metric.sums.push_back(metric.root ? sums[o].squared : sums[o].absolute);
      metric.weights.push_back(sums[o].count);
    }
  }
  return result;
}

}  // namespace embrace
