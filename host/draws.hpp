// Bootstrap draws as they stand in a record: two digits of base 64 a draw, so that a thousand take 2 kB.
#pragma once
#include <string>
#include <vector>

namespace embrace {

inline constexpr double most_steps = 4095;

/// Draw b is low + step * n, where characters 2b and 2b + 1 of `digits` are n = 0 … 4095 in base 64 (the digits of RFC
/// 4648, A-Z a-z 0-9 + /, the higher one first). A draw is off by half a step at most, about a thousandth of the draws'
/// standard deviation; bounds of an interval that come from 1,000 draws are uncertain by a twelfth of it.
struct PackedDraws {
  double low = 0;
  double step = 0;
  std::string digits;
};

/// The draws must be finite.
PackedDraws pack_draws(const std::vector<double>& draws);
/// Of digits that are valid.
std::vector<double> unpack_draws(const PackedDraws& packed);
/// An even number of digits of base 64.
bool are_digits(const std::string& text);

}  // namespace embrace
