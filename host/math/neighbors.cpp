// Products of a row with all others are summed where the others have their place; then the best are chosen. A row that
// meets few others keeps a list of them, so that the rest need not be looked at.
#include "host/math/neighbors.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "host/array.hpp"
#include "host/math/row_schedule.hpp"

namespace embrace {
namespace {

struct Neighbor {
  std::int32_t row;
  float similarity;
  /// Best first.
  bool operator<(const Neighbor& other) const {
    return similarity != other.similarity ? similarity > other.similarity : row < other.row;
  }
};

/// The best of many, of which twice as many as wanted are kept at most.
class Best {
 public:
  explicit Best(std::int64_t wanted) : wanted_(wanted) {}
  void offer(std::int32_t row, float similarity) {
    if (!(similarity > least_)) return;
    kept_.push_back({row, similarity});
    if (kept_.size() >= 2 * wanted_ + slack) shrink();
  }
  /// Ascending by row; the next offers are of another row.
  Array<Neighbor> take() {
    shrink();
    Array<Neighbor> best(kept_.begin(), kept_.end());
    std::sort(best.begin(), best.end(), [](const Neighbor& a, const Neighbor& b) { return a.row < b.row; });
    kept_.clear();
    least_ = 0;
    return best;
  }

 private:
  static constexpr std::int64_t slack = 64;  // so that few are not sorted too often

  void shrink() {
    if (kept_.size() <= wanted_) return;
    const auto last = kept_.begin() + wanted_;
    std::nth_element(kept_.begin(), last, kept_.end());
    kept_.resize(wanted_, {});
    const auto worst = std::max_element(kept_.begin(), kept_.end());
    // What comes later has a row further down or was met in another order: an equal one may still be wanted.
    if (worst != kept_.end()) least_ = std::nextafter(worst->similarity, 0.0F);
  }

  std::int64_t wanted_;
  float least_ = 0;
  Array<Neighbor> kept_;
};

/// Σ of squares of the rows, to a power.
Array<float> lengths(CsrView by_column, std::int64_t rows, double power) {
  Array<double> squares(rows);
  for (std::int64_t e = 0; e < by_column.entries(); ++e) {
    squares[by_column.indices[e]] +=
        static_cast<double>(by_column.values[e]) * static_cast<double>(by_column.values[e]);
  }
  Array<float> result;
  for (const double square : squares) result.push_back(static_cast<float>(std::pow(square, power)));
  return result;
}

class RowSearch {
 public:
  RowSearch(CsrView rows, CsrView by_column, const Array<float>& lengths, const NeighborSettings& settings)
      : rows_(rows),
        by_column_(by_column),
        lengths_(lengths),
        exponent_(settings.exponent),
        shrinkage_(static_cast<float>(settings.shrinkage)),
        products_(by_column.columns),
        met_(by_column.columns / 2 + 1),
        best_(settings.count) {}

  /// `self`: the row of the matrix that is no neighbour, or -1.
  Array<Neighbor> find(std::int64_t row, std::int64_t self) {
    double square = 0;
    std::int64_t products = 0;
    for (std::int64_t e = rows_.offsets[row]; e < rows_.offsets[row + 1]; ++e) {
      square += static_cast<double>(rows_.values[e]) * static_cast<double>(rows_.values[e]);
      products += by_column_.row_size(rows_.indices[e]);
    }
    const auto length = static_cast<float>(std::pow(square, exponent_));
    if (products < met_.size()) {
      offer_met(row, self, length);
    } else {
      offer_all(row, self, length);
    }
    return best_.take();
  }

 private:
  float similarity(std::int64_t other, float length) const {
    return products_[other] / (length * lengths_[other] + shrinkage_);
  }

  void offer_met(std::int64_t row, std::int64_t self, float length) {
    std::int64_t count = 0;
    for (std::int64_t e = rows_.offsets[row]; e < rows_.offsets[row + 1]; ++e) {
      const float value = rows_.values[e];
      const std::int32_t column = rows_.indices[e];
      for (std::int64_t f = by_column_.offsets[column]; f < by_column_.offsets[column + 1]; ++f) {
        const std::int32_t other = by_column_.indices[f];
        met_[count] = other;
        count += products_[other] == 0 ? 1 : 0;
        products_[other] += value * by_column_.values[f];
      }
    }
    for (std::int64_t m = 0; m < count; ++m) {  // one that was met again after its sum was 0 is 0 the second time
      const std::int32_t other = met_[m];
      if (other != self && products_[other] > 0) best_.offer(other, similarity(other, length));
      products_[other] = 0;
    }
  }

  void offer_all(std::int64_t row, std::int64_t self, float length) {
    for (std::int64_t e = rows_.offsets[row]; e < rows_.offsets[row + 1]; ++e) {
      const float value = rows_.values[e];
      const std::int32_t column = rows_.indices[e];
      for (std::int64_t f = by_column_.offsets[column]; f < by_column_.offsets[column + 1]; ++f) {
        products_[by_column_.indices[f]] += value * by_column_.values[f];
      }
    }
    for (std::int64_t other = 0; other < products_.size(); ++other) {
      if (products_[other] > 0 && other != self) {
        best_.offer(static_cast<std::int32_t>(other), similarity(other, length));
      }
    }
    std::fill(products_.begin(), products_.end(), 0.0F);
  }

  CsrView rows_, by_column_;
  const Array<float>& lengths_;
  double exponent_;
  float shrinkage_;
  Array<float> products_;
  Array<std::int32_t> met_;  // others whose product was 0 before: fewer than there are entries to go through
  Best best_;
};

}  // namespace

Csr nearest_rows(CsrView rows, CsrView by_column, bool same, const NeighborSettings& settings, Threads& threads) {
  const Array<float> other_lengths = lengths(by_column, by_column.columns, 1 - settings.exponent);
  const RowSchedule schedule(rows);
  Array<RowSearch> searches;
  for (int worker = 0; worker < threads.count(); ++worker) {
    searches.emplace_back(rows, by_column, other_lengths, settings);
  }
  Array<Array<Neighbor>> found(rows.rows);
  threads.for_each(schedule.tasks(), [&](std::int64_t task, int worker) {
    for (const std::int32_t row : schedule.rows(task)) found[row] = searches[worker].find(row, same ? row : -1);
  });
  Csr neighbors;
  neighbors.columns = by_column.columns;
  for (const Array<Neighbor>& row : found) neighbors.offsets.push_back(neighbors.offsets.back() + row.size());
  neighbors.indices.resize(neighbors.offsets.back());
  neighbors.values.resize(neighbors.offsets.back());
  threads.for_ranges(rows.rows, 256, [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t r = begin; r < end; ++r) {
      for (std::int64_t n = 0; n < found[r].size(); ++n) {
        neighbors.indices[neighbors.offsets[r] + n] = found[r][n].row;
        neighbors.values[neighbors.offsets[r] + n] = found[r][n].similarity;
      }
    }
  });
  return neighbors;
}

}  // namespace embrace
