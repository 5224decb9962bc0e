// Records to JSON text; the other direction is record_schema.cpp.
#include "host/record.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "host/draws.hpp"

namespace embrace {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* first_provenance[] = {"version",   "commit",  "dirty",      "compiler", "flags",
                                            "libraries", "machine", "cpu",        "gpu",      "driver",
                                            "toolkit",   "load",    "processors", "started",  "command"};

/// 64 rather than 64.0 for a whole number.
Json number(double value) {
  constexpr double largest_whole = 9007199254740992.0;
  if (std::abs(value) <= largest_whole && value == std::floor(value)) return static_cast<std::int64_t>(value);
  return value;
}

Json hyper_json(const HyperValue& value) {
  if (const auto* choice = std::get_if<std::string>(&value)) return *choice;
  return number(std::get<double>(value));
}

std::string compact(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

/// A field a line, so that grep and diff work on records; no blanks, as there are thousands of them.
std::string text_of(const Json& record) {
  std::string out;
  for (const auto& field : record.items()) {
    out += (out.empty() ? "{\n" : ",\n") + compact(field.key()) + ":" + compact(field.value());
  }
  return out + "\n}\n";
}

void require_finite(const Json& value, const std::string& path) {
  if (value.is_number_float() && !std::isfinite(value.get<double>())) {
    throw std::logic_error("record: " + path + " is not finite");
  }
  if (!value.is_structured()) return;
  for (const auto& entry : value.items()) require_finite(entry.value(), path + "." + entry.key());
}

Json accuracy_json(const Record& record) {
  Json out = Json::object();
  for (const auto& [name, a] : record.accuracy) {
    out[name] = {{"value", a.value}, {"low", a.low}, {"high", a.high}, {"n", a.n}};
    if (a.users > 0) out[name]["users"] = number(a.users);
  }
  return out;
}

Json cost_json(const Record::Cost& cost) {
  return {{"prepare_seconds", cost.prepare_seconds},
          {"train_seconds", cost.train_seconds},
          {"epoch_seconds", cost.epoch_seconds},
          {"epochs", cost.epochs},
          {"updates_per_second", cost.updates_per_second},
          {"score_seconds", cost.score_seconds},
          {"peak_bytes", cost.peak_bytes}};
}

Json provenance_json(const std::map<std::string, std::string>& provenance) {
  Json out = Json::object();
  const auto put = [&](const std::string& name, const std::string& value) {
    if (name == "dirty") {
      out[name] = value == "true";
    } else {
      out[name] = value;
    }
  };
  for (const char* name : first_provenance) {
    if (const auto found = provenance.find(name); found != provenance.end()) put(name, found->second);
  }
  for (const auto& [name, value] : provenance) {
    if (!out.contains(name)) put(name, value);
  }
  return out;
}

/// Null when the record has no draws.
Json bootstrap_json(const Record& record) {
  Json values = Json::object();
  std::size_t draws = 0;
  for (const auto& [name, a] : record.accuracy) {
    if (a.draws.empty()) continue;
    if (draws != 0 && a.draws.size() != draws) throw std::logic_error("record: metrics differ in their draws");
    draws = a.draws.size();
    const PackedDraws packed = pack_draws(a.draws);
    values[name] = {{"low", packed.low}, {"step", packed.step}, {"digits", packed.digits}};
  }
  if (draws == 0) return nullptr;
  return {{"draws", draws}, {"kind", "bayesian over users"}, {"values", std::move(values)}};
}

Json judge_json(const Record::Judge& judge) {
  Json out = {{"source", judge.source},
              {"mode", judge.mode},
              {"width", judge.width},
              {"draw", judge.draw},
              {"parts", {{"embedding", judge.embedding}, {"judge", judge.judge}, {"validation", judge.validation}}},
              {"source_seconds", judge.source_seconds},
              {"bytes_per_item", judge.bytes_per_item},
              {"parameters", judge.parameters}};
  if (judge.validation_value) out["validation"] = *judge.validation_value;
  out["setting"] = Json::object();
  for (const auto& [name, value] : judge.setting) out["setting"][name] = number(value);
  if (!judge.edges.empty()) out["edges"] = judge.edges;
  out["gates"] = Json::object();
  for (const auto& [name, holds] : judge.gates) out["gates"][name] = holds;
  return out;
}

Json identity_json(const Record& r) {
  Json out = {{"schema", record_schema}, {"id", r.id}, {"status", to_text(r.status)}};
  if (!r.reason.empty()) out["reason"] = r.reason;
  out["data"] = {{"name", r.data.name},
                 {"sha256", r.data.sha256},
                 {"users", r.data.users},
                 {"items", r.data.items},
                 {"ratings", r.data.ratings}};
  if (r.data.best_rmse) out["data"]["best_rmse"] = *r.data.best_rmse;
  if (r.data.rejected > 0) out["data"]["rejected"] = r.data.rejected;
  if (!r.data.tags_from.empty()) out["data"]["tags_from"] = r.data.tags_from;
  out["split"] = {{"name", r.split.name},     {"fold", r.split.fold},   {"seed", r.split.seed},
                  {"sha256", r.split.sha256}, {"train", r.split.train}, {"test", r.split.test}};
  out["method"] = r.method;
  out["family"] = r.family;
  out["information"] = r.information;
  out["task"] = to_text(r.task);
  if (r.contest) out["contest"] = {{"name", r.contest->name}, {"side", to_text(r.contest->side)}};
  out["seed"] = r.seed;
  out["hyper"] = Json::object();
  for (const auto& [name, value] : r.hyper) out["hyper"][name] = hyper_json(value);
  if (r.tuned) {
    out["tuned"] = {{"file", r.tuned->file},
                    {"sha256", r.tuned->sha256},
                    {"validation", r.tuned->validation},
                    {"trials", r.tuned->trials}};
  }
  if (r.trial) out["trial"] = {{"number", r.trial->number}, {"rung", r.trial->rung}, {"epochs", r.trial->epochs}};
  if (r.judge) out["judge"] = judge_json(*r.judge);
  if (r.positive) out["positive"] = number(*r.positive);
  if (r.task == Task::ranking) out["at"] = r.at;
  if (r.cold_candidates) out["candidates"] = "cold";
  if (r.lock_free) out["lock_free"] = true;
  out["device"] = {{"kind", to_text(r.device.kind)}, {"name", r.device.name}, {"threads", r.device.threads}};
  return out;
}

}  // namespace

std::string to_json(const Record& record) {
  Json out = identity_json(record);
  out["accuracy"] = accuracy_json(record);
  if (record.task == Task::ranking) out["users_without_targets"] = record.users_without_targets;
  if (record.cost) out["cost"] = cost_json(*record.cost);
  if (!record.objective.empty()) out["objective"] = record.objective;
  if (record.curve) {
    out["curve"] = {{"metric", record.curve->metric},
                    {"epochs", record.curve->epochs},
                    {"seconds", record.curve->seconds},
                    {"values", record.curve->values}};
  }
  if (record.embedding) {
    const Record::KeptEmbedding& kept = *record.embedding;
    out["embedding"] = {{"sha256", kept.sha256}, {"items", kept.items}, {"users", kept.users}, {"width", kept.width}};
  }
  if (!record.notes.empty()) out["notes"] = record.notes;
  out["provenance"] = provenance_json(record.provenance);
  if (Json draws = bootstrap_json(record); !draws.is_null()) out["bootstrap"] = std::move(draws);
  require_finite(out, "record");
  return text_of(out);
}

}  // namespace embrace
