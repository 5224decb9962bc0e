#include "bench/report/numbers.hpp"

#include <fmt/format.h>

#include <cmath>

namespace embrace {

std::string fixed(double value, int decimals) {
  constexpr double readable = 1e9;
  return std::abs(value) < readable ? fmt::format("{:.{}f}", value, decimals) : fmt::format("{:.3g}", value);
}

std::string three_digits(double value) {
  if (value >= 99.95) return fixed(value, 0);
  if (value >= 9.995) return fixed(value, 1);
  if (value >= 0.9995) return fixed(value, 2);
  if (value >= 0.0995) return fixed(value, 3);
  return fmt::format("{:.2g}", value);
}

}  // namespace embrace
