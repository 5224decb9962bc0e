// Records from JSON text: first every violation of the schema is listed; a text without one is safe to take apart.
#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

#include "host/draws.hpp"
#include "host/error.hpp"
#include "host/record.hpp"

namespace embrace {
namespace {

// Not ordered_json: its objects take quadratic time for a hostile number of keys.
using Json = nlohmann::json;

constexpr std::size_t largest_text = std::size_t{16} << 20U;  // a record with 50 metrics' draws takes 0.1 MB
constexpr int deepest = 32;
constexpr std::size_t most_violations = 100;
constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t largest_int = std::numeric_limits<int>::max();

class Checker {
 public:
  std::vector<std::string> violations;

  void complain(const std::string& path, const std::string& what) {
    if (violations.size() < most_violations) violations.push_back(path + ": " + what);
  }

  /// The field when it is there and `fits`; else complains (about a missing one only when it is required).
  template <typename Fits>
  const Json* field(const Json& object, const std::string& path, const char* name, bool required, const char* type,
                    Fits fits) {
    const std::string place = path + name;
    const auto found = object.find(name);
    if (found == object.end()) {
      if (required) complain(place, "missing");
      return nullptr;
    }
    if (found->is_null()) return nullptr;  // said by no_nulls
    if (!fits(*found)) {
      complain(place, std::string("must be ") + type);
      return nullptr;
    }
    return &*found;
  }
  const Json* text(const Json& object, const std::string& path, const char* name, bool required = true) {
    return field(object, path, name, required, "a string", [](const Json& v) { return v.is_string(); });
  }
  const Json* number(const Json& object, const std::string& path, const char* name, bool required = true) {
    return field(object, path, name, required, "a number", [](const Json& v) { return v.is_number(); });
  }
  const Json* not_negative(const Json& object, const std::string& path, const char* name, bool required = true) {
    return field(object, path, name, required, "a number that is not negative",
                 [](const Json& v) { return v.is_number() && v.get<double>() >= 0; });
  }
  const Json* count(const Json& object, const std::string& path, const char* name, std::int64_t most = largest,
                    bool required = true) {
    return field(object, path, name, required, "a whole number that is not negative", [&](const Json& v) {
      return v.is_number_unsigned() && v.get<std::uint64_t>() <= static_cast<std::uint64_t>(most);
    });
  }
  const Json* seed(const Json& object, const std::string& path, const char* name) {
    return field(object, path, name, true, "a whole number that is not negative",
                 [](const Json& v) { return v.is_number_unsigned(); });
  }
  const Json* object(const Json& parent, const std::string& path, const char* name, bool required = true) {
    return field(parent, path, name, required, "an object", [](const Json& v) { return v.is_object(); });
  }
  const Json* numbers(const Json& parent, const std::string& path, const char* name, bool required = true) {
    return field(parent, path, name, required, "an array of numbers", [](const Json& v) {
      return v.is_array() && std::all_of(v.begin(), v.end(), [](const Json& x) { return x.is_number(); });
    });
  }
  /// The value of a field that must be the text of one; nothing when it is not.
  template <typename Enum>
  std::optional<Enum> choice(const Json& object, const std::string& path, const char* name) {
    const Json* value = text(object, path, name);
    if (value == nullptr) return std::nullopt;
    const auto given = value->get<std::string>();
    const std::optional<Enum> known = from_text<Enum>(given);
    if (known) return known;
    std::string all;
    for (const std::string& k : all_texts<Enum>()) all += (all.empty() ? "" : ", ") + k;
    complain(path + name, "'" + given.substr(0, 40) + "' is not one of " + all);
    return std::nullopt;
  }
  void no_nulls(const Json& value, const std::string& path) {
    if (value.is_null()) complain(path.empty() ? "record" : path, "is null; a value that does not exist is left out");
    if (!value.is_structured()) return;
    for (const auto& entry : value.items()) {
      if (!entry.value().is_primitive() || entry.value().is_null()) {
        no_nulls(entry.value(), path + (path.empty() ? "" : ".") + entry.key());
      }
    }
  }
};

/// The document, or null with the reason among the violations.
Json parse(const std::string& text, Checker& check) {
  if (text.size() > largest_text) {
    check.complain("record", "larger than 16 MiB");
    return nullptr;
  }
  std::vector<std::set<std::string>> keys;
  const auto callback = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (depth > deepest) throw std::length_error("nested deeper than 32 levels");
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key && !keys.back().insert(parsed.get<std::string>()).second) {
      check.complain(parsed.get<std::string>().substr(0, 80), "given twice");
    }
    return true;
  };
  try {
    Json document = Json::parse(text, callback);
    if (!document.is_object()) check.complain("record", "must be an object");
    return document;
  } catch (const Json::exception& error) {
    const std::string what = error.what();  // starts with "[json.exception.…] "
    const std::size_t end = what.find("] ");
    check.complain("record", "not JSON: " + what.substr(end == std::string::npos ? 0 : end + 2, 200));
  } catch (const std::length_error& error) {
    check.complain("record", error.what());
  }
  return nullptr;
}

