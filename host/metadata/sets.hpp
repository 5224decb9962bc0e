// Feature blocks of who rated what, and of when: both from the training part.
#pragma once
#include <vector>

#include "host/data/dataset.hpp"
#include "host/data/split/split.hpp"
#include "host/metadata/blocks.hpp"
#include "host/metadata/rating_statistics.hpp"
#include "host/threads.hpp"

namespace embrace {

/// A user's training items, or an item's training users, each with weight 1/sqrt(n) (SVD++, Koren 2008, eq. 15; the
/// item side is Rendle, Zhang and Koren 2019's "flipped" set). Those without training ratings have empty rows.
FeatureBlock set_block(const Ratings& ratings, const std::vector<std::int64_t>& train, Side side);

/// When each rating was given (UTC): day, period of 28 days, day of the week, hour; one row a rating in file order.
/// The vocabulary is that of the training ratings; what is not in it is nothing.
std::vector<FeatureBlock> time_blocks(const Ratings& ratings, const std::vector<std::int64_t>& train, Threads& threads);

}  // namespace embrace
