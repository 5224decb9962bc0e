#include "host/cpu/row_solution.hpp"

#include "host/cpu/normal_equations.hpp"
#include "host/error.hpp"

namespace embrace::cpu {

RowSolution row_solution(const Hyper& hyper) {
  const RowSolution solution{hyper.integer("cg_steps"), padded_width(hyper.integer("block"))};
  if (solution.cg_steps > 0 && solution.block > 0) {
    throw UsageError("cg_steps and block are two ways to solve a row", "set one of them to 0");
  }
  return solution;
}

}  // namespace embrace::cpu
