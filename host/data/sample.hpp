// A part of the data that is small enough to be quick with.
#pragma once
#include <cstdint>

#include "host/data/dataset.hpp"

namespace embrace {

/// All ratings of users drawn at random, as many users as stay within `most` ratings (one at least); items and users
/// are numbered anew, the name says how many users there are. Splits that the data come with are not those of a part:
/// there are none. The same part each time. Data with no more than half again as many ratings stay as they are.
Dataset sample_users(Dataset dataset, std::int64_t most);

}  // namespace embrace
