// embrace list: what there is to choose from.
#include "bench/cli/arguments.hpp"
#include "bench/cli/catalog.hpp"
#include "bench/devices.hpp"
#include "bench/judge/sources.hpp"
#include "host/data/load.hpp"
#include "host/data/split/split_name.hpp"
#include "host/error.hpp"
#include "host/judge/judge.hpp"
#include "host/metadata/features.hpp"
#include "host/metadata/information.hpp"
#include "host/methods/registry.hpp"
#include "host/text.hpp"

namespace embrace::cli {
namespace {

std::vector<Fields> device_entries() {
  std::vector<Fields> list;
  for (const DeviceInfo& device : usable_devices()) {
    list.push_back({{"name", device.spec}, {"kind", to_text(device.kind)}, {"summary", device.name}});
  }
  return list;
}

std::vector<Fields> metric_entries() {
  std::vector<Fields> list;
  for (const MetricInfo& metric : metric_infos()) list.push_back(metric_line(metric));
  return list;
}

std::vector<Fields> method_entries() {
  std::vector<Fields> list;
  for (const Method& method : methods()) list.push_back(method_line(method));
  return list;
}

std::vector<Fields> judge_entries() {
  std::vector<Fields> list;
  for (const judge::JudgeInfo& judge : judge::judges()) {
    list.push_back({{"name", judge.name}, {"summary", judge.summary}, {"source", judge.source}});
  }
  return list;
}

}  // namespace

int list(const NameArguments& arguments) {
  const std::vector<std::string> known = {"methods", "information", "sources",  "judges",
                                          "metrics", "splits",      "datasets", "devices"};
  const std::string& what = arguments.name;
  if (what == "methods") {
    print_listing(method_entries(), {"name", "family", "tasks", "reads", "summary"}, arguments.json);
  } else if (what == "information") {
    print_listing(named_entries(information_names()), {"name", "summary"}, arguments.json);
  } else if (what == "sources") {
    print_listing(named_entries(judge::source_names()), {"name", "summary"}, arguments.json);
  } else if (what == "judges") {
    print_listing(judge_entries(), {"name", "summary"}, arguments.json);
  } else if (what == "metrics") {
    print_listing(metric_entries(), {"name", "task", "better", "definition"}, arguments.json);
  } else if (what == "splits") {
    print_listing(named_entries(split_names()), {"name", "summary"}, arguments.json);
  } else if (what == "datasets") {
    print_listing(named_entries(dataset_names()), {"name", "summary"}, arguments.json);
  } else if (what == "devices") {
    print_listing(device_entries(), {"name", "kind", "summary"}, arguments.json);
    const std::string reason = why_no_cuda();
    if (!arguments.json && !reason.empty()) print_line("no CUDA device: " + reason);
  } else {
    throw UsageError("there is no list of '" + what + "'", suggestion(what, known));
  }
  return 0;
}

}  // namespace embrace::cli
