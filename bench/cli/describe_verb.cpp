// embrace describe: one method, metric or data set in full.
#include "bench/cli/arguments.hpp"
#include "bench/cli/catalog.hpp"
#include "host/error.hpp"
#include "host/methods/registry.hpp"
#include "host/text.hpp"

namespace embrace::cli {

int describe(const NameArguments& arguments) {
  const std::string& name = arguments.name;
  std::vector<std::string> known;
  if (const Method* method = find_method(name)) {
    print_object(method_entry(*method), arguments.json);
    return 0;
  }
  if (const MetricInfo* metric = find_metric(name)) {
    print_object(metric_entry(*metric), arguments.json);
    return 0;
  }
  for (const Json& entry : dataset_entries()) {
    known.push_back(entry["name"].get<std::string>());
    if (known.back() != name) continue;
    print_object(entry, arguments.json);
    return 0;
  }
  for (const Method& method : methods()) known.push_back(method.name);
  for (const MetricInfo& metric : metric_infos()) known.push_back(metric.name);
  throw UsageError("there is no method, metric or data set '" + name + "'", suggestion(name, known));
}

}  // namespace embrace::cli
