// All features of users or movies as one sparse matrix, for models to which frozen vectors are numbers like others.
#pragma once
#include <cstdint>

#include "host/sparse.hpp"
#include "host/views.hpp"

namespace embrace {

/// The columns of `features`, then those of `vectors`, whose zeros are no entries; either may be empty.
Csr feature_columns(std::int64_t rows, CsrView features, ConstMatrixView vectors);

}  // namespace embrace
