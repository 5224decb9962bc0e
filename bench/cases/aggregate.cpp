// aggregate: count, sum and sum of squares of ratings per user and per item.
#include "host/math/aggregate.hpp"

#include "bench/cases/operation.hpp"

namespace embrace::cases {
namespace {

void append(std::vector<double>& to, const RatingAggregates& sums) {
  for (const auto* column : {&sums.count, &sums.half_stars, &sums.quarter_stars}) {
    to.insert(to.end(), column->begin(), column->end());
  }
}

class Aggregate final : public Case {
 public:
  Aggregate(const Shape& shape, std::uint64_t seed) : shape_(shape), ratings_(power_law_ratings(shape, seed)) {}

  std::vector<double> reference() const override {
    std::vector<double> all = side(shape_.users, ratings_.users);
    const std::vector<double> items = side(shape_.items, ratings_.items);
    all.insert(all.end(), items.begin(), items.end());
    return all;
  }
  Prepared cpu(Threads& threads) const override {
    auto result = std::make_shared<UserItemAggregates>();
    const auto run = [this, result, &threads] {
      *result = aggregate_ratings(shape_.users, shape_.items, ratings_.users, ratings_.items, ratings_.values, threads);
    };
    return {run, [result] {
              std::vector<double> all;
              append(all, result->users);
              append(all, result->items);
              return all;
            }};
  }
  gpu::DeviceRun gpu(const gpu::Operations& on) const override {
    return on.aggregate(shape_.users, shape_.items, ratings_.users, ratings_.items, ratings_.values);
  }
  double bound() const override { return 0; }
  Work work() const override {
    const auto n = static_cast<double>(shape_.ratings);
    return {12 * n, 0, n};
  }

 private:
  /// count, then Σ 2r, then Σ (2r)² of every row.
  std::vector<double> side(std::int64_t rows, const std::vector<std::int32_t>& row) const {
    const auto n = static_cast<std::size_t>(rows);
    std::vector<double> sums(3 * n, 0.0);
    for (std::size_t e = 0; e < row.size(); ++e) {
      const auto r = static_cast<std::size_t>(row[e]);
      const double half = 2 * static_cast<double>(ratings_.values[e]);
      sums[r] += 1;
      sums[n + r] += half;
      sums[2 * n + r] += half * half;
    }
    return sums;
  }
  Shape shape_;
  Triples ratings_;
};

}  // namespace

Operation aggregate_operation() {
  return {"aggregate",
          "sums of integers are exact in any order",
          {{"empty", 3, 2, 0, 0}, {"one", 1, 1, 1, 0}, {"one-user", 1, 33, 1000, 0}, {"small", 31, 64, 5000, 0}},
          movielens_shapes({}),
          [](const Shape& shape, std::uint64_t seed) { return std::make_unique<Aggregate>(shape, seed); }};
}

}  // namespace embrace::cases
