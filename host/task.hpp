// Task: what a model is asked for.
#pragma once
#include "host/enum_text.hpp"

namespace embrace {

enum class Task {
  rating,   // the ratings of pairs
  ranking,  // each user's list of items
};
template <>
inline constexpr std::array enum_texts<Task> = {"rating", "ranking"};

}  // namespace embrace
