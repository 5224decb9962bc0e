#include "bench/cases/operation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "host/random.hpp"

namespace embrace::cases {

#define EMBRACE_CASE(identifier) Operation identifier##_operation();
#include "bench/cases.def"

namespace {

std::vector<Operation> listed() {
  std::vector<Operation> list = {
#define EMBRACE_CASE(identifier) identifier##_operation(),
#include "bench/cases.def"
  };
  const std::set<std::string> on_device = {
#define EMBRACE_CASE_ON_DEVICE(identifier) name_of(#identifier),
#include "bench/cases.def"
  };
  const std::set<std::string> by_thrust = {
#define EMBRACE_CASE_BY_THRUST(identifier) name_of(#identifier),
#include "bench/cases.def"
  };
  for (Operation& operation : list) {
    operation.on_device = on_device.contains(operation.name);
    operation.by_thrust = by_thrust.contains(operation.name);
  }
  return list;
}

}  // namespace

const std::vector<Operation>& operations() {
  static const std::vector<Operation> list = listed();
  return list;
}
std::string difference(const std::vector<double>& answer, const std::vector<double>& reference, double bound) {
  if (answer.size() != reference.size()) {
    return fmt::format("{} values instead of {}", answer.size(), reference.size());
  }
  for (std::size_t i = 0; i < answer.size(); ++i) {
    if (std::abs(answer[i] - reference[i]) <= bound) continue;  // false for NaN
    return fmt::format("value {} is {:.9g} instead of {:.9g} (bound {:.3g})", i, answer[i], reference[i], bound);
  }
  return "";
}

Triples power_law_ratings(const Shape& shape, std::uint64_t seed) {
  const Random random(seed, Stream::sampling);
  const auto skewed = [&](std::int64_t size, std::int64_t e, std::uint32_t b) {
    const double u = random.uniform(static_cast<std::uint64_t>(e), b);
    return static_cast<std::int32_t>(static_cast<double>(size) * u * u * u);  // density ~ index^(-2/3)
  };
  Triples triples;
  for (std::int64_t e = 0; e < shape.ratings; ++e) {
    triples.users.push_back(skewed(shape.users, e, 0));
    triples.items.push_back(skewed(shape.items, e, 1));
    triples.values.push_back(static_cast<float>(random.below(10, static_cast<std::uint64_t>(e), 2) + 1) * 0.5F);
  }
  return triples;
}

Matrix whole_numbers(std::int64_t rows, std::int64_t columns, std::uint64_t seed) {
  const Random random(seed, Stream::initial);
  Matrix numbers(rows, columns);
  for (std::int64_t i = 0; i < numbers.size(); ++i) {
    numbers.data()[i] = static_cast<float>(random.below(9, static_cast<std::uint64_t>(i))) - 4.0F;
  }
  return numbers;
}

Matrix repeated_numbers(std::int64_t rows, std::int64_t columns, std::uint64_t seed) {
  constexpr std::int64_t period = 4093;  // a prime
  Matrix all(rows, columns);
  const Matrix numbers = whole_numbers(1, std::min(all.size(), period), seed);
  for (std::int64_t i = 0; i < all.size(); ++i) all.data()[i] = numbers.data()[i % numbers.size()];
  return all;
}

std::vector<std::int32_t> any_users(const Shape& shape, std::uint64_t seed) {
  const Random random(seed, Stream::sampling);
  std::vector<std::int32_t> users;
  for (std::int64_t e = 0; e < shape.ratings; ++e) {
    const auto below = static_cast<std::uint64_t>(shape.users);
    users.push_back(static_cast<std::int32_t>(random.below(below, static_cast<std::uint64_t>(e))));
  }
  return users;
}

Matrix vectors(const Shape& shape, std::int64_t rows, std::int64_t columns, std::uint64_t seed) {
  if (shape.numbers == Numbers::whole) return whole_numbers(rows, columns, seed);
  const Random random(seed, Stream::initial);
  const double deviation = 1 / std::sqrt(static_cast<double>(columns));
  Matrix numbers(rows, columns);
  for (std::int64_t i = 0; i < numbers.size(); ++i) {
    numbers.data()[i] = static_cast<float>(deviation * random.normal(static_cast<std::uint64_t>(i)));
  }
  return numbers;
}

std::vector<Shape> movielens_shapes(const std::vector<std::int64_t>& factors) {
  const Shape data[] = {{"ml-100k", 943, 1682, 100'000, 0, Numbers::normal},
                        {"ml-1m", 6040, 3706, 1'000'209, 0, Numbers::normal},
                        {"ml-20m", 138'493, 26'744, 20'000'263, 0, Numbers::normal}};
  std::vector<Shape> shapes;
  for (const Shape& shape : data) {
    if (factors.empty()) shapes.push_back(shape);
    for (const std::int64_t k : factors) {
      shapes.push_back(shape);
      shapes.back().name += fmt::format("/k:{}", k);
      shapes.back().factors = k;
    }
  }
  return shapes;
}

}  // namespace embrace::cases
