#include "host/hyper.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "host/method.hpp"

namespace embrace {

double Hyper::operator[](std::string_view name) const {
  for (const auto& [key, value] : values_) {
    if (key == name) return value;
  }
  throw std::out_of_range("hyper-parameter not declared: " + std::string(name));
}

std::int64_t Hyper::integer(std::string_view name) const { return static_cast<std::int64_t>((*this)[name]); }

bool Hyper::has(std::string_view name) const {
  return std::any_of(values_.begin(), values_.end(), [&](const auto& entry) { return entry.first == name; });
}

void Hyper::set(std::string_view name, double value) {
  const auto place = std::lower_bound(values_.begin(), values_.end(), name,
                                      [](const auto& entry, std::string_view key) { return entry.first < key; });
  if (place != values_.end() && place->first == name) {
    place->second = value;
  } else {
    values_.insert(place, {std::string(name), value});
  }
}

HyperValue named_value(const HyperSpec& spec, double value) {
  if (spec.choices.empty()) return value;
  return spec.choices.at(static_cast<std::size_t>(value));
}

double initial_deviation(const Hyper& hyper) { return hyper["spread"] / std::sqrt(hyper["factors"]); }

}  // namespace embrace
