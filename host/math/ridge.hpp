// Penalties of the alternating methods.
#pragma once
#include <cmath>

namespace embrace {

/// What a row of `size` ratings pays for each |x|²: regularization · size^nu (Zhou et al. 2008, section 3.1, with nu
/// 1). A method that counts the pairs without a rating, too, adds their weight to the size.
inline double ridge(double regularization, double size, double nu) { return regularization * std::pow(size, nu); }

}  // namespace embrace
