// What --method and --set mean.
#include "bench/selection.hpp"

#include <algorithm>
#include <exception>
#include <tuple>

#include "bench/experiment.hpp"
#include "host/error.hpp"
#include "host/methods/registry.hpp"
#include "host/text.hpp"

namespace embrace {
namespace {

std::vector<std::string> method_names() {
  std::vector<std::string> names;
  for (const Method& method : methods()) names.push_back(method.name);
  return names;
}

}  // namespace

std::pair<std::string, std::string> split_hyper_name(const std::string& text) {
  const std::size_t dot = text.find('.');
  if (dot == std::string::npos) return {"", text};
  return {text.substr(0, dot), text.substr(dot + 1)};
}

std::vector<const Method*> select_methods(const std::string& text) {
  const std::vector<Method>& all = methods();
  std::vector<bool> chosen(all.size(), false);
  const std::vector<std::string> patterns = split_text(text, ',');
  // A list that begins with an exclusion starts from everything.
  if (!patterns.empty() && patterns.front().starts_with('!')) chosen.assign(all.size(), true);
  for (const std::string& pattern : patterns) {
    const bool take = !pattern.starts_with('!');
    const std::string glob = take ? pattern : pattern.substr(1);
    bool matched = false;
    for (std::size_t m = 0; m < all.size(); ++m) {
      if (glob != "all" && !glob_match(glob, all[m].name)) continue;
      matched = true;
      chosen[m] = take;
    }
    if (!matched) throw UsageError("there is no method '" + glob + "'", suggestion(glob, method_names()));
  }
  std::vector<const Method*> selected;
  for (std::size_t m = 0; m < all.size(); ++m) {
    if (chosen[m]) selected.push_back(&all[m]);
  }
  if (selected.empty()) throw UsageError("no method is selected by '" + text + "'", "see embrace list methods");
  return selected;
}

namespace {

/// NAME=VALUE or METHOD.NAME=VALUE.
Setting parse_setting(const std::string& text, const std::vector<const Method*>& methods) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos)
    throw UsageError("--set " + text + " has no value", "write NAME=VALUE or METHOD.NAME=VALUE");
  Setting setting;
  std::tie(setting.method, setting.name) = split_hyper_name(text.substr(0, equals));
  setting.value = text.substr(equals + 1);
  if (setting.name.empty() || text[0] == '.') {
    throw UsageError("--set " + text + " names no hyper-parameter", "write NAME=VALUE or METHOD.NAME=VALUE");
  }
  std::vector<std::string> known;
  bool found = false;
  if (!setting.method.empty() && find_method(setting.method) == nullptr) {
    throw UsageError("--set " + text + ": there is no method '" + setting.method + "'",
                     suggestion(setting.method, method_names()));
  }
  for (const Method* method : methods) {
    if (!setting.method.empty() && method->name != setting.method) continue;
    for (const HyperSpec& spec : method->info.hyper) {
      if (std::find(known.begin(), known.end(), spec.name) == known.end()) known.push_back(spec.name);
    }
    const HyperSpec* spec = find_hyper(*method, setting.name);
    if (spec == nullptr) continue;
    found = true;
    const std::pair<std::string, double> pair{setting.name, parse_hyper(*method, *spec, setting.value)};
    make_hyper(*method, Task::rating, {&pair, 1});  // throws for a value out of range, before anything is trained
  }
  if (!found && !setting.method.empty() && known.empty()) {
    throw UsageError("--set " + text + ": method '" + setting.method + "' is not part of this run",
                     "add it to --method");
  }
  if (!found) {
    throw UsageError("--set " + text + ": no method of this run has a hyper-parameter '" + setting.name + "'",
                     suggestion(setting.name, known));
  }
  return setting;
}

}  // namespace

std::vector<Setting> parse_settings(const std::vector<std::string>& texts, const std::vector<const Method*>& methods) {
  std::vector<Setting> settings;
  for (const std::string& text : texts) {
    for (const std::string& part : split_text(text, ',')) {
      Setting setting = parse_setting(part, methods);
      const auto again = std::find_if(settings.begin(), settings.end(), [&](const Setting& s) {
        return s.method == setting.method && s.name == setting.name;
      });
      if (again != settings.end()) {
        throw UsageError(
            "--set gives " + part.substr(0, part.find('=')) + " twice: " + again->value + " and " + setting.value,
            "a run has one value of it");
      }
      settings.push_back(std::move(setting));
    }
  }
  return settings;
}

std::vector<std::vector<std::string>> combinations(const std::vector<std::string>& texts) {
  std::vector<std::vector<std::string>> sweep{{}};
  for (const std::string& text : texts) {
    std::vector<std::pair<std::string, std::vector<std::string>>> settings;  // name with "=", values
    for (const std::string& part : split_text(text, ',')) {
      const std::size_t equals = part.find('=');
      if (equals == std::string::npos && !settings.empty()) {
        settings.back().second.push_back(part);
      } else {
        const std::size_t value = equals == std::string::npos ? part.size() : equals + 1;
        settings.push_back({part.substr(0, value), {part.substr(value)}});
      }
    }
    for (const auto& [name, values] : settings) {
      std::vector<std::vector<std::string>> longer;
      for (const auto& combination : sweep) {
        for (const std::string& value : values) {
          longer.push_back(combination);
          longer.back().push_back(name + value);
        }
      }
      sweep = std::move(longer);
    }
  }
  return sweep;
}

std::string settings_for(const Method& method, const std::vector<Setting>& settings) {
  std::string text;
  for (const Setting& setting : settings) {
    const bool own = setting.method.empty() || setting.method == method.name;
    if (own && find_hyper(method, setting.name) != nullptr)
      text += setting.method + "." + setting.name + "=" + setting.value + "\n";
  }
  return text;
}

void require_possible_settings(const std::vector<const Method*>& methods, Task task,
                               const std::vector<Setting>& settings) {
  if (settings.empty()) return;
  Threads threads(1);
  const Experiment tiny = tiny_experiment(threads);
  const FeatureSet none;
  for (const Method* method : methods) {
    const Traits& traits = method->info.traits;
    if (!(task == Task::rating ? traits.rating : traits.ranking)) continue;
    const Hyper hyper = study_hyper(*method, task, settings, usual_shape);
    try {
      method->cpu(problem_of(tiny, none, nullptr, task, hyper, 1, threads));
    } catch (const UsageError&) {
      throw;
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): of these data, not of the settings
    }
  }
}

Hyper study_hyper(const Method& method, Task task, const std::vector<Setting>& settings, const DataShape& shape) {
  std::vector<std::pair<std::string, double>> own;
  for (const std::string& whose : {std::string(), method.name}) {  // the method's own settings last: they prevail
    for (const Setting& setting : settings) {
      const HyperSpec* spec = setting.method == whose ? find_hyper(method, setting.name) : nullptr;
      if (spec != nullptr) own.emplace_back(setting.name, parse_hyper(method, *spec, setting.value));
    }
  }
  return make_hyper(method, task, own, shape);
}

}  // namespace embrace
