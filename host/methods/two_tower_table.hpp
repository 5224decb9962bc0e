// One side of `two-tower`: the vectors of all users, or of all items, as sums of rows of a table, and the way back from
// their gradients to the rows'.
#pragma once
#include <cstdint>

#include "host/array.hpp"
#include "host/learning/embedding_table.hpp"
#include "host/learning/table_adam.hpp"
#include "host/matrix.hpp"
#include "host/sparse.hpp"
#include "host/threads.hpp"
#include "host/views.hpp"

namespace embrace {

/// A side as it begins; the same for all backends.
struct TowerStart {
  TowerStart(EmbeddingTable of, Threads& threads);

  EmbeddingTable table;  // whose biases stay zero
  Csr readers;           // rows of the table but those of frozen vectors × entities
  Array<float> shares;   // of the rate, by row
};

class TowerTable {
 public:
  explicit TowerTable(TowerStart start);

  const EmbeddingTable& table() const { return start_.table; }

  /// Makes vectors() anew.
  void represent(Threads& threads);
  ConstMatrixView vectors() const { return vectors_.left(start_.table.factors()); }
  /// Of the loss by vectors(), for whoever finds it.
  MatrixView vector_gradient() { return vector_gradient_.view(); }
  /// Makes gradient(), as the table's rows, of vector_gradient().
  void pass_back(Threads& threads);
  const Matrix& gradient() const { return gradient_; }
  /// Adam on all rows. Those of features take less of the rate, and less yet where several are read at once
  /// (EmbeddingTable::rate).
  void step(double rate, Threads& threads);

 private:
  TowerStart start_;
  Matrix vectors_;  // with a bias
  Matrix vector_gradient_;
  Matrix gradient_;
  TableAdam adam_;
};

}  // namespace embrace
