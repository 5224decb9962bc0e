#include "host/methods/two_tower_table.hpp"

#include <utility>

#include "host/math/product.hpp"
#include "host/math/sparse_product.hpp"

namespace embrace {
namespace {

constexpr std::int64_t entities_a_task = 256;
constexpr std::int64_t frozen_a_task = 16;  // columns

/// Of the rate that identities have. A step of Adam is as long for a row that speaks for hundreds as for one that
/// speaks for one (docs/defaults-features.md).
constexpr float features_share = 0.1F;

}  // namespace

TowerTable::TowerTable(EmbeddingTable table, Threads& threads)
    : table_(std::move(table)),
      readers_(transposed(table_.entries().view(), threads)),
      vectors_(table_.entities(), table_.width()),
      vector_gradient_(table_.entities(), table_.factors()),
      gradient_(table_.rows(), table_.width()),
      shares_(table_.rows()),
      adam_(table_.rows(), table_.width()) {
  for (std::int64_t r = 0; r < shares_.size(); ++r) {
    shares_[r] = (r < table_.identities() ? 1 : features_share) * table_.rate(r);
  }
}

void TowerTable::represent(Threads& threads) {
  threads.for_ranges(table_.entities(), entities_a_task, [&](std::int64_t begin, std::int64_t end, int) {
    table_.represent(begin, end, vectors_.rows(begin, end));
  });
}

void TowerTable::pass_back(Threads& threads) {
  const std::int64_t factors = table_.factors();
  multiply_sparse(readers_.view(), vector_gradient_.view(), gradient_.left(factors), threads);
  const ConstMatrixView frozen = table_.frozen();
  threads.for_ranges(frozen.columns, frozen_a_task, [&](std::int64_t begin, std::int64_t end, int) {
    multiply_by_transposed({frozen.data + begin, frozen.rows, end - begin, frozen.stride}, vector_gradient_.view(),
                           {gradient_.row(table_.first_frozen() + begin), end - begin, factors, gradient_.columns()});
  });
}

void TowerTable::step(double rate, Threads& threads) {
  adam_.step(rate, shares_, gradient_, table_.weights(), threads);
}

}  // namespace embrace
