// rmse and mae, kept as sums by user.
#pragma once
#include <cstdint>
#include <vector>

#include "host/array.hpp"
#include "host/metrics/metric.hpp"
#include "host/span.hpp"

namespace embrace {

/// rmse and mae of predictions clipped to the scale by the caller. `users` are raw ids per rating.
Array<UserValues> rating_metrics(Span<const std::int64_t> users, Span<const float> truth, Span<const float> predicted);

}  // namespace embrace
