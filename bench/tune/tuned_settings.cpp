#include "bench/tune/tuned_settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "host/digest.hpp"
#include "host/enum_text.hpp"
#include "host/error.hpp"
#include "host/files.hpp"
#include "host/methods/registry.hpp"

namespace embrace {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* settings_schema = "embrace.settings/1";

Json json_of(const HyperValue& value) {
  return std::visit([](const auto& v) { return Json(v); }, value);
}

Json json_of(const TunedSetting& setting) {
  Json hyper = Json::object();
  for (const auto& [name, value] : setting.hyper) hyper[name] = json_of(value);
  return {{"method", setting.method}, {"information", setting.information},
          {"fold", setting.fold},     {"hyper", std::move(hyper)},
          {"value", setting.value},   {"default_value", setting.default_value},
          {"record", setting.record}};
}

TunedSetting setting_from(const Json& json) {
  TunedSetting setting;
  json.at("method").get_to(setting.method);
  json.at("information").get_to(setting.information);
  json.at("fold").get_to(setting.fold);
  for (const auto& entry : json.at("hyper").items()) {
    const Json& value = entry.value();
    setting.hyper.emplace_back(
        entry.key(), value.is_string() ? HyperValue(value.get<std::string>()) : HyperValue(value.get<double>()));
  }
  json.at("value").get_to(setting.value);
  json.at("default_value").get_to(setting.default_value);
  json.at("record").get_to(setting.record);
  return setting;
}

TunedSettings settings_from(const Json& json) {
  if (json.at("schema") != settings_schema) throw SchemaError(std::string("schema is not ") + settings_schema);
  TunedSettings all;
  json.at("data").at("name").get_to(all.data);
  json.at("data").at("sha256").get_to(all.data_sha256);
  json.at("split").at("name").get_to(all.split);
  json.at("split").at("seed").get_to(all.split_seed);
  json.at("validation").get_to(all.validation);
  const auto task = from_text<Task>(json.at("task").get<std::string>());
  if (!task) throw SchemaError("task is neither rating nor ranking");
  all.task = *task;
  json.at("metric").get_to(all.metric);
  json.at("trials").get_to(all.trials);
  json.at("seed").get_to(all.seed);
  for (const Json& setting : json.at("settings")) all.settings.push_back(setting_from(setting));
  return all;
}

}  // namespace

std::string to_json(const TunedSettings& all) {
  Json settings = Json::array();
  for (const TunedSetting& setting : all.settings) settings.push_back(json_of(setting));
  const Json json = {{"schema", settings_schema},
                     {"data", {{"name", all.data}, {"sha256", all.data_sha256}}},
                     {"split", {{"name", all.split}, {"seed", all.split_seed}}},
                     {"validation", all.validation},
                     {"task", to_text(all.task)},
                     {"metric", all.metric},
                     {"trials", all.trials},
                     {"seed", all.seed},
                     {"settings", std::move(settings)}};
  return json.dump(2) + "\n";
}

TunedSettings read_tuned_settings(const std::filesystem::path& file) {
  const std::string text = read_file(file);
  try {
    TunedSettings all = settings_from(Json::parse(text));
    all.file = file.filename().string();
    all.sha256 = sha256(text);
    return all;
  } catch (const Json::exception& error) {
    const std::string what = error.what();  // starts with "[json.exception.…] "
    const std::size_t end = what.find("] ");
    throw SchemaError(file.string() + ": " + what.substr(end == std::string::npos ? 0 : end + 2, 200),
                      "give the settings.json of embrace tune");
  } catch (const SchemaError& error) {
    throw SchemaError(file.string() + ": " + error.what(), "give the settings.json of embrace tune");
  }
}

std::string note_of_origin(const TunedSettings& settings, const std::string& data_sha256, const std::string& split,
                           std::uint64_t split_seed) {
  if (settings.data_sha256 != data_sha256) return "settings tuned on other data: " + settings.data;
  if (settings.split != split || settings.split_seed != split_seed) {
    const auto text = [](const std::string& name, std::uint64_t seed) {
      return fmt::format("{}, seed {}", name, seed);
    };
    throw UsageError(
        fmt::format("the settings were tuned on another split of these data ({}), whose training ratings are test "
                    "ratings here ({})",
                    text(settings.split, settings.split_seed), text(split, split_seed)),
        "tune on the split that is to be measured");
  }
  return {};
}

Hyper tuned_hyper(const TunedSettings& settings, const Method& method, Task task, const std::string& information,
                  int fold) {
  const auto found = std::find_if(settings.settings.begin(), settings.settings.end(), [&](const TunedSetting& s) {
    return s.method == method.name && s.information == information && s.fold == fold;
  });
  if (found == settings.settings.end()) {
    throw UsageError(fmt::format("the settings have nothing for {} with {} on fold {}", method.name, information, fold),
                     "tune it too, or leave it out");
  }
  std::vector<std::pair<std::string, double>> values;
  for (const auto& [name, value] : found->hyper) {
    const HyperSpec* spec = find_hyper(method, name);
    if (spec == nullptr)
      throw UsageError("the settings have a hyper-parameter that " + method.name + " has not: " + name);
    const auto* choice = std::get_if<std::string>(&value);
    values.emplace_back(name, choice != nullptr ? parse_hyper(method, *spec, *choice) : std::get<double>(value));
  }
  return make_hyper(method, task, values);
}

}  // namespace embrace
