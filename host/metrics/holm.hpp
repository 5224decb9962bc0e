// Many tests at once.
#pragma once
#include "host/array.hpp"

namespace embrace {

/// Holm 1979 ("A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6): the
/// k-th smallest of m p-values counts m - k + 1 times, and no less than the one before it. In the order given.
Array<double> holm(Array<double> p_values);

}  // namespace embrace
