// embrace list: what there is to choose from.
#include "bench/cli/arguments.hpp"
#include "bench/cli/catalog.hpp"
#include "bench/devices.hpp"
#include "host/error.hpp"
#include "host/metadata/features.hpp"
#include "host/metadata/information.hpp"
#include "host/methods/registry.hpp"
#include "host/text.hpp"

namespace embrace::cli {
namespace {

Json device_entries() {
  Json list = Json::array();
  for (const DeviceInfo& device : usable_devices()) {
    list.push_back({{"name", device.spec}, {"kind", to_text(device.kind)}, {"summary", device.name}});
  }
  return list;
}

Json information_entries() {
  Json list = Json::array();
  for (const auto& [name, meaning] : information_names()) list.push_back({{"name", name}, {"summary", meaning}});
  return list;
}

/// With the first sentence of each definition; `describe` prints all of it.
Json metric_entries() {
  Json list = Json::array();
  for (const MetricInfo& metric : metric_infos()) {
    list.push_back(metric_entry(metric));
    Json& definition = list.back()["definition"];
    const auto text = definition.get<std::string>();
    definition = text.substr(0, text.find(". "));
  }
  return list;
}

Json method_entries() {
  Json list = Json::array();
  for (const Method& method : methods()) list.push_back(method_line(method));
  return list;
}

}  // namespace

int list(const NameArguments& arguments) {
  const std::vector<std::string> known = {"methods", "information", "metrics", "splits", "datasets", "devices"};
  const std::string& what = arguments.name;
  if (what == "methods") {
    print_listing(method_entries(), {"name", "family", "tasks", "reads", "summary"}, arguments.json);
  } else if (what == "information") {
    print_listing(information_entries(), {"name", "summary"}, arguments.json);
  } else if (what == "metrics") {
    print_listing(metric_entries(), {"name", "task", "better", "definition"}, arguments.json);
  } else if (what == "splits") {
    print_listing(split_entries(), {"name", "summary"}, arguments.json);
  } else if (what == "datasets") {
    print_listing(dataset_entries(), {"name", "summary"}, arguments.json);
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
