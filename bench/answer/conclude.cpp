#include "bench/answer/conclude.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "bench/answer/charts.hpp"
#include "bench/judge/gates.hpp"
#include "host/judge/free_vectors.hpp"
#include "host/metrics/holm.hpp"
#include "host/metrics/metric.hpp"

namespace embrace::answer {
namespace {

/// Of ranked rows those that are best, or cannot be told from the best.
Rows leaders_of(const Rows& list, const std::string& metric) {
  Rows leaders;
  for (const Entry* row : list) {
    if (row->row.accuracy.at(metric).standing != Standing::none) leaders.push_back(row);
  }
  return leaders;
}

std::string headline_of(const Rows& rows) {
  for (const Entry* row : rows) {
    if (const std::string metric = headline(*row); !metric.empty() && find_metric(metric) != nullptr) return metric;
  }
  return "";
}

// ---- Sentences ------------------------------------------------------------------------------------------------------

std::string scenario_text(Scenario scenario) {
  switch (scenario) {
    case Scenario::warm:
      return "For users and movies that are known";
    case Scenario::cold_items:
      return "For movies that nobody has rated yet";
    case Scenario::cold_users:
      return "For users who have rated nothing yet";
    case Scenario::time:
      return "For the latest ratings, learned from those before";
  }
  return "";
}

std::string metric_text(const std::string& metric, double value) {
  return fmt::format("{} {:.4f}", metric_name(metric), value);
}

std::string gain_text(const Better& by) { return answer::gain_text(by.gain, by.low, by.high); }

/// Of the leaders but the first.
std::vector<std::string> rivals_of(const Rows& leaders) {
  std::vector<std::string> names;
  for (std::size_t r = 1; r < leaders.size(); ++r) names.push_back(name_of(*leaders[r]));
  return names;
}

/// The same, where the whole interval lies within the margin with "(equal within .001)".
std::string rivals_text(const Rows& leaders, const std::string& metric) {
  std::vector<std::string> names = rivals_of(leaders);
  for (std::size_t r = 1; r < leaders.size(); ++r) {
    const auto by = better(metric, *leaders[0], *leaders[r]);
    const double margin = margin_of(metric);
    if (by && by->low > -margin && by->high < margin) names[r - 1] += fmt::format(" (equal within {:.3f})", margin);
  }
  return listed(names);
}

void set_gain(const Better& by, const std::string& against, Answer& answer) {
  answer.gain = by.gain;
  answer.low = by.low;
  answer.high = by.high;
  answer.against = against;
}

// ---- Which method ---------------------------------------------------------------------------------------------------

/// What a method must beat to be worth its cost.
std::string baseline_of(const StudyTable& table) {
  if (table.task == Task::ranking) return "popularity";
  if (table.scenario == Scenario::cold_items) return "user-mean";
  return table.scenario == Scenario::cold_users ? "item-mean" : "bias";
}

std::optional<Answer> best_method(const StudyTable& table, const Rows& all, const std::string& metric) {
  Rows candidates;
  for (const Entry* row : all) {
    if (!is_control(row->row.information)) candidates.push_back(row);
  }
  const Rows leaders = leaders_of(ranked(candidates, metric), metric);
  const Entry* baseline = find_row(all, baseline_of(table), "ratings");
  if (leaders.empty() || baseline == nullptr) return std::nullopt;
  const auto by = better(metric, *leaders[0], *baseline);
  if (!by) return std::nullopt;
  Answer answer{.question = "method", .scenario = table.scenario, .task = table.task, .metric = metric};
  answer.best = {name_of(*leaders[0])};
  answer.tied = rivals_of(leaders);
  set_gain(*by, name_of(*baseline), answer);
  const bool surely = std::find(leaders.begin(), leaders.end(), baseline) == leaders.end() && by->low > 0;
  answer.sentence = scenario_text(table.scenario) +
                    (surely ? ", " : fmt::format(", nothing is surely better than {}. ", answer.against));
  if (leaders[0] != baseline) {
    answer.sentence += fmt::format("{} {} best ({}, {} better than {})", answer.best[0],
                                   table.task == Task::rating ? "predicts ratings" : "ranks",
                                   metric_text(metric, value_of(*leaders[0], metric)), gain_text(*by), answer.against);
  } else {
    answer.sentence += fmt::format("It has {}", metric_text(metric, value_of(*baseline, metric)));
  }
  answer.sentence += answer.tied.empty() ? "; everything else is worse."
                                         : "; " + rivals_text(leaders, metric) + " cannot be told from it.";
  return answer;
}

// ---- Which information ----------------------------------------------------------------------------------------------

/// A kind of information in one method: what it adds to ratings, and to the same on the wrong rows where that was run.
struct Worth {
  const Entry* row = nullptr;
  Better over_ratings{};
  std::optional<Better> over_wrong{};
  bool holds = false;  // both are gains after Holm's correction
};

/// The method that does best with more than ratings.
std::string reader_of(const Rows& all, const std::string& metric) {
  for (const Entry* row : ranked(all, metric)) {
    if (row->row.information != "ratings" && !is_control(row->row.information)) return row->row.method;
  }
  return "";
}

std::vector<Worth> worths_of(const Rows& all, const std::string& method, const std::string& metric) {
  std::vector<Worth> worths;
  const Entry* plain = find_row(all, method, "ratings");
  if (plain == nullptr) return worths;
  Array<double> p_values;
  for (const Entry* row : ranked(all, metric)) {
    const std::string& information = row->row.information;
    if (row->row.method != method || information == "ratings" || is_control(information)) continue;
    const auto by = better(metric, *row, *plain);
    if (!by) continue;
    Worth worth{.row = row, .over_ratings = *by};
    if (const Entry* control = find_row(all, method, control_of("shuffled", information)))
      worth.over_wrong = better(metric, *row, *control);
    p_values.push_back(worth.over_ratings.p);
    if (worth.over_wrong) p_values.push_back(worth.over_wrong->p);
    worths.push_back(worth);
  }
  const Array<double> adjusted = holm(p_values);
  std::int64_t next = 0;
  for (Worth& worth : worths) {
    worth.holds = worth.over_ratings.gain > 0 && adjusted[next++] < significant;
    if (worth.over_wrong) worth.holds = worth.over_wrong->gain > 0 && adjusted[next++] < significant && worth.holds;
  }
  return worths;
}

std::optional<Answer> best_information(const StudyTable& table, const Rows& all, const std::string& metric) {
  const std::string method = reader_of(all, metric);
  const std::vector<Worth> worths = worths_of(all, method, metric);
  if (worths.empty()) return std::nullopt;
  Answer answer{.question = "information", .scenario = table.scenario, .task = table.task, .metric = metric};
  std::vector<std::string> gains, nothing;
  const Entry* best = nullptr;
  for (const Worth& worth : worths) {
    const std::string& information = worth.row->row.information;
    if (!worth.holds) {
      nothing.push_back(information);
      continue;
    }
    gains.push_back(information + " " + gain_text(worth.over_ratings) +
                    (worth.over_wrong ? fmt::format(", and {:.4f} over the same on wrong rows", worth.over_wrong->gain)
                                      : std::string()));
    if (best == nullptr) {
      best = worth.row;
      answer.best = {information};
      set_gain(worth.over_ratings, "ratings", answer);
    } else if (const auto by = better(metric, *best, *worth.row); !by || by->low <= 0) {
      answer.tied.push_back(information);
    }
  }
  if (best == nullptr) set_gain(worths[0].over_ratings, "ratings", answer);
  answer.sentence = fmt::format("{}, what is added to ratings in {} gains: {}.", scenario_text(table.scenario), method,
                                gains.empty() ? "nothing that can be told" : listed(gains));
  if (!gains.empty() && !nothing.empty()) answer.sentence += " No gain can be told of " + listed(nothing) + ".";
  return answer;
}

// ---- Which embedding ------------------------------------------------------------------------------------------------

/// What one judge says.
struct Ruling {
  std::string judge;
  Rows leaders;
  std::optional<Better> over_random;
};

std::optional<Ruling> ruling_of(const std::string& judge, const Rows& rows, const std::string& metric) {
  Rows candidates;
  for (const Entry* row : rows) {
    if (!judge::names_control(source_of(row->row))) candidates.push_back(row);
  }
  // The oracle has seen the test: marks are for those that have not.
  const Rows list = ranked(candidates, metric);
  if (list.empty()) return std::nullopt;
  Ruling ruling{.judge = judge, .leaders = {list[0]}, .over_random = {}};
  Array<double> p_values;
  for (std::size_t r = 1; r < list.size(); ++r) {
    const auto by = better(metric, *list[0], *list[r]);
    p_values.push_back(by ? by->p : 1);
  }
  const Array<double> adjusted = holm(p_values);
  for (std::size_t r = 1; r < list.size(); ++r) {
    if (adjusted[static_cast<std::int64_t>(r) - 1] >= significant) ruling.leaders.push_back(list[r]);
  }
  if (const Entry* random = find_row(rows, judge, embedding_of("random"))) {
    ruling.over_random = better(metric, *list[0], *random);
  }
  return ruling;
}

/// What the judge does with vectors that it learns by itself, where that was run.
std::string without_source_text(const Ruling& ruling, const std::map<std::string, Rows>& judges,
                                const std::string& metric) {
  const std::string by_itself = ruling.judge + ":" + to_text(judge::VectorMode::end_to_end);
  const auto rows = judges.find(by_itself);
  const Entry* row = rows == judges.end() ? nullptr : find_row(rows->second, by_itself, embedding_of("zero"));
  const auto by = row == nullptr ? std::nullopt : better(metric, *ruling.leaders[0], *row);
  if (!by) return "";
  const std::string than_it = by->low > 0    ? " is better by " + gain_text(*by)
                              : by->high < 0 ? " is worse by " + answer::gain_text(-by->gain, -by->high, -by->low)
                                             : " cannot be told from it";
  return fmt::format(" With vectors that it learns by itself {} has {}; {}{}.", ruling.judge,
                     metric_text(metric, value_of(*row, metric)), name_of(*ruling.leaders[0]), than_it);
}

std::optional<Answer> best_embedding(const StudyTable& table, const std::map<std::string, Rows>& judges,
                                     const std::string& metric) {
  std::vector<Ruling> rulings;
  for (const auto& [judge, rows] : judges) {
    if (auto ruling = ruling_of(judge, rows, metric)) rulings.push_back(std::move(*ruling));
  }
  if (rulings.empty() || !rulings[0].over_random) return std::nullopt;
  Answer answer{.question = "embedding", .scenario = table.scenario, .task = table.task, .metric = metric};
  set_gain(*rulings[0].over_random, "random", answer);
  std::string text;
  for (const Ruling& ruling : rulings) {
    const std::string best = name_of(*ruling.leaders[0]);
    if (std::find(answer.best.begin(), answer.best.end(), best) == answer.best.end()) answer.best.push_back(best);
    for (const std::string& name : rivals_of(ruling.leaders)) {
      if (std::find(answer.tied.begin(), answer.tied.end(), name) == answer.tied.end()) answer.tied.push_back(name);
    }
    text += fmt::format("{}{} puts {} first ({}{})", text.empty() ? "" : "; ", ruling.judge, best,
                        metric_text(metric, value_of(*ruling.leaders[0], metric)),
                        ruling.over_random ? ", " + gain_text(*ruling.over_random) + " better than random rows" : "");
    if (ruling.leaders.size() > 1) text += ", not to be told from " + rivals_text(ruling.leaders, metric);
  }
  answer.tied.erase(std::remove_if(answer.tied.begin(), answer.tied.end(),
                                   [&](const std::string& name) {
                                     return std::find(answer.best.begin(), answer.best.end(), name) !=
                                            answer.best.end();
                                   }),
                    answer.tied.end());
  answer.sentence = scenario_text(table.scenario) + ", of the embeddings " +
                    (table.task == Task::ranking ? "for rankings " : "") + text +
                    (answer.best.size() > 1 ? ". The judges differ."
                     : rulings.size() > 1   ? ". The judges agree."
                                            : ".");
  for (const Ruling& ruling : rulings) answer.sentence += without_source_text(ruling, judges, metric);
  return answer;
}

std::vector<Gate> gates_of(const StudyTable& table, const std::vector<Record>& records) {
  std::vector<Gate> gates;
  for (const auto& [place, list] : judge::check_gates(records)) {
    const std::string judge = records.empty() ? "" : std::get<3>(place);
    for (const judge::Gate& gate : list) {
      gates.push_back({table.name + ", " + judge + ": " + gate.name, gate.holds, gate.detail});
    }
  }
  return gates;
}

}  // namespace

Conclusions conclude(const StudyTable& table, const std::vector<Record>& records) {
  const std::vector<Entry> entries = make_entries(records);
  Conclusions all;
  Rows rows;
  std::map<std::string, Rows> judges;
  for (const Entry& entry : entries) {
    rows.push_back(&entry);
    const bool judged = is_judged(entry) && entry.row.incorrect.empty();
    if (judged && entry.record->judge && entry.record->judge->mode == "items")
      judges[entry.row.method].push_back(&entry);
  }
  const std::string metric = headline_of(rows);
  if (metric.empty()) return all;
  const auto keep = [&](std::optional<Answer> answer) {
    if (answer) all.answers.push_back(std::move(*answer));
  };
  if (table.judged) {
    all.gates = gates_of(table, records);
    keep(best_embedding(table, judges, metric));
    for (const auto& [judge, of_judge] : judges) {
      if (auto ranks = rank_intervals(of_judge, metric); !ranks.empty()) all.ranks[judge] = std::move(ranks);
    }
    all.agreements = agreements(judges, metric);
    if (!judges.empty()) all.charts.push_back(embedding_chart(table, judges, metric));
    return all;
  }
  keep(best_method(table, rows, metric));
  if (auto answer = best_information(table, rows, metric)) {
    all.answers.push_back(std::move(*answer));
    all.charts.push_back(information_chart(table, rows, metric));
  }
  all.charts.push_back(cost_chart(table, rows, find_row(rows, baseline_of(table), "ratings"), metric));
  return all;
}

}  // namespace embrace::answer
