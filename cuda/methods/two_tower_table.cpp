#include "cuda/methods/two_tower_table.hpp"

#include <algorithm>
#include <utility>

#include "cuda/device/phase.hpp"
#include "cuda/math/product.hpp"
#include "cuda/math/spmm.hpp"

namespace embrace::gpu {

TowerTable::TowerTable(Device& device, const embrace::TowerStart& start)
    : table_(device, start.table),
      entry_plan_(device, start.table.entries().view()),
      readers_(device, start.readers.view()),
      reader_plan_(device, start.readers.view()),
      vectors_(device, start.table.entities(), start.table.factors()),
      gradient_(device, start.table.rows(), start.table.factors()),
      adam_(device, start.shares, start.table.factors()) {}

std::int64_t TowerTable::bytes(const embrace::TowerStart& start) {
  const embrace::EmbeddingTable& table = start.table;
  const CsrView entries = table.entries().view(), readers = start.readers.view();
  const std::int64_t factors = table.factors();
  return EmbeddingTable::bytes(table) + RowPlan::bytes(entries) + DeviceCsr::bytes(readers) + RowPlan::bytes(readers) +
         DeviceMatrix::bytes(table.entities() + table.rows(), factors) + TableAdam::bytes(table.rows(), factors) +
         std::max(multiply_sparse_bytes(entries, factors), multiply_sparse_bytes(readers, factors));
}

void TowerTable::represent(Device& device) {
  EMBRACE_PHASE("represent");
  const TableView table = table_.view();
  multiply_sparse(device, {.matrix = table.entries, .plan = entry_plan_.view(), .x = table.vectors}, vectors_.view());
  if (table.frozen.columns > 0) multiply(device, table.frozen, frozen_rows(table.vectors), 1, vectors_.view());
}

void TowerTable::pass_back(Device& device, DeviceMatrixView<const float> vector_gradient) {
  EMBRACE_PHASE("pass back");
  const TableView table = table_.view();
  DeviceMatrixView<float> of_entries = gradient_.view();
  of_entries.rows = table.first_frozen();
  multiply_sparse(device, {.matrix = readers_.view(), .plan = reader_plan_.view(), .x = vector_gradient}, of_entries);
  if (table.frozen.columns == 0) return;
  multiply_by_transposed(device, table.frozen, vector_gradient, 0, frozen_rows(gradient_.view()));
}

void TowerTable::step(Device& device, double rate) {
  adam_.step(device, rate, std::as_const(gradient_).view(), table_.vectors());
}

}  // namespace embrace::gpu
