#include "bench/identity.hpp"

#include <fmt/format.h>

#include <charconv>

#include "bench/machine.hpp"
#include "host/build_info.hpp"
#include "host/digest.hpp"
#include "host/methods/registry.hpp"
#include "host/threads.hpp"

namespace embrace {

namespace {

/// "ml-10m", also of "../ml-10m/".
std::string folder_name(const std::filesystem::path& folder) {
  std::error_code error;
  const std::filesystem::path whole = std::filesystem::absolute(folder, error).lexically_normal();
  return (whole.has_filename() ? whole : whole.parent_path()).filename().string();
}

}  // namespace

Record describe_data(const Experiment& experiment, const DataChoice& choice, Task task) {
  const Dataset& dataset = experiment.dataset;
  const Fold& fold = experiment.fold;
  Record record;
  const Ratings& ratings = dataset.ratings;
  record.data = {.name = dataset.name,
                 .sha256 = dataset.sha256,
                 .users = ratings.user_count(),
                 .items = ratings.item_count(),
                 .ratings = ratings.size(),
                 .best_rmse = task == Task::rating ? dataset.best_rmse : std::nullopt,
                 .rejected = dataset.report.rejected,
                 .tags_from = choice.load.tags_from ? folder_name(*choice.load.tags_from) : ""};
  record.split = {choice.split.text,
                  fold.number,
                  choice.split_seed,
                  fold.sha256,
                  static_cast<std::int64_t>(fold.train.size()),
                  static_cast<std::int64_t>(fold.test.size())};
  record.task = task;
  return record;
}

Record describe_run(const Experiment& experiment, const DataChoice& choice, Task task, const RunIdentity& run) {
  Record record = describe_data(experiment, choice, task);
  record.method = run.method.name;
  record.family = run.method.info.family;
  record.information = run.information;
  record.seed = run.seed;
  record.hyper = named_values(run.method, run.hyper);
  if (task == Task::ranking) {
    record.positive = choice.positive;
    record.at = run.at;
  }
  record.lock_free = run.method.info.traits.lock_free;
  record.device = {run.device.kind, run.device.name, run.threads};
  return record;
}

std::map<std::string, std::string> provenance(const DeviceInfo& device, const std::string& command) {
  const BuildInfo& build = build_info();
  std::map<std::string, std::string> entries = {{"version", std::string(build.version)},
                                                {"commit", std::string(build.commit)},
                                                {"dirty", build.dirty ? "true" : "false"},
                                                {"compiler", std::string(build.compiler)},
                                                {"flags", std::string(build.flags)},
                                                {"libraries", library_names()},
                                                {"machine", machine_name()},
                                                {"cpu", cpu_name()},
                                                {"load", fmt::format("{:.2f}", load_average())},
                                                {"processors", std::to_string(usable_processors())},
                                                {"started", utc_now()},
                                                {"command", command}};
  if (device.kind != DeviceKind::cpu) {
    entries["gpu"] = device.name;
    entries["driver"] = device.driver;
    entries["toolkit"] = device.toolkit;
  }
  return entries;
}

double busy_load(const Record& record) {
  const auto found = record.provenance.find("load");
  if (found == record.provenance.end()) return 0;
  double load = 0;
  std::from_chars(found->second.data(), found->second.data() + found->second.size(), load);
  return load > record.device.threads + 0.5 ? load : 0;
}

std::string record_id(const Record& record, const DeviceInfo& device, const std::string& more) {
  std::string key = fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n", record_schema, record.data.sha256,
                                record.split.name, record.split.fold, record.split.seed, record.split.sha256,
                                record.method, record.information, to_text(record.task), record.seed,
                                to_text(record.device.kind), record.device.name);
  key += fmt::format("{}\n{}\n", record.device.threads, build_sha256(device));
  if (record.positive) key += fmt::format("positive {}\n", *record.positive);
  if (record.cold_candidates) key += "candidates cold\n";
  for (const int k : record.at) key += fmt::format("at {}\n", k);
  for (const auto& [name, value] : record.hyper) {
    std::visit([&, &key_name = name](const auto& v) { key += fmt::format("{}={}\n", key_name, v); }, value);
  }
  return sha256(key + more).substr(0, 32);
}

}  // namespace embrace
