// Numbers as tables show them.
#pragma once
#include <string>

namespace embrace {

/// With so many decimals; with an exponent where that would be a row of digits that nobody reads (1.2e+308).
std::string fixed(double value, int decimals);

/// Three digits, never an exponent for times and speeds that occur. Two digits below a tenth, so that a closed form
/// does not take 0.000 seconds.
std::string three_digits(double value);

}  // namespace embrace
