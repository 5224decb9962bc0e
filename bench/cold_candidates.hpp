// Rankings of cold items among themselves: the protocol of LightFM (Kula 2015) for items that nobody has rated yet.
#pragma once
#include <cstdint>
#include <vector>

#include "bench/fold_data.hpp"
#include "host/sparse.hpp"

namespace embrace {

/// The items without a training rating, ascending.
std::vector<std::int32_t> cold_items(const FoldData& data);

/// The matrix without the entries of other columns; `columns` ascending.
Csr only_columns(CsrView matrix, const std::vector<std::int32_t>& columns);

}  // namespace embrace
