// csr: ratings in file order to compressed rows, columns ascending, by users.
#include "bench/cases/operation.hpp"
#include "host/sparse.hpp"

#include <algorithm>
#include <numeric>

namespace embrace::cases {
namespace {

std::vector<double> flattened(const Csr& csr) {
  std::vector<double> all(csr.offsets.begin(), csr.offsets.end());
  all.insert(all.end(), csr.indices.begin(), csr.indices.end());
  all.insert(all.end(), csr.values.begin(), csr.values.end());
  return all;
}

class Rows final : public Case {
 public:
  Rows(const Shape& shape, std::uint64_t seed) : shape_(shape), ratings_(power_law_ratings(shape, seed)) {}

  std::vector<double> reference() const override {
    std::vector<std::size_t> order(ratings_.users.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return std::pair(ratings_.users[a], ratings_.items[a]) < std::pair(ratings_.users[b], ratings_.items[b]);
    });
    std::vector<double> all(static_cast<std::size_t>(shape_.users) + 1, 0.0);
    for (const std::size_t e : order) all[static_cast<std::size_t>(ratings_.users[e]) + 1] += 1;
    std::partial_sum(all.begin(), all.end(), all.begin());
    for (const std::size_t e : order) all.push_back(ratings_.items[e]);
    for (const std::size_t e : order) all.push_back(static_cast<double>(ratings_.values[e]));
    return all;
  }
  Prepared cpu(Threads& threads) const override {
    auto result = std::make_shared<Csr>();
    const auto run = [this, result, &threads] {
      *result = csr_from_triples(shape_.users, shape_.items, ratings_.users, ratings_.items, ratings_.values, threads);
    };
    return {run, [result] { return flattened(*result); }};
  }
  gpu::DeviceRun gpu(const gpu::Operations& on) const override {
    return on.csr(shape_.users, shape_.items, ratings_.users, ratings_.items, ratings_.values);
  }
  double bound() const override { return 0; }
  Work work() const override {
    const auto n = static_cast<double>(shape_.ratings);
    return {24 * n, 0, n};
  }

 private:
  Shape shape_;
  Triples ratings_;
};

}  // namespace

Operation csr_operation() {
  return {"csr",
          "values are moved, not computed",
          {{"empty", 3, 2, 0, 0}, {"one", 1, 1, 1, 0}, {"one-user", 1, 33, 1000, 0}, {"small", 31, 64, 5000, 0}},
          movielens_shapes({}),
          [](const Shape& shape, std::uint64_t seed) { return std::make_unique<Rows>(shape, seed); }};
}

}  // namespace embrace::cases
