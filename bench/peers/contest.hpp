// Contests: a method of ours against a peer that does the same work, and the ratio that is aimed at. Both train on the
// same fold with the same factors and threads; the accuracy that both must reach is measured by one evaluator.
#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "host/method.hpp"

namespace embrace::peers {

/// How a row of the table compares the two sides. The ratio is always their time / our time.
enum class Measure {
  rate,       // seconds a training rating, from epochs
  target,     // seconds of training until the accuracy is reached
  operation,  // seconds of the operation, whose answers must be equal
  baseline,   // nothing: what a ranking must be better than
};
const char* measure_name(Measure measure);

struct Goal {
  Measure measure = Measure::rate;
  double bar = 0;  // the ratio aimed at; 0: shown without one
};

using Settings = std::vector<std::pair<std::string, double>>;

/// The method without which no ranking is worth a race: a row of every contest between rankings, and where the accuracy
/// that both sides must reach is measured from (bench/report/contest_target.hpp).
inline constexpr const char* baseline = "popularity";

/// One of the two sides; `epochs` is among its settings.
struct Side {
  std::string method;
  Settings settings;
};

struct Contest {
  std::string name;
  std::string peer;
  Task task = Task::rating;
  std::optional<double> positive{};  // rankings: the data are reduced to ratings of at least this
  std::string information = "ratings";
  std::string metric{};  // rmse, of the test; rankings ndcg@10, of a validation part; empty for operations
  Side ours, theirs;
  std::vector<Goal> goals;
  bool stepwise = true;  // the peer's model can be looked at after each epoch, not only at the end
  std::string unlike{};  // what makes them two algorithms, of which one may need more ratings; empty: they are one
  /// The accuracy that both must reach, by name of the data; not of rankings.
  std::vector<std::pair<std::string, double>> targets{};

  bool is_operation() const { return metric.empty(); }
};

const std::vector<Contest>& all_contests();
/// Null when there is none.
const Contest* find_contest(const std::string& name);
/// Names and globs of contests or of peers, comma-separated; `all`; throws UsageError for a name that is none.
std::vector<const Contest*> select_contests(const std::string& text);

/// The value of a setting; throws std::out_of_range when the side has none.
double setting(const Side& side, const std::string& name);
/// The same contest with another number of factors on both sides.
Contest with_factors(const Contest& contest, int factors);

}  // namespace embrace::peers
