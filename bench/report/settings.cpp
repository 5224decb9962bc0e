#include "bench/report/settings.hpp"

#include <fmt/format.h>

#include <functional>

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

struct SettingText {
  std::string name;  // what must differ between rows for the text to be shown
  std::string text;
  bool always = false;  // shown as well when it does not differ
};

/// What this build does not know the default of stands in the row, too.
SettingText hyper_setting(const Record& record, const std::string& name, const HyperValue& value) {
  const Method* method = find_method(record.method);
  const HyperSpec* spec = method == nullptr ? nullptr : find_hyper(*method, name);
  const std::string text = hyper_text(spec, value);
  const bool usual = spec != nullptr && text == hyper_text(spec, record.task == Task::rating ? spec->rating_default
                                                                                             : spec->ranking_default);
  return {name, name + "=" + text, !usual};
}

std::vector<SettingText> settings_of(const Record& r) {
  std::vector<SettingText> all;
  for (const auto& [name, value] : r.hyper) all.push_back(hyper_setting(r, name, value));
  std::vector<std::string> cuts;
  for (const int at : r.at) cuts.push_back(std::to_string(at));
  all.push_back({"at", "at=" + join(cuts, ",")});
  const std::string kind = to_text(r.device.kind) + " ";
  all.push_back({kind + "threads", "threads=" + std::to_string(r.device.threads)});
  all.push_back({kind + "name", r.device.name});
  all.push_back({kind + "build", "build " + build_text(r)});
  return all;
}

}  // namespace

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
  using Place = std::tuple<std::string, std::string, std::string, Task, std::optional<double>, std::string,
                           std::string>;  // the last one: name of the setting
  const auto place = [](const Row& row, const std::string& setting) {
    return Place(row.data, row.data_sha256, row.split, row.task, row.positive, row.method, setting);
  };
  std::map<Place, std::map<std::string, int>> texts;
  for (const Entry& entry : entries) {
    for (const SettingText& s : settings_of(*entry.record)) ++texts[place(entry.row, s.name)][s.text];
  }
  for (Entry& entry : entries) {
    std::vector<std::string> shown;
    for (const SettingText& s : settings_of(*entry.record)) {
      if (s.always || texts[place(entry.row, s.name)].size() > 1) shown.push_back(s.text);
    }
    entry.row.settings = join(shown, " ");
  }
}

}  // namespace embrace