bool is_id(const std::string& id) {
  return id.size() >= 16 && id.size() <= 64 &&
         std::all_of(id.begin(), id.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

/// A choice's name; "64" is a number that was written as a text.
bool is_name(const std::string& text) { return !text.empty() && text[0] >= 'a' && text[0] <= 'z'; }

void check_judge(const Json& record, Checker& check) {
  const Json* judge = check.object(record, "", "judge", false);
  if (judge == nullptr) return;
  for (const char* name : {"source", "mode"}) check.text(*judge, "judge.", name);
  for (const char* name : {"width", "bytes_per_item", "parameters"}) check.count(*judge, "judge.", name);
  check.count(*judge, "judge.", "draw", largest_int);
  check.not_negative(*judge, "judge.", "source_seconds");
  check.number(*judge, "judge.", "validation", false);
  if (const Json* parts = check.object(*judge, "judge.", "parts")) {
    for (const char* name : {"embedding", "judge", "validation"}) check.count(*parts, "judge.parts.", name);
  }
  if (const Json* setting = check.object(*judge, "judge.", "setting")) {
    for (const auto& entry : setting->items()) {
      if (!entry.value().is_number()) check.complain("judge.setting." + entry.key(), "must be a number");
    }
  }
  check.field(*judge, "judge.", "edges", false, "an array of strings", [](const Json& v) {
    return v.is_array() && std::all_of(v.begin(), v.end(), [](const Json& x) { return x.is_string(); });
  });
  if (const Json* gates = check.object(*judge, "judge.", "gates")) {
    for (const auto& entry : gates->items()) {
      if (!entry.value().is_boolean()) check.complain("judge.gates." + entry.key(), "must be true or false");
    }
  }
}

void check_setting(const Json& record, std::optional<Task> task, Checker& check) {
  if (const Json* data = check.object(record, "", "data")) {
    check.text(*data, "data.", "name");
    check.text(*data, "data.", "sha256");
    for (const char* name : {"users", "items", "ratings"}) check.count(*data, "data.", name);
    check.number(*data, "data.", "best_rmse", false);
    check.count(*data, "data.", "rejected", largest, false);
    check.text(*data, "data.", "tags_from", false);
  }
  if (const Json* split = check.object(record, "", "split")) {
    check.text(*split, "split.", "name");
    check.text(*split, "split.", "sha256");
    check.count(*split, "split.", "fold", largest_int);
    check.seed(*split, "split.", "seed");
    for (const char* name : {"train", "test"}) check.count(*split, "split.", name);
  }
  for (const char* name : {"method", "family", "information"}) check.text(record, "", name);
  check.seed(record, "", "seed");
  if (const Json* contest = check.object(record, "", "contest", false)) {
    check.text(*contest, "contest.", "name");
    check.choice<ContestSide>(*contest, "contest.", "side");
  }
  if (const Json* hyper = check.object(record, "", "hyper")) {
    for (const auto& entry : hyper->items()) {
      const bool fits =
          entry.value().is_number() || (entry.value().is_string() && is_name(entry.value().get<std::string>()));
      if (!fits) check.complain("hyper." + entry.key(), "must be a number or the name of a choice");
    }
  }
  if (const Json* tuned = check.object(record, "", "tuned", false)) {
    for (const char* name : {"file", "sha256", "validation"}) check.text(*tuned, "tuned.", name);
    check.count(*tuned, "tuned.", "trials", largest_int);
  }
  if (const Json* trial = check.object(record, "", "trial", false)) {
    for (const char* name : {"number", "rung", "epochs"}) check.count(*trial, "trial.", name, largest_int);
  }
  check_judge(record, check);
  check.number(record, "", "positive", false);
  check.field(
      record, "", "at", task == Task::ranking, "an array of whole numbers, positive and ascending", [](const Json& v) {
        std::int64_t last = 0;
        return v.is_array() && std::all_of(v.begin(), v.end(), [&](const Json& k) {
                 if (!k.is_number_unsigned() || k.get<std::uint64_t>() > static_cast<std::uint64_t>(largest_int))
                   return false;
                 const auto before = std::exchange(last, k.get<std::int64_t>());
                 return before < last;
               });
      });
  check.field(record, "", "candidates", false, "cold", [](const Json& v) { return v == "cold"; });
  check.field(record, "", "lock_free", false, "true or false", [](const Json& v) { return v.is_boolean(); });
  if (const Json* device = check.object(record, "", "device")) {
    check.choice<DeviceKind>(*device, "device.", "kind");
    check.text(*device, "device.", "name");
    check.count(*device, "device.", "threads", largest_int);
  }
}

void check_accuracy(const Json& record, bool ok, Checker& check) {
  check.count(record, "", "users_without_targets", largest, false);
  const Json* accuracy = check.object(record, "", "accuracy", ok);
  if (accuracy == nullptr) return;
  for (const auto& entry : accuracy->items()) {
    const std::string path = "accuracy." + entry.key();
    if (!entry.value().is_object()) {
      check.complain(path, "must be an object");
      continue;
    }
    const Json* low = check.number(entry.value(), path + ".", "low");
    const Json* value = check.number(entry.value(), path + ".", "value");
    const Json* high = check.number(entry.value(), path + ".", "high");
    check.count(entry.value(), path + ".", "n");
    check.not_negative(entry.value(), path + ".", "users", false);
    if (low == nullptr || value == nullptr || high == nullptr) continue;
    // Bounds come from sums in another order than the value: allow for their rounding.
    const double v = value->get<double>(), slack = 1e-9 * std::abs(v);
    if (low->get<double>() > v + slack) check.complain(path, "low is above value");
    if (high->get<double>() < v - slack) check.complain(path, "high is below value");
  }
}

void check_cost(const Json& record, bool ok, Checker& check) {
  const Json* cost = check.object(record, "", "cost", ok);
  if (cost == nullptr) return;
  for (const char* name : {"prepare_seconds", "train_seconds", "score_seconds", "updates_per_second"}) {
    check.not_negative(*cost, "cost.", name);
  }
  check.numbers(*cost, "cost.", "epoch_seconds");
  check.count(*cost, "cost.", "epochs", largest_int);
  check.count(*cost, "cost.", "peak_bytes");
}

void check_curve(const Json& record, Checker& check) {
  const Json* curve = check.object(record, "", "curve", false);
  if (curve == nullptr) return;
  check.text(*curve, "curve.", "metric");
  const Json* epochs = check.field(*curve, "curve.", "epochs", true, "an array of whole numbers", [](const Json& v) {
    return v.is_array() && std::all_of(v.begin(), v.end(), [](const Json& e) {
             return e.is_number_unsigned() && e.get<std::uint64_t>() <= static_cast<std::uint64_t>(largest_int);
           });
  });
  for (const char* name : {"seconds", "values"}) {
    const Json* list = check.numbers(*curve, "curve.", name);
    if (list != nullptr && epochs != nullptr && list->size() != epochs->size()) {
      check.complain(std::string("curve.") + name, "has another length than curve.epochs");
    }
  }
}

void check_embedding(const Json& record, Checker& check) {
  const Json* embedding = check.object(record, "", "embedding", false);
  if (embedding == nullptr) return;
  check.text(*embedding, "embedding.", "sha256");
  for (const char* name : {"items", "users", "width"}) check.count(*embedding, "embedding.", name);
}

void check_provenance(const Json& record, Checker& check) {
  const Json* provenance = check.object(record, "", "provenance");
  if (provenance == nullptr) return;
  check.field(*provenance, "provenance.", "dirty", false, "true or false",
              [](const Json& v) { return v.is_boolean(); });
  for (const char* name : {"version", "commit", "compiler", "flags", "libraries", "machine", "cpu", "gpu", "driver",
                           "toolkit", "load", "processors", "started", "command"}) {
    check.text(*provenance, "provenance.", name, false);
  }
}

/// How many draws a metric has; -1 when that cannot be told. Earlier builds wrote them as an array of numbers.
std::int64_t count_draws(const Json& values, const std::string& metric, Checker& check) {
  const std::string path = "bootstrap.values.";
  if (values[metric].is_array()) {
    const Json* list = check.numbers(values, path, metric.c_str());
    return list == nullptr ? -1 : static_cast<std::int64_t>(list->size());
  }
  const Json* packed = check.object(values, path, metric.c_str());
  if (packed == nullptr) return -1;
  const Json* low = check.number(*packed, path + metric + ".", "low");
  const Json* step = check.not_negative(*packed, path + metric + ".", "step");
  if (low != nullptr && step != nullptr && !std::isfinite(low->get<double>() + most_steps * step->get<double>())) {
    check.complain(path + metric, "has draws that are not finite");
  }
  const Json* digits = check.field(*packed, path + metric + ".", "digits", true, "two digits of base 64 a draw",
                                   [](const Json& v) { return v.is_string() && are_digits(v.get<std::string>()); });
  return digits == nullptr ? -1 : static_cast<std::int64_t>(digits->get_ref<const std::string&>().size() / 2);
}

void check_bootstrap(const Json& record, Checker& check) {
  const Json* bootstrap = check.object(record, "", "bootstrap", false);
  if (bootstrap == nullptr) return;
  const Json* draws = check.count(*bootstrap, "bootstrap.", "draws");
  const Json* values = check.object(*bootstrap, "bootstrap.", "values");
  if (draws == nullptr || values == nullptr) return;
  for (const auto& entry : values->items()) {
    const std::string path = "bootstrap.values.";
    const std::int64_t count = count_draws(*values, entry.key(), check);
    if (count >= 0 && static_cast<std::uint64_t>(count) != draws->get<std::uint64_t>()) {
      check.complain(path + entry.key(), "has " + std::to_string(count) + " draws, not bootstrap.draws");
    }
    const auto accuracy = record.find("accuracy");
    if (accuracy == record.end() || !accuracy->is_object() || !accuracy->contains(entry.key())) {
      check.complain(path + entry.key(), "has no metric of this name in accuracy");
    }
  }
}

void check_document(const Json& record, Checker& check) {
  check.no_nulls(record, "");
  const Json* schema = check.text(record, "", "schema");
  if (schema != nullptr && *schema != record_schema) {
    check.complain("schema", "is not " + std::string(record_schema));
  }
  const Json* id = check.text(record, "", "id");
  if (id != nullptr && !is_id(id->get<std::string>())) check.complain("id", "must be 16 to 64 characters of 0-9 a-f");
  const std::optional<Status> status = check.choice<Status>(record, "", "status");
  const bool ok = status == Status::ok;
  const Json* reason = check.text(record, "", "reason", status && !ok);
  if (reason != nullptr && !ok && reason->get<std::string>().empty()) check.complain("reason", "is empty");
  check_setting(record, check.choice<Task>(record, "", "task"), check);
  check_accuracy(record, ok, check);
  check_cost(record, ok, check);
  check.numbers(record, "", "objective", false);
  check_curve(record, check);
  check_embedding(record, check);
  check.field(record, "", "notes", false, "an array of strings", [](const Json& v) {
    return v.is_array() && std::all_of(v.begin(), v.end(), [](const Json& x) { return x.is_string(); });
  });
  check_provenance(record, check);
  check_bootstrap(record, check);
}

/// Of a text that the schema has approved.
template <typename Enum>
Enum enum_in(const Json& text) {
  return *from_text<Enum>(text.get<std::string>());
}

/// Earlier records have the contest's name in their provenance, and the other library's are of family "peer".
std::optional<Record::Contest> contest_in(const Json& json) {
  if (json.contains("contest")) {
    const Json& contest = json["contest"];
    return Record::Contest{contest["name"], enum_in<ContestSide>(contest["side"])};
  }
  const Json& provenance = json["provenance"];
  const auto name = provenance.find("contest");
  if (name == provenance.end() || !name->is_string()) return std::nullopt;
  return Record::Contest{*name, json["family"] == "peer" ? ContestSide::theirs : ContestSide::ours};
}

Record::Judge judge_in(const Json& json) {
  Record::Judge judge{.source = json["source"],
                      .mode = json["mode"],
                      .width = json["width"],
                      .draw = json["draw"],
                      .embedding = json["parts"]["embedding"],
                      .judge = json["parts"]["judge"],
                      .validation = json["parts"]["validation"],
                      .source_seconds = json["source_seconds"],
                      .bytes_per_item = json["bytes_per_item"],
                      .parameters = json["parameters"]};
  if (json.contains("validation")) judge.validation_value = json["validation"].get<double>();
  for (const auto& entry : json["setting"].items()) judge.setting.emplace_back(entry.key(), entry.value());
  if (json.contains("edges")) judge.edges = json["edges"].get<std::vector<std::string>>();
  for (const auto& entry : json["gates"].items()) judge.gates[entry.key()] = entry.value();
  return judge;
}

void read_setting(const Json& json, Record& record) {
  const Json& data = json["data"];
  record.data.name = data["name"];
  record.data.sha256 = data["sha256"];
  record.data.users = data["users"];
  record.data.items = data["items"];
  record.data.ratings = data["ratings"];
  if (data.contains("best_rmse")) record.data.best_rmse = data["best_rmse"].get<double>();
  record.data.rejected = data.value("rejected", std::int64_t{0});
  record.data.tags_from = data.value("tags_from", std::string());
  const Json& split = json["split"];
  record.split.name = split["name"];
  record.split.fold = split["fold"];
  record.split.seed = split["seed"];
  record.split.sha256 = split["sha256"];
  record.split.train = split["train"];
  record.split.test = split["test"];
  record.method = json["method"];
  record.family = json["family"];
  record.information = json["information"];
  record.task = enum_in<Task>(json["task"]);
  record.seed = json["seed"];
  record.contest = contest_in(json);
  for (const auto& entry : json["hyper"].items()) {
    const Json& value = entry.value();
    record.hyper.emplace_back(
        entry.key(), value.is_string() ? HyperValue(value.get<std::string>()) : HyperValue(value.get<double>()));
  }
  if (json.contains("tuned")) {
    const Json& tuned = json["tuned"];
    record.tuned = Record::Tuned{tuned["file"], tuned["sha256"], tuned["validation"], tuned["trials"]};
  }
  if (json.contains("trial")) {
    const Json& trial = json["trial"];
    record.trial = Record::Trial{trial["number"], trial["rung"], trial["epochs"]};
  }
  if (json.contains("judge")) record.judge = judge_in(json["judge"]);
  if (json.contains("positive")) record.positive = json["positive"].get<double>();
  if (json.contains("at")) record.at = json["at"].get<std::vector<int>>();
  record.cold_candidates = json.contains("candidates");
  record.lock_free = json.value("lock_free", false);
  record.device.kind = enum_in<DeviceKind>(json["device"]["kind"]);
  record.device.name = json["device"]["name"];
  record.device.threads = json["device"]["threads"];
}

void read_outcome(const Json& json, Record& record) {
  if (json.contains("accuracy")) {
    for (const auto& entry : json["accuracy"].items()) {
      const Json& a = entry.value();
      record.accuracy[entry.key()] = {a["value"], a["low"], a["high"], a["n"]};
      if (a.contains("users")) record.accuracy[entry.key()].users = a["users"];
    }
  }
  if (json.contains("bootstrap")) {
    for (const auto& entry : json["bootstrap"]["values"].items()) {
      const Json& draws = entry.value();
      record.accuracy[entry.key()].draws = draws.is_array()
                                               ? draws.get<std::vector<double>>()
                                               : unpack_draws({draws["low"], draws["step"], draws["digits"]});
    }
  }
  record.users_without_targets = json.value("users_without_targets", std::int64_t{0});
  if (json.contains("cost")) {
    const Json& cost = json["cost"];
    record.cost =
        Record::Cost{cost["prepare_seconds"], cost["train_seconds"],      cost["score_seconds"], cost["epoch_seconds"],
                     cost["epochs"],          cost["updates_per_second"], cost["peak_bytes"]};
  }
  if (json.contains("objective")) record.objective = json["objective"].get<std::vector<double>>();
  if (json.contains("curve")) {
    const Json& curve = json["curve"];
    record.curve = Record::Curve{curve["metric"], curve["epochs"], curve["seconds"], curve["values"]};
  }
  if (json.contains("embedding")) {
    const Json& kept = json["embedding"];
    record.embedding = Record::KeptEmbedding{kept["sha256"], kept["items"], kept["users"], kept["width"]};
  }
  if (json.contains("notes")) record.notes = json["notes"].get<std::vector<std::string>>();
  for (const auto& entry : json["provenance"].items()) {
    if (entry.value().is_string()) record.provenance[entry.key()] = entry.value();
    if (entry.value().is_boolean()) record.provenance[entry.key()] = entry.value().get<bool>() ? "true" : "false";
  }
}

}  // namespace

std::vector<std::string> schema_violations(const std::string& text) {
  Checker check;
  const Json document = parse(text, check);
  if (document.is_object()) check_document(document, check);
  return check.violations;
}

Record record_from_json(const std::string& text, const std::string& where) {
  Checker check;
  const Json document = parse(text, check);
  if (document.is_object()) check_document(document, check);
  if (!check.violations.empty()) {
    const std::size_t more = check.violations.size() - 1;
    throw SchemaError(
        where + ": " + check.violations[0] + (more == 0 ? "" : " (and " + std::to_string(more) + " more violations)"),
        "see results/SCHEMA.md");
  }
  Record record;
  record.id = document["id"];
  record.status = enum_in<Status>(document["status"]);
  record.reason = document.value("reason", std::string());
  read_setting(document, record);
  read_outcome(document, record);
  return record;
}

}  // namespace embrace
