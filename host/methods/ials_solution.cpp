#include "host/methods/ials_solution.hpp"

#include "host/error.hpp"
#include "host/math/normal_equations.hpp"

namespace embrace {

RowSolution row_solution(const Hyper& hyper) {
  const RowSolution solution{hyper.integer("cg_steps"), padded_width(hyper.integer("block"))};
  if (solution.cg_steps > 0 && solution.block > 0) {
    throw UsageError("cg_steps and block are two ways to solve a row", "set one of them to 0");
  }
  return solution;
}

}  // namespace embrace
