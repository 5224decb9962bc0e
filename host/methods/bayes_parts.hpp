// What `bayes` makes of a problem before there is a model: the shapes of its relation blocks and the ratings of their
// rows, on any device.
#pragma once
#include <array>
#include <cstdint>

#include "host/array.hpp"
#include "host/enum_text.hpp"
#include "host/method.hpp"
#include "host/methods/bayes_block.hpp"
#include "host/methods/bayes_contexts.hpp"

namespace embrace {

/// The choices of the hyper-parameter `output` of `bayes`.
enum class BayesOutput { regression, probit };
template <>
inline constexpr std::array enum_texts<BayesOutput> = {"regression", "probit"};

namespace cpu {

struct BayesParts {
  struct Block {
    BlockShape shape;
    BlockRatings ratings;
  };

  /// The problem must outlive it.
  explicit BayesParts(const Problem& problem);
  BayesParts(const BayesParts&) = delete;
  BayesParts& operator=(const BayesParts&) = delete;

  Array<std::int32_t> user_of;  // by entry of the ratings
  DistinctRows contexts{};
  Grouped by_context{};  // entries of the ratings
  Array<Block> blocks;   // users, items, and contexts where the problem has them
};

}  // namespace cpu
}  // namespace embrace
