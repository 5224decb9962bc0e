// What is near an item, and what scores best for a user.
#pragma once
#include <cstdint>
#include <vector>

#include "host/embedding/embedding.hpp"

namespace embrace {

struct ScoredRow {
  std::int64_t row = 0;
  double score = 0;
};

/// The `count` rows of largest cosine to row `to`, which is none of them, nor is a row of zeros; of equal ones the
/// earlier row first. Nothing when row `to` is zero.
std::vector<ScoredRow> nearest(const Matrix& vectors, std::int64_t to, std::int64_t count);

/// The `count` items of largest score for the user of this row; `left_out` has a mark an item. Ties as above.
std::vector<ScoredRow> recommended(const Embedding& embedding, std::int64_t user, const std::vector<bool>& left_out,
                                   std::int64_t count);

}  // namespace embrace
