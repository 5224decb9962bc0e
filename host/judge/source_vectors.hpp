// What a source of embeddings gives for the data at hand, whatever made it: a method, metadata, a file, a control.
#pragma once
#include <cstdint>

#include "host/array.hpp"
#include "host/matrix.hpp"
#include "host/method.hpp"

namespace embrace::judge {

/// Rows by the data's own index; a row that is not known has no vector, whatever stands in it.
struct EntityVectors {
  Matrix rows;
  Array<std::uint8_t> known;  // one a row

  bool empty() const { return rows.rows() == 0; }
};

/// Item vectors, and of a method that has them its user vectors and biases, with which it scores pairs by itself.
struct SourceVectors {
  EntityVectors items;
  EntityVectors users{};  // none: the source has no vectors of users
  Array<float> user_bias{}, item_bias{};
  float offset = 0;

  bool has_users() const { return !users.empty(); }
  /// The score of the source itself; where it has users.
  EmbeddingView own() const { return {users.rows.view(), items.rows.view(), user_bias, item_bias, offset}; }
};

}  // namespace embrace::judge
