// What `list` and `describe` know of methods and metrics, made from the registries.
#pragma once
#include "bench/cli/listing.hpp"
#include "host/method.hpp"
#include "host/metrics/metric.hpp"

namespace embrace::cli {

Fields method_entry(const Method& method);  // everything, hyper-parameters included
Fields method_line(const Method& method);   // for lists
Fields metric_entry(const MetricInfo& metric);
Fields metric_line(const MetricInfo& metric);  // for lists: the first sentence of the definition

}  // namespace embrace::cli
