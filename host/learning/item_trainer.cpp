#include "host/learning/item_trainer.hpp"

#include <algorithm>

namespace embrace {

void ItemTrainer::score_user(std::int32_t user, float* scores) const {
  std::fill_n(scores, items_, 0.0F);
  for (const std::int32_t item : history_.items(user)) add_weights(item, scores);
}

}  // namespace embrace
