// All blocks that an information names, before they are joined: what `data prepare` describes column by column.
#pragma once
#include <string>
#include <vector>

#include "host/metadata/blocks.hpp"
#include "host/metadata/features.hpp"
#include "host/metadata/information.hpp"

namespace embrace {

struct BlockSet {
  std::vector<FeatureBlock> user, item, context;  // rows: users, items, ratings
  std::vector<std::string> notes;                 // as in FeatureSet
};

/// The blocks of build_features, which joins them and applies the control. Same errors.
BlockSet build_blocks(const Dataset& dataset, const Fold& fold, const Information& information, Task task,
                      Threads& threads);

}  // namespace embrace
