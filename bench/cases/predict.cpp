// predict: the product of a user's and an item's vector for each of many pairs.
#include "bench/cases/factors.hpp"

namespace embrace::cases {
namespace {

class Predict final : public Case {
 public:
  Predict(const Shape& shape, std::uint64_t seed)
      : shape_(shape), seed_(seed), pairs_(power_law_ratings(shape, seed)), one_(1), plain_(shape, seed, one_) {}

  std::vector<double> reference() const override {
    std::vector<double> all;
    for (std::size_t e = 0; e < pairs_.users.size(); ++e)
      all.push_back(plain_.product(pairs_.users[e], pairs_.items[e]));
    return all;
  }
  Prepared cpu(Threads& threads) const override {
    auto trainer = std::make_shared<FixedFactors>(shape_, seed_, threads);
    auto out = std::make_shared<std::vector<float>>(pairs_.users.size());
    return {[this, trainer, out] {
              trainer->predict({pairs_.users, pairs_.items, {}}, *out);
            },
            [out] { return std::vector<double>(out->begin(), out->end()); }};
  }
  gpu::DeviceRun gpu(const gpu::Operations& on) const override {
    return on.predict(plain_.embedding()->users, plain_.embedding()->items, pairs_.users, pairs_.items);
  }
  double bound() const override { return 0; }
  Work work() const override {
    const auto n = static_cast<double>(shape_.ratings);
    const auto k = static_cast<double>(shape_.factors);
    return {n * (12 + 8 * k), 2 * n * k, n};
  }

 private:
  Shape shape_;
  std::uint64_t seed_;
  Triples pairs_;
  Threads one_;
  FixedFactors plain_;
};

}  // namespace

Operation predict_operation() {
  return {"predict",
          "sums of at most 1024 products of whole numbers below 5 are exact in float",
          {{"empty", 1, 1, 0, 8},
           {"k:1", 5, 7, 100, 1},
           {"k:31", 5, 7, 100, 31},
           {"k:32", 5, 7, 100, 32},
           {"k:33", 64, 33, 5000, 33},
           {"k:64", 64, 33, 5000, 64},
           {"k:1023", 5, 7, 100, 1023}},
          movielens_shapes({64, 128}),
          [](const Shape& shape, std::uint64_t seed) { return std::make_unique<Predict>(shape, seed); }};
}

}  // namespace embrace::cases
