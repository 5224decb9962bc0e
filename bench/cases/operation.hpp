// An operation, said once: its shapes, inputs, plain reference, error bound and work. The tests run the small shapes on
// every backend against the reference; the benchmarks run the large ones, after the same check.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cuda/operations.hpp"
#include "host/threads.hpp"

namespace embrace::cases {

struct Shape {
  std::string name;  // "ml-20m/k:64": part of the benchmark's name
  std::int64_t users = 0;
  std::int64_t items = 0;
  std::int64_t ratings = 0;
  std::int64_t factors = 0;
};

/// What one run moves and computes at least; rates are derived from it.
struct Work {
  double bytes = 0;
  double flops = 0;
  double items = 0;  // ratings, scores, elements: the natural unit
};

/// Inputs on a backend, ready to be run again and again.
struct Prepared {
  std::function<void()> run;                    // finished when it returns
  std::function<std::vector<double>()> answer;  // of the last run, flattened
};

/// An operation on one shape with its inputs.
class Case {
 public:
  virtual ~Case() = default;
  virtual std::vector<double> reference() const = 0;  // plain loops in double
  virtual Prepared cpu(Threads& threads) const = 0;
  virtual gpu::DeviceRun gpu(const gpu::Operations& on) const = 0;
  /// Largest |answer - reference| that rounding explains, with `bound_reason` saying why; 0: exact.
  virtual double bound() const = 0;
  virtual Work work() const = 0;
};

struct Operation {
  std::string name;
  std::string bound_reason;
  std::vector<Shape> small;  // tests; inputs are whole numbers where sums must be exact
  std::vector<Shape> large;  // benchmarks
  std::function<std::unique_ptr<Case>(const Shape&, std::uint64_t seed)> make;
};

/// All operations in the order of cases.def.
const std::vector<Operation>& operations();

/// Empty when every value of `answer` is within the bound of the reference; else what differs first. NaN never passes.
std::string difference(const std::vector<double>& answer, const std::vector<double>& reference, double bound);

/// Ratings with a power-law over items and users: an item's share falls with its index. Pairs may repeat.
struct Triples {
  std::vector<std::int32_t> users, items;
  std::vector<float> values;  // half stars 0.5 … 5
};
Triples power_law_ratings(const Shape& shape, std::uint64_t seed);

/// rows × columns whole numbers in [-4, 4]: products and short sums of them are exact in float.
std::vector<float> whole_numbers(std::int64_t size, std::uint64_t seed);

/// The data sets whose sizes the large shapes have, with k when factors are given.
std::vector<Shape> movielens_shapes(const std::vector<std::int64_t>& factors);

}  // namespace embrace::cases
