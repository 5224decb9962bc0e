// The sides of a model made of EmbeddingTables, as they are before its first epoch; the same for all backends.
#pragma once
#include "host/array.hpp"
#include "host/learning/embedding_table.hpp"
#include "host/method.hpp"

namespace embrace {

/// One side: its embeddings, and the penalty of each row (EmbeddingTable::penalties).
struct ModelSide {
  EmbeddingTable table;
  Array<float> penalties;
};

/// Users and items with identities, then contexts, without, where the problem has them: the order of
/// Minibatches::Side. Hyper-parameters `factors`, `spread`, `regularization` and `nu` are those of the problem.
Array<ModelSide> make_sides(const Problem& problem, EmbeddingTable::Slices slices);

}  // namespace embrace
