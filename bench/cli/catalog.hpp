// What `list` and `describe` know, as JSON values made from the registries.
#pragma once
#include "bench/cli/listing.hpp"
#include "host/method.hpp"
#include "host/metrics/metric.hpp"

namespace embrace::cli {

Json method_entry(const Method& method);  // everything, hyper-parameters included
Json method_line(const Method& method);   // for lists
Json metric_entry(const MetricInfo& metric);
Json dataset_entries();  // layouts that are read, and built-in names
Json split_entries();

}  // namespace embrace::cli
