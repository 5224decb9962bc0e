#include "host/learning/usual_settings.hpp"

#include <algorithm>
#include <cmath>

namespace embrace {
namespace {

double batch_of(Task, const DataShape& shape, const Hyper&) {
  return std::floor(std::clamp(static_cast<double>(shape.ratings) / 64, 256.0, 16384.0));
}

double temperature_of(Task, const DataShape& shape, const Hyper&) {
  return std::pow(static_cast<double>(std::max<std::int64_t>(1, shape.items)), -0.25);
}

}  // namespace

DefaultRule usual_batch() { return {batch_of, "ratings / 64, 256 to 16384"}; }

DefaultRule usual_temperature() { return {temperature_of, "movies^(-1/4)"}; }

}  // namespace embrace
