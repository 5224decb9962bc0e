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
/// The value that a text means: a number, or one of the choices, by name or by number. Throws UsageError.
double parse_hyper(const Method& method, const HyperSpec& spec, const std::string& text);
/// The default of a hyper-parameter, to four digits where a rule gives it; `others` as the rule wants it.
double default_value(const HyperSpec& spec, Task task, const DataShape& shape, const Hyper& others);
/// Defaults for a task and data, with `settings` (name=value pairs already split) in their place; throws UsageError for
/// a value out of range.
Hyper make_hyper(const Method& method, Task task, Span<const std::pair<std::string, double>> settings,
                 const DataShape& shape = usual_shape);
/// As records and people have it.
std::vector<std::pair<std::string, HyperValue>> named_values(const Method& method, const Hyper& hyper);
/// Null when the method declares none of this name.
const HyperSpec* find_hyper(const Method& method, std::string_view name);

}  // namespace embrace
