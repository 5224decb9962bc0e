#include "host/draws.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <stdexcept>
#include <string_view>

namespace embrace {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// To 7 significant digits, so that `low` and `step` are short.
double rounded(double value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::general, 7).ptr;
  double out = value;
  std::from_chars(text, end, out);
  return out;
}

}  // namespace

PackedDraws pack_draws(const std::vector<double>& draws) {
  PackedDraws packed;
  if (draws.empty()) return packed;
  for (const double draw : draws) {
    if (!std::isfinite(draw)) throw std::logic_error("record: a bootstrap draw is not finite");
  }
  const auto [least, most] = std::minmax_element(draws.begin(), draws.end());
  packed.low = rounded(*least);
  packed.step = rounded((*most - *least) / most_steps);
  for (const double draw : draws) {
    const double steps = packed.step > 0 ? std::round((draw - packed.low) / packed.step) : 0;
    const auto n = static_cast<unsigned>(std::clamp(steps, 0.0, most_steps));
    packed.digits += alphabet[n / 64];
    packed.digits += alphabet[n % 64];
  }
  return packed;
}

std::vector<double> unpack_draws(const PackedDraws& packed) {
  std::vector<double> draws;
  draws.reserve(packed.digits.size() / 2);
  for (std::size_t at = 0; at + 1 < packed.digits.size(); at += 2) {
    const auto n = 64 * alphabet.find(packed.digits[at]) + alphabet.find(packed.digits[at + 1]);
    draws.push_back(packed.low + packed.step * static_cast<double>(n));
  }
  return draws;
}

bool are_digits(const std::string& text) {
  return text.size() % 2 == 0 && text.find_first_not_of(alphabet) == std::string::npos;
}

}  // namespace embrace
