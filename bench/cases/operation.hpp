// An operation, said once: its shapes, inputs, plain reference, error bound and work. The tests run the small shapes on
// every backend against the reference; the benchmarks run the large ones, after the same check. What it does on a
// CUDA device is said beside it, in <name>_device.cpp: bench/cases/device.hpp.
#pragma once
#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "bench/cases/timed_run.hpp"
#include "host/hyper.hpp"
#include "host/matrix.hpp"
#include "host/threads.hpp"

namespace embrace::cases {

/// What vectors are made of: whole numbers, whose sums are exact, or what trained ones are like, normal numbers.
/// Products of few small whole numbers tie in rankings and keep a GPU cool: what they take says little.
enum class Numbers { whole, normal };

struct Shape {
  std::string name;  // "ml-20m/k:64": part of the benchmark's name
  std::int64_t users = 0;
  std::int64_t items = 0;
  std::int64_t ratings = 0;
  std::int64_t factors = 0;
  Numbers numbers = Numbers::whole;
};

struct Triples {
  std::vector<std::int32_t> users, items;
  std::vector<float> values;
};

/// What an operation reads, the same on every backend; each fills what it needs.
struct Inputs {
  Shape shape;
  Triples ratings;  // or pairs to predict, or what users have seen
  Matrix a, b;      // vectors of users and of items, or factors of a product
  Hyper hyper{};    // of the method that calls the operation
};

/// What one run moves and computes at least; rates are derived from it.
struct Work {
  double bytes = 0;
  double flops = 0;
  double items = 0;  // ratings, scores, elements: the natural unit
};

struct Operation {
  std::string name;
  std::string bound_reason;
  double bound = 0;          // largest |answer - reference| that rounding explains; 0: exact
  std::vector<Shape> small;  // tests; inputs are whole numbers where sums must be exact
  std::vector<Shape> large;  // benchmarks
  std::function<Inputs(const Shape&, std::uint64_t seed)> inputs;
  std::function<std::vector<double>(const Inputs&)> reference;  // plain loops in double
  std::function<TimedRun(const Inputs&, Threads&)> cpu;         // refers to both; none for a limit of a device's
  std::function<Work(const Inputs&)> work;
  // Whether it has a run on CUDA devices, and one by Thrust beside it: set from cases.def.
  bool on_device = false;
  bool by_thrust = false;
};

/// Whose code runs an operation on a CUDA device: ours, or what Thrust's algorithms make of it, to compare with.
enum class DeviceCode { ours, thrust };

/// An operation's name, of its identifier in cases.def.
inline std::string name_of(std::string identifier) {
  std::replace(identifier.begin(), identifier.end(), '_', '-');
  return identifier;
}

/// All operations in the order of cases.def.
const std::vector<Operation>& operations();

/// Empty when every value of `answer` is within the bound of the reference; else what differs first. NaN never passes.
std::string difference(const std::vector<double>& answer, const std::vector<double>& reference, double bound);

/// Half stars 0.5 … 5 with a power law over items and users: an item's share falls with its index. Pairs may repeat.
Triples power_law_ratings(const Shape& shape, std::uint64_t seed);

/// rows × columns whole numbers in [-4, 4]: products and short sums of them are exact in float.
Matrix whole_numbers(std::int64_t rows, std::int64_t columns, std::uint64_t seed);

/// The same for many: they repeat, after a number of them that no row is made of.
Matrix repeated_numbers(std::int64_t rows, std::int64_t columns, std::uint64_t seed);

/// As many of the shape's users as it has ratings, each as likely.
std::vector<std::int32_t> any_users(const Shape& shape, std::uint64_t seed);

/// rows × columns numbers of the shape's kind; normal ones have mean 0 and standard deviation 1 / sqrt(columns).
Matrix vectors(const Shape& shape, std::int64_t rows, std::int64_t columns, std::uint64_t seed);

/// The data sets whose sizes the large shapes have, with k when factors are given; their vectors are normal.
std::vector<Shape> movielens_shapes(const std::vector<std::int64_t>& factors);

}  // namespace embrace::cases
