// csv and json: the same rows for programs, in full precision.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "bench/report/document.hpp"
#include "host/error.hpp"
#include "host/text.hpp"

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
    if (metric == row.accuracy.end()) continue;
    out[name] = metric->second.value;
    if (!metric->second.interval) continue;
    out[name + "_low"] = metric->second.interval->low;
    out[name + "_high"] = metric->second.interval->high;
  }
  const auto put = [&](const char* name, const std::optional<double>& value) {
    if (value) out[name] = *value;
  };
  put("train_seconds", row.train_seconds);
  put("train_seconds_spread", row.train_seconds_spread);
  put("updates_per_second", row.updates_per_second);
  put("speedup_vs_cpu", row.speedup_vs_cpu);
  put("positive", row.positive);
  put("best_rmse", row.best_rmse);
  out["device_name"] = row.device_name;
  out["threads"] = row.threads;
  if (!row.settings.empty()) out["settings"] = row.settings;
  std::string best, tied, reasons;
  for (const std::string& name : metrics) {
    const auto metric = row.accuracy.find(name);
    if (metric == row.accuracy.end() || metric->second.standing == Standing::none) continue;
    std::string& list = metric->second.standing == Standing::best ? best : tied;
    list += (list.empty() ? "" : " ") + name;
  }
  for (const std::string& reason : row.reasons) reasons += (reasons.empty() ? "" : "; ") + reason;
  if (!best.empty()) out["best"] = best;
  if (!tied.empty()) out["tied"] = tied;
  if (!reasons.empty()) out["reason"] = reasons;
  return out;
}

std::vector<std::string> csv_columns(const std::vector<std::string>& metrics) {
  std::vector<std::string> columns = {"data", "split", "method", "information", "task", "device", "runs", "status"};
  for (const std::string& name : metrics) {
    for (const char* part : {"", "_low", "_high"}) columns.push_back(name + part);
  }
  for (const char* name : {"train_seconds", "train_seconds_spread", "updates_per_second", "speedup_vs_cpu", "positive",
                           "best_rmse", "device_name", "threads", "settings", "best", "tied", "reason"}) {
    columns.emplace_back(name);
  }
  return columns;
}

/// "+user+movie": programs match this very text, and no spreadsheet finds a function call or a reference in it.
bool is_information(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '+' || c == ':'; });
}

/// RFC 4180, and a ' before a text that a spreadsheet would run as a formula.
std::string csv_text(const std::string& raw) {
  std::string text = printable(raw);
  const bool formula = !text.empty() && std::string_view("=+-@").find(text[0]) != std::string_view::npos;
  if (formula && !is_information(text)) text.insert(text.begin(), '\'');
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

}  // namespace

std::string render_json(const Report& report) {
  Json rows = Json::array();
  const auto metrics = report.metric_names();
  for (const Row& row : report.rows) rows.push_back(row_json(row, metrics));
  const Json document = {{"schema", "embrace.report/1"}, {"rows", rows}, {"unsupported", report.unsupported}};
  return document.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string render_csv(const Report& report) {
  const auto metrics = report.metric_names();
  const auto columns = csv_columns(metrics);
  std::string out;
  for (const std::string& column : columns) out += (out.empty() ? "" : ",") + csv_text(column);
  out += "\r\n";
  for (const Row& row : report.rows) {
    const Json fields = row_json(row, metrics);
    std::string line;
    for (std::size_t c = 0; c < columns.size(); ++c) {
      if (c > 0) line += ',';
      const auto field = fields.find(columns[c]);
      if (field == fields.end()) continue;
      line += field->is_string() ? csv_text(field->get<std::string>()) : field->dump();
    }
    out += line + "\r\n";
  }
  return out;
}

Format parse_format(const std::string& name) {
  static const std::vector<std::string> names = {"terminal", "md", "csv", "json", "html", "latex"};
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) throw UsageError("unknown format '" + name + "'", suggestion(name, names));
  return static_cast<Format>(found - names.begin());
}

std::string render(const Report& report, Format format, bool color, int width) {
  switch (format) {
    case Format::terminal:
      return render_terminal(make_document(report), color, width);
    case Format::md:
      return render_markdown(make_document(report));
    case Format::csv:
      return render_csv(report);
    case Format::json:
      return render_json(report);
    case Format::html:
      return render_html(report);
    case Format::latex:
      return render_latex(report);
  }
  return "";
}

}  // namespace embrace
