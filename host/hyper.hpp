// Hyper-parameters: what a method declares, and what a run sets.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "host/task.hpp"

namespace embrace {

/// Named numbers; always complete and checked against the method's HyperSpecs before a Trainer sees them.
class Hyper {
 public:
  double operator[](std::string_view name) const;  // throws std::out_of_range for a name the method did not declare
  std::int64_t integer(std::string_view name) const;
  bool has(std::string_view name) const;
  void set(std::string_view name, double value);
  const std::vector<std::pair<std::string, double>>& values() const { return values_; }

 private:
  std::vector<std::pair<std::string, double>> values_;  // ascending by name
};

/// Standard deviation of each element of a vector before training: `spread` / sqrt(`factors`).
double initial_deviation(const Hyper& hyper);

/// What is known of data before training: what a default may follow from.
struct DataShape {
  std::int64_t users = 0;    // all of the data, also those without a rating in the training part
  std::int64_t items = 0;    // likewise
  std::int64_t ratings = 0;  // of the training part
};
/// That of MovieLens 1M: HyperSpec has what rules give there.
inline constexpr DataShape usual_shape{6040, 3706, 1000209};

/// A default that follows from the data, or from other hyper-parameters, where one number cannot serve.
struct DefaultRule {
  /// `others`: what was set, and the fixed defaults of the rest.
  double (*value)(Task task, const DataShape& shape, const Hyper& others) = nullptr;
  std::string text{};  // in words, for people
};

/// One hyper-parameter: default per task, legal range, meaning.
struct HyperSpec {
  std::string name;
  double rating_default;
  double ranking_default;
  double lowest;
  double highest;
  bool whole = false;  // an integer
  std::string meaning;
  std::vector<std::string> choices{};  // names of the values 0, 1, 2 …; empty for a number
  DefaultRule rule{};                  // in place of the defaults, where there is one
};

/// Where the best value of a hyper-parameter is looked for: uniformly in its logarithm, or in itself.
struct SearchRange {
  enum class Scale { log, linear };
  std::string name;
  double low = 0;
  double high = 0;
  Scale scale = Scale::log;
};

/// A hyper-parameter's value as people write and read it: a number, or the name of a choice.
using HyperValue = std::variant<double, std::string>;
HyperValue named_value(const HyperSpec& spec, double value);

}  // namespace embrace
