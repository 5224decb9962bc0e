// embrace describe: one method, metric or data set in full.
#include "bench/cli/arguments.hpp"
#include "bench/cli/catalog.hpp"
#include "host/data/load.hpp"
#include "host/error.hpp"
#include "host/methods/registry.hpp"
#include "host/text.hpp"

namespace embrace::cli {

int describe(const NameArguments& arguments) {
  const std::string& name = arguments.name;
  std::vector<std::string> known;
  if (const Method* method = find_method(name)) {
    print_fields(method_entry(*method), arguments.json);
    return 0;
  }
  if (const MetricInfo* metric = find_metric(name)) {
    print_fields(metric_entry(*metric), arguments.json);
    return 0;
  }
  for (const auto& [known_name, summary] : dataset_names()) {
    known.push_back(known_name);
    if (known_name != name) continue;
    print_fields({{"name", name}, {"summary", summary}}, arguments.json);
    return 0;
  }
  for (const Method& method : methods()) known.push_back(method.name);
  for (const MetricInfo& metric : metric_infos()) known.push_back(metric.name);
  throw UsageError("there is no method, metric or data set '" + name + "'", suggestion(name, known));
}

}  // namespace embrace::cli
