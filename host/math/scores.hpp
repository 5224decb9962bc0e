// What an embedding says of pairs and of whole rows: offset + user_bias + item_bias + <user, item>.
#pragma once
#include <cstdint>

#include "host/method.hpp"
#include "host/span.hpp"

namespace embrace {

/// Scores of the pairs (users[p], items[p]).
void score_pairs(const EmbeddingView& embedding, Span<const std::int32_t> users, Span<const std::int32_t> items,
                 Span<float> out, Threads& threads);

/// Scores of all items for each of `users`; out is users.size() × items. A score does not depend on who else is asked
/// for. Cost: users · items · 2 · factors floating-point operations, at about the rate of a matrix product.
void score_rows(const EmbeddingView& embedding, Span<const std::int32_t> users, MatrixView out, Threads& threads);

}  // namespace embrace
