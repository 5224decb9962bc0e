// rmse and mae, kept as sums by user.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "host/metrics/metric.hpp"

namespace embrace {

/// rmse and mae of predictions clipped to the scale by the caller. `users` are raw ids per rating.
std::vector<UserValues> rating_metrics(std::span<const std::int64_t> users, std::span<const float> truth,
                                       std::span<const float> predicted);

}  // namespace embrace
