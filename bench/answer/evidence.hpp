// Rows of a table as evidence: their names in sentences, their order, and what one is over another.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "bench/report/compare.hpp"

namespace embrace::answer {

inline constexpr double significant = 0.05;

using Rows = std::vector<const Entry*>;

/// What a is over b, greater than zero: better; paired, of these two alone.
struct Better {
  double gain = 0, low = 0, high = 0, p = 1;
};
/// Nothing where there is no metric, no run that both have, or no interval.
std::optional<Better> better(const std::string& metric, const Entry& a, const Entry& b);

/// A difference below it is none that anybody would act on: .001 of an error, .002 of other metrics.
double margin_of(const std::string& metric);

/// shuffled, random, and what is made from them.
bool is_control(const std::string& information);

bool is_judged(const Entry& entry);
/// "als", of a judge's row on its embedding.
std::string source_of(const Row& row);
/// The row of a judge on a source, as its information is called.
std::string embedding_of(const std::string& source);
/// "hybrid +movie", or the source.
std::string name_of(const Entry& entry);

double value_of(const Entry& entry, const std::string& metric);
/// Rows that have the metric, without a failed run, best first.
Rows ranked(const Rows& rows, const std::string& metric);
/// Null where there is none without a failed run.
const Entry* find_row(const Rows& rows, const std::string& method, const std::string& information);

/// A metric as sentences and charts call it: "RMSE".
std::string metric_name(std::string metric);
/// "0.0413 (0.0328 to 0.0501)".
std::string gain_text(double gain, double low, double high);

/// "a, b and c".
std::string listed(const std::vector<std::string>& names);

}  // namespace embrace::answer
