#include "bench/report/settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "host/methods/registry.hpp"

namespace embrace {
namespace {

std::string provenance(const Record& record, const std::string& name) {
  const auto found = record.provenance.find(name);
  return found == record.provenance.end() ? "" : found->second;
}

std::string join(const std::vector<std::string>& parts, const char* between) {
  std::string text;
  for (const std::string& part : parts) {
    if (!part.empty()) text += (text.empty() ? "" : between) + part;
  }
  return text;
}

std::string commit_text(const Record& record) {
  return provenance(record, "commit") + (provenance(record, "dirty") == "true" ? " (changed)" : "");
}

/// Choices by name; earlier records have them by number.
std::string hyper_text(const HyperSpec* spec, const HyperValue& value) {
  if (const auto* choice = std::get_if<std::string>(&value)) return *choice;
  const auto number = std::get<double>(value);
  const bool chosen = spec != nullptr && number >= 0 && number < static_cast<double>(spec->choices.size());
  return chosen ? spec->choices[static_cast<std::size_t>(number)] : fmt::format("{:.6g}", number);
}

/// A record's hyper-parameters as numbers, as far as this build knows them.
Hyper numbers_of(const Method& method, const Record& record) {
  Hyper hyper = make_hyper(method, record.task, {});
  for (const auto& [name, value] : record.hyper) {
    const HyperSpec* spec = find_hyper(method, name);
    if (spec == nullptr) continue;
    const auto* choice = std::get_if<std::string>(&value);
    const auto place =
        choice == nullptr ? spec->choices.end() : std::find(spec->choices.begin(), spec->choices.end(), *choice);
    if (choice == nullptr) {
      hyper.set(name, std::get<double>(value));
    } else if (place != spec->choices.end()) {
      hyper.set(name, static_cast<double>(place - spec->choices.begin()));
    }
  }
  return hyper;
}

struct SettingText {
  std::string name;  // what must differ between rows for the text to be shown
  std::string text;
  bool always = false;  // shown as well when it does not differ
};

const HyperSpec* spec_of(const Record& record, const std::string& name) {
  const Method* method = find_method(record.method);
  return method == nullptr ? nullptr : find_hyper(*method, name);
}

/// Whether the value is this build's default. What it does not know the default of is not.
bool is_usual(const Record& record, const HyperSpec* spec, const HyperValue& value) {
  if (spec == nullptr) return false;
  const DataShape shape{record.data.users, record.data.items, record.split.train};
  const Hyper others = numbers_of(*find_method(record.method), record);
  return hyper_text(spec, value) == hyper_text(spec, default_value(*spec, record.task, shape, others));
}

/// Such a default differs between folds of unequal size, which are runs of one setting.
bool follows_rule(const Record& record, const std::string& name, const HyperValue& value) {
  const HyperSpec* spec = spec_of(record, name);
  return spec != nullptr && spec->rule.value != nullptr && is_usual(record, spec, value);
}

SettingText hyper_setting(const Record& record, const std::string& name, const HyperValue& value) {
  if (follows_rule(record, name, value)) return {name, "", false};
  const HyperSpec* spec = spec_of(record, name);
  return {name, name + "=" + hyper_text(spec, value), !is_usual(record, spec, value)};
}

std::vector<SettingText> settings_of(const Record& r) {
  std::vector<SettingText> all;
  if (r.tuned) {
    const Record::Tuned& tuned = *r.tuned;
    all.push_back({"tuned", fmt::format("tuned ({}, {} trials)", tuned.file, tuned.trials), true});
  } else {
    for (const auto& [name, value] : r.hyper) all.push_back(hyper_setting(r, name, value));
  }
  std::vector<std::string> cuts;
  for (const int at : r.at) cuts.push_back(std::to_string(at));
  all.push_back({"at", "at=" + join(cuts, ",")});
  const std::string kind = to_text(r.device.kind) + " ";
  all.push_back({kind + "threads", "threads=" + std::to_string(r.device.threads)});
  all.push_back({kind + "name", r.device.name});
  return all;
}

constexpr int every_detail = 2;

/// 0: the first digits of the commit; 1: and the compiler; 2: and its flags and the version.
std::string build_text(const Record& record, int detail) {
  const std::string commit = provenance(record, "commit").substr(0, 8);
  const std::string changed = provenance(record, "dirty") == "true" ? " (changed)" : "";
  const std::string version = commit.empty() || detail == every_detail ? provenance(record, "version") : "";
  return join({join({version, commit}, " ") + changed, detail > 0 ? provenance(record, "compiler") : "",
               detail == every_detail ? provenance(record, "flags") : ""},
              ", ");
}

/// What tells the builds of these records apart, and no more; all empty when it is one build.
std::vector<std::string> build_texts(const std::vector<const Record*>& records) {
  std::set<std::string> builds;
  for (const Record* record : records) builds.insert(build_text(*record));
  std::vector<std::string> texts(records.size());
  for (int detail = 0; builds.size() > 1 && detail <= every_detail; ++detail) {
    for (std::size_t r = 0; r < records.size(); ++r) texts[r] = "build " + build_text(*records[r], detail);
    if (std::set<std::string>(texts.begin(), texts.end()).size() == builds.size()) break;
  }
  return texts;
}

}  // namespace

SettingsKey settings_key(const Record& record) {
  if (record.tuned) return {record.tuned->sha256, {}};
  SettingsKey key;
  for (const auto& [name, value] : record.hyper) {
    if (!follows_rule(record, name, value)) key.hyper.emplace_back(name, value);
  }
  return key;
}

std::string build_text(const Record& record) {
  return join({provenance(record, "version") + " " + commit_text(record), provenance(record, "compiler"),
               provenance(record, "flags")},
              ", ");
}

std::string made_by(const Record& record) {
  return join({"embrace " + provenance(record, "version") + " " + commit_text(record), provenance(record, "compiler"),
               record.device.name.empty() ? provenance(record, "cpu") : record.device.name},
              ", ");
}

void add_settings(std::vector<Entry>& entries) {
  using Place = std::pair<TableKey, std::string>;
  const auto place_of = [](const Row& row) { return Place(table_of(row), row.method); };
  std::map<std::pair<Place, std::string>, std::set<std::string>> texts;  // by method and name of the setting
  std::map<std::pair<Place, DeviceKind>, std::vector<const Record*>> records;
  std::map<const Record*, std::string> builds;
  for (const Entry& entry : entries) {
    for (const SettingText& s : settings_of(*entry.record)) texts[{place_of(entry.row), s.name}].insert(s.text);
    records[{place_of(entry.row), entry.row.device}].push_back(entry.record);
  }
  for (const auto& [place, list] : records) {
    const std::vector<std::string> of_list = build_texts(list);
    for (std::size_t r = 0; r < list.size(); ++r) builds[list[r]] = of_list[r];
  }
  for (Entry& entry : entries) {
    std::vector<std::string> shown;
    for (const SettingText& s : settings_of(*entry.record)) {
      if (s.always || texts[{place_of(entry.row), s.name}].size() > 1) shown.push_back(s.text);
    }
    shown.push_back(builds[entry.record]);
    entry.row.settings = join(shown, " ");
  }
}

}  // namespace embrace
