// CSV and JSON: rows for programs, in full precision.
#include <nlohmann/json.hpp>

#include "bench/report/document.hpp"
#include "host/csv.hpp"
#include "host/error.hpp"
#include "host/printable.hpp"

namespace embrace {
namespace {

using Json = nlohmann::ordered_json;

/// A row's fields in the order of the columns; what does not exist is not there.
Json row_json(const Row& row, const std::vector<std::string>& metrics) {
  Json out = {{"data", row.data},          {"split", row.split},
              {"method", row.method},      {"information", row.information},
              {"task", to_text(row.task)}, {"device", to_text(row.device)},
              {"runs", row.runs},          {"status", row.status}};
  for (const std::string& name : metrics) {
    const auto metric = row.accuracy.find(name);
    if (metric == row.accuracy.end() || !row.incorrect.empty()) continue;
    out[name] = metric->second.value;
    if (!metric->second.interval) continue;
    out[name + "_low"] = metric->second.interval->low;
    out[name + "_high"] = metric->second.interval->high;
  }
  const auto put = [&](const char* name, const std::optional<double>& value) {
    if (value) out[name] = *value;
  };
  for (const auto& [name, value] : row.probes) out[name] = value;
  put("train_seconds", row.train_seconds);
  put("train_seconds_spread", row.train_seconds_spread);
  put("updates_per_second", row.updates_per_second);
  put("speedup_vs_cpu", row.speedup_vs_cpu);
  put("busy_load", row.busy_load);
  put("source_seconds", row.source_seconds);
  if (row.bytes_per_item) out["bytes_per_item"] = *row.bytes_per_item;
  if (!row.panel.empty()) out["panel"] = row.panel;
  if (!row.incorrect.empty()) {
    std::string gates;
    for (const std::string& gate : row.incorrect) gates += (gates.empty() ? "" : "; ") + gate;
    out["incorrect"] = gates;
  }
  put("positive", row.positive);
  put("best_rmse", row.best_rmse);
  if (!row.tags_from.empty()) out["tags_from"] = row.tags_from;
  if (row.rejected > 0) out["rejected"] = row.rejected;
  if (row.change && row.change->runs > 0) {
    out["change_metric"] = row.change->metric;
    out["change"] = row.change->value;
    if (row.change->interval) {
      out["change_low"] = row.change->interval->low;
      out["change_high"] = row.change->interval->high;
    }
    out["change_runs"] = row.change->runs;
  }
  if (row.runs < row.runs_of_table) out["runs_of_table"] = row.runs_of_table;
  out["device_name"] = row.device_name;
  out["threads"] = row.threads;
  if (!row.settings.empty()) out["settings"] = row.settings;
  if (row.repeats > 1) out["repeats"] = row.repeats;
  if (row.users > 0) out["users"] = row.users;
  if (row.cold_candidates) out["candidates"] = "cold";
  std::string best, tied, worse, reasons, notes;
  for (const std::string& name : metrics) {
    const auto metric = row.accuracy.find(name);
    if (metric == row.accuracy.end()) continue;
    if (const std::string& baseline = metric->second.worse_than; !baseline.empty()) {
      worse.append(worse.empty() ? "" : " ").append(name).append(":").append(baseline);
    }
    if (metric->second.standing == Standing::none) continue;
    std::string& list = metric->second.standing == Standing::best ? best : tied;
    list += (list.empty() ? "" : " ") + name;
  }
  for (const std::string& note : row.notes) notes += (notes.empty() ? "" : "; ") + note;
  for (const std::string& reason : row.reasons) reasons += (reasons.empty() ? "" : "; ") + reason;
  if (!best.empty()) out["best"] = best;
  if (!tied.empty()) out["tied"] = tied;
  if (!worse.empty()) out["worse_than_baseline"] = worse;
  if (!reasons.empty()) out["reason"] = reasons;
  if (!notes.empty()) out["notes"] = notes;
  return out;
}

std::vector<std::string> row_columns(const std::vector<std::string>& metrics, const std::vector<std::string>& probes) {
  std::vector<std::string> columns = {"data", "split", "method", "information", "task", "device", "runs", "status"};
  for (const std::string& name : metrics) {
    for (const char* part : {"", "_low", "_high"}) columns.push_back(name + part);
  }
  columns.insert(columns.end(), probes.begin(), probes.end());
  for (const char* name : {"train_seconds",
                           "train_seconds_spread",
                           "updates_per_second",
                           "speedup_vs_cpu",
                           "busy_load",
                           "source_seconds",
                           "bytes_per_item",
                           "panel",
                           "incorrect",
                           "positive",
                           "best_rmse",
                           "tags_from",
                           "rejected",
                           "runs_of_table",
                           "device_name",
                           "threads",
                           "settings",
                           "repeats",
                           "users",
                           "candidates",
                           "best",
                           "tied",
                           "worse_than_baseline",
                           "reason",
                           "notes"}) {
    columns.emplace_back(name);
  }
  return columns;
}

/// `ours` and `theirs` are in `unit`: training ratings a second for the measure "rate", else seconds.
Json contest_json(const ContestRow& row) {
  Json out = {{"data", row.data},   {"split", row.split}, {"threads", row.threads}, {"contest", row.contest},
              {"method", row.ours}, {"peer", row.theirs}, {"package", row.package}, {"runs", row.repetitions}};
  const auto put = [&](const char* name, const std::optional<double>& value) {
    if (value) out[name] = *value;
  };
  if (row.factors > 0) out["factors"] = row.factors;
  if (!row.metric.empty()) out["metric"] = row.metric;
  put("target", row.target);
  put("ours_accuracy", row.ours_accuracy);
  put("theirs_accuracy", row.theirs_accuracy);
  out["measure"] = peers::measure_name(row.measure);
  out["unit"] = row.measure == peers::Measure::rate ? "ratings/s" : "s";
  put("ours", row.ours_value);
  put("theirs", row.theirs_value);
  put("ratio", row.ratio);
  put("ratio_of_training", row.training_alone);
  if (row.interval) {
    out["ratio_low"] = row.interval->low;
    out["ratio_high"] = row.interval->high;
  }
  if (!row.unlike.empty()) out["unlike"] = row.unlike;
  if (row.bar > 0) out["aim"] = row.bar;
  if (const std::string text = verdict(row); !text.empty()) out["verdict"] = text;
  if (!row.reason.empty()) out["reason"] = row.reason;
  return out;
}

const std::vector<std::string>& contest_columns() {
  static const std::vector<std::string> columns = {"data",
                                                   "split",
                                                   "threads",
                                                   "contest",
                                                   "method",
                                                   "peer",
                                                   "package",
                                                   "runs",
                                                   "factors",
                                                   "metric",
                                                   "target",
                                                   "ours_accuracy",
                                                   "theirs_accuracy",
                                                   "measure",
                                                   "unit",
                                                   "ours",
                                                   "theirs",
                                                   "ratio",
                                                   "ratio_of_training",
                                                   "ratio_low",
                                                   "ratio_high",
                                                   "unlike",
                                                   "aim",
                                                   "verdict",
                                                   "reason"};
  return columns;
}

std::string csv_of(const std::vector<Json>& rows, const std::vector<std::string>& columns) {
  std::string out;
  for (const std::string& column : columns) out += (out.empty() ? "" : ",") + csv_cell(column);
  out += "\r\n";
  for (const Json& fields : rows) {
    std::string line;
    for (std::size_t c = 0; c < columns.size(); ++c) {
      if (c > 0) line += ',';
      const auto field = fields.find(columns[c]);
      if (field == fields.end()) continue;
      line += field->is_string() ? csv_cell(field->get<std::string>()) : field->dump();
    }
    out += line + "\r\n";
  }
  return out;
}

std::vector<Json> rows_of(const Report& report) {
  const auto metrics = report.metric_names();
  std::vector<Json> rows;
  for (const Row& row : report.rows) rows.push_back(row_json(row, metrics));
  return rows;
}

std::vector<Json> rows_of(const Contests& contests) {
  std::vector<Json> rows;
  for (const ContestRow& row : contests.rows) rows.push_back(contest_json(row));
  return rows;
}

std::vector<Json> curves_json(const Contests& contests) {
  std::vector<Json> curves;
  const auto side_json = [](const ContestCurve::Side& side) {
    return Json{{"method", side.method}, {"epochs", side.epochs}, {"seconds", side.seconds}, {"values", side.values}};
  };
  for (const ContestCurve& curve : contests.curves) {
    Json out = {{"data", curve.data},
                {"split", curve.split},
                {"threads", curve.threads},
                {"contest", curve.contest},
                {"factors", curve.factors},
                {"metric", curve.metric},
                {"popularity", curve.popularity}};
    if (curve.target) out["target"] = *curve.target;
    out["ours"] = side_json(curve.ours);
    out["theirs"] = side_json(curve.theirs);
    curves.push_back(std::move(out));
  }
  return curves;
}

/// Gains are in the direction of better.
std::vector<Json> gains_json(const Report& report) {
  std::vector<Json> gains;
  for (const Gain& gain : report.gains) {
    const Row& row = report.rows[gain.row];
    Json out = {{"data", row.data},          {"split", row.split},
                {"method", row.method},      {"information", row.information},
                {"task", to_text(row.task)}, {"device", to_text(row.device)}};
    if (!row.settings.empty()) out["settings"] = row.settings;
    out["metric"] = gain.metric;
    for (const auto& [name, over] : {std::pair("ratings", gain.over_ratings), std::pair("shuffled", gain.over_shuffled),
                                     std::pair("random", gain.over_random)}) {
      if (!over) continue;
      const std::string key = std::string("over_") + name;
      out[key] = over->value;
      if (!over->interval) continue;
      out[key + "_low"] = over->interval->low;
      out[key + "_high"] = over->interval->high;
    }
    gains.push_back(std::move(out));
  }
  return gains;
}

}  // namespace

std::string render_json(const Report& report) {
  Json document = {{"schema", "embrace.report/1"}, {"rows", rows_of(report)}, {"unsupported", report.unsupported}};
  if (!report.gains.empty()) document["gains"] = gains_json(report);
  if (!report.contests.rows.empty()) document["contests"] = rows_of(report.contests);
  if (!report.contests.curves.empty()) document["contest_curves"] = curves_json(report.contests);
  return printable_json(document.dump(1, ' ', false, Json::error_handler_t::replace)) + "\n";
}

std::string render_csv(const Report& report) {
  if (report.contests.rows.empty())
    return csv_of(rows_of(report), row_columns(report.metric_names(), report.probe_names()));
  if (!report.rows.empty()) {
    throw UsageError("CSV has one table, and these records make two, of runs and of contests",
                     "use --format json, or a folder for each");
  }
  return csv_of(rows_of(report.contests), contest_columns());
}

}  // namespace embrace
