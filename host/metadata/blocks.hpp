// FeatureBlock: a named group of feature columns over users, items or ratings; and how blocks are made and joined.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "host/method.hpp"

namespace embrace {

/// One future Field with the meaning of its columns. Rows without anything known are empty.
struct FeatureBlock {
  std::string name;  // genres, year, tags …
  Field::Kind kind = Field::Kind::one_hot;
  std::vector<std::string> columns;
  Csr rows;
  std::string part;  // the information that it belongs to: +movie, +tags …
};

/// A number of every row; only rows with `known` count.
struct NumberColumn {
  std::string name;
  std::vector<double> values;
  std::vector<bool> known;
};

/// One column for each label that a row of the training part has (`trained`), ascending; an empty or unseen label is
/// an empty row.
FeatureBlock one_hot_block(std::string name, const std::vector<std::string>& labels, const std::vector<bool>& trained);

/// Columns for labels of at least `minimum` trained rows, ascending; a row's labels count once and weigh 1/n.
FeatureBlock multi_hot_block(std::string name, const std::vector<std::vector<std::string>>& labels,
                             const std::vector<bool>& trained, std::int64_t minimum);

/// Standardised: 0 is the mean over the training ratings (`ratings` of each row), 1 the root mean square distance from
/// it over the known rows with a rating. So a row without the number, a cold item, is like a usual rating's item and
/// not like a usual item, which is rated less and liked less. A column that is the same everywhere is left out.
FeatureBlock number_block(std::string name, const std::vector<NumberColumn>& numbers,
                          const std::vector<std::int64_t>& ratings);

/// Side by side, in order; blocks without columns vanish. All blocks have `rows` rows. Throws std::invalid_argument
/// when they do not, std::length_error beyond 2^31 - 1 columns.
Features join(const std::vector<FeatureBlock>& blocks, std::int64_t rows);

}  // namespace embrace
