// Vectors passed along the graph of who rated what: users and items are its nodes, ratings its edges.
// He, Deng, Wang, Li, Zhang, Wang 2020 ("LightGCN"), equations 3, 4 and 8: with A = D^-1/2 R D^-1/2, R the symmetric
// matrix of nodes by nodes that counts the ratings between two, and D its sums of rows,
//   x_0 = x;  x_l = A x_(l - 1);  out = mean of x_0 … x_layers
// It is linear and symmetric: the gradient by x is the same mean, of the gradient by out.
#pragma once
#include <cstdint>

#include "host/math/row_schedule.hpp"
#include "host/matrix.hpp"
#include "host/sparse.hpp"
#include "host/threads.hpp"
#include "host/views.hpp"

namespace embrace {

class Propagation {
 public:
  /// `by_item` is `ratings` transposed. What they hold does not matter, only where.
  Propagation(CsrView ratings, CsrView by_item);

  /// A: rows and columns are the users, then the items.
  CsrView adjacency() const { return adjacency_.view(); }

  /// out = (1 + A + … + A^layers) x / (layers + 1), by Horner's rule; x and out have a row a node and do not overlap.
  /// Every sum goes through a row's entries in order: the same bits for any number of threads. Cost: layers · 4 ·
  /// ratings · x.columns floating-point operations, each pair of them reading a number of x at random.
  void mean_of_layers(std::int64_t layers, ConstMatrixView x, MatrixView out, Threads& threads);

 private:
  void add_neighbors(ConstMatrixView x, ConstMatrixView below, float scale, MatrixView out, Threads& threads) const;

  Csr adjacency_;
  RowSchedule schedule_;
  Matrix between_;  // layers
};

}  // namespace embrace
