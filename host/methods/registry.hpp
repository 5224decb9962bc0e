// The registry: all methods, by name.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/method.hpp"
#include "host/span.hpp"

namespace embrace {

/// All methods in the order of methods.def.
const std::vector<Method>& methods();
/// Null when there is none.
const Method* find_method(std::string_view name);
/// Defaults for a task, then `settings` (name=value pairs already split); throws UsageError for a value out of range.
Hyper make_hyper(const Method& method, Task task, Span<const std::pair<std::string, double>> settings);

}  // namespace embrace
