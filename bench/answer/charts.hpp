// The answer in pictures.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "bench/answer/evidence.hpp"
#include "bench/answer/plan.hpp"
#include "bench/report/chart.hpp"

namespace embrace::answer {

/// What each information adds to a method's ratings, by method; faint: no gain over ratings, or none over the same
/// information on the wrong rows.
Chart information_chart(const StudyTable& table, const Rows& rows, const std::string& metric);

/// Accuracy against training time, of what is no worse than `baseline`. Labelled: what nothing faster is better than.
Chart cost_chart(const StudyTable& table, const Rows& rows, const Entry* baseline, const std::string& metric);

/// How much better each source is than random rows before each judge.
Chart embedding_chart(const StudyTable& table, const std::map<std::string, Rows>& judges, const std::string& metric);

}  // namespace embrace::answer
