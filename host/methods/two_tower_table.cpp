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

TowerStart::TowerStart(EmbeddingTable of, Threads& threads)
    : table(std::move(of)), readers(transposed(table.entries().view(), threads)), shares(table.rows()) {
  for (std::int64_t r = 0; r < shares.size(); ++r) {
    shares[r] = (r < table.identities() ? 1 : features_share) * table.rate(r);
  }
}

TowerTable::TowerTable(TowerStart start)
    : start_(std::move(start)),
      vectors_(table().entities(), table().width()),
      vector_gradient_(table().entities(), table().factors()),
      gradient_(table().rows(), table().width()),
      adam_(table().rows(), table().width()) {}

void TowerTable::represent(Threads& threads) {
  threads.for_ranges(table().entities(), entities_a_task, [&](std::int64_t begin, std::int64_t end, int) {
    table().represent(begin, end, vectors_.rows(begin, end));
  });
}

void TowerTable::pass_back(Threads& threads) {
  const std::int64_t factors = table().factors();
  multiply_sparse(start_.readers.view(), vector_gradient_.view(), gradient_.left(factors), threads);
  const ConstMatrixView frozen = table().frozen();
  threads.for_ranges(frozen.columns, frozen_a_task, [&](std::int64_t begin, std::int64_t end, int) {
    multiply_by_transposed({frozen.data + begin, frozen.rows, end - begin, frozen.stride}, vector_gradient_.view(),
                           {gradient_.row(table().first_frozen() + begin), end - begin, factors, gradient_.columns()});
  });
}

void TowerTable::step(double rate, Threads& threads) {
  adam_.step(rate, start_.shares, gradient_, start_.table.weights(), threads);
}

}  // namespace embrace
