// Expands methods.def: a method that is listed and not defined fails at link time.
#include "host/methods/registry.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "host/error.hpp"
#include "host/method.hpp"
#include "host/text.hpp"

namespace embrace {
namespace cpu {
#define EMBRACE_METHOD(identifier) \
  MethodInfo identifier##_info();  \
  std::unique_ptr<Trainer> make_##identifier(const Problem&);
#include "host/methods/methods.def"
#undef EMBRACE_METHOD
}  // namespace cpu

namespace {

std::string user_name(std::string identifier) {
  std::replace(identifier.begin(), identifier.end(), '_', '-');
  return identifier;
}

bool fits(const HyperSpec& spec, double value) {
  return value >= spec.lowest && value <= spec.highest && (!spec.whole || value == std::floor(value));
}

std::string number_text(double value) {
  if (std::abs(value) >= 1e15) {  // whose digits nobody reads
    char text[32];
    return {text, std::to_chars(text, text + sizeof text, value).ptr};
  }
  std::string text = std::to_string(value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

}  // namespace

const std::vector<Method>& methods() {
  static const std::vector<Method> list = {
#define EMBRACE_METHOD(identifier) {user_name(#identifier), cpu::identifier##_info(), &cpu::make_##identifier},
#include "host/methods/methods.def"
#include "host/span.hpp"
#undef EMBRACE_METHOD
  };
  return list;
}

const Method* find_method(std::string_view name) {
  const auto& list = methods();
  const auto found = std::find_if(list.begin(), list.end(), [&](const Method& m) { return m.name == name; });
  return found == list.end() ? nullptr : &*found;
}

const HyperSpec* find_hyper(const Method& method, std::string_view name) {
  const auto& specs = method.info.hyper;
  const auto found = std::find_if(specs.begin(), specs.end(), [&](const HyperSpec& s) { return s.name == name; });
  return found == specs.end() ? nullptr : &*found;
}

double parse_hyper(const Method& method, const HyperSpec& spec, const std::string& text) {
  const auto choice = std::find(spec.choices.begin(), spec.choices.end(), text);
  if (choice != spec.choices.end()) return static_cast<double>(choice - spec.choices.begin());
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  const bool number = !text.empty() && error == std::errc() && rest == end;
  if (!spec.choices.empty() && !(number && fits(spec, value))) {
    std::string all, nearest;
    for (const std::string& name : spec.choices) {
      all += (all.empty() ? "" : ", ") + name;
      if (nearest.empty() || edit_distance(text, name) < edit_distance(text, nearest)) nearest = name;
    }
    throw UsageError(method.name + "." + spec.name + "=" + text + " is none of " + all,
                     "did you mean '" + nearest + "'?");
  }
  if (!number) throw UsageError(method.name + "." + spec.name + ": '" + text + "' is no number", "write NAME=VALUE");
  return value;
}

std::vector<std::pair<std::string, HyperValue>> named_values(const Method& method, const Hyper& hyper) {
  std::vector<std::pair<std::string, HyperValue>> named;
  for (const auto& [name, value] : hyper.values()) {
    const HyperSpec* spec = find_hyper(method, name);
    named.emplace_back(name, spec == nullptr ? HyperValue(value) : named_value(*spec, value));
  }
  return named;
}

double default_value(const HyperSpec& spec, Task task, const DataShape& shape, const Hyper& others) {
  if (spec.rule.value == nullptr) return task == Task::rating ? spec.rating_default : spec.ranking_default;
  char text[32];
  const auto written =
      std::to_chars(text, text + sizeof text, spec.rule.value(task, shape, others), std::chars_format::general, 4);
  double value = 0;
  std::from_chars(text, written.ptr, value);
  return value;
}

Hyper make_hyper(const Method& method, Task task, Span<const std::pair<std::string, double>> settings,
                 const DataShape& shape) {
  Hyper hyper;
  for (const HyperSpec& spec : method.info.hyper) {
    hyper.set(spec.name, task == Task::rating ? spec.rating_default : spec.ranking_default);
  }
  for (const auto& [name, value] : settings) {
    const HyperSpec* spec = find_hyper(method, name);
    if (spec == nullptr) {
      std::vector<std::string> known;
      for (const HyperSpec& s : method.info.hyper) known.push_back(s.name);
      throw UsageError("method '" + method.name + "' has no hyper-parameter '" + name + "'", suggestion(name, known));
    }
    if (!fits(*spec, value)) {
      throw UsageError(method.name + "." + name + "=" + number_text(value) + " is out of range",
                       "give " + std::string(spec->whole ? "a whole number" : "a number") + " from " +
                           number_text(spec->lowest) + " to " + number_text(spec->highest));
    }
    hyper.set(name, value);
  }
  const Hyper others = hyper;
  for (const HyperSpec& spec : method.info.hyper) {
    const bool set = std::any_of(settings.begin(), settings.end(), [&](const auto& s) { return s.first == spec.name; });
    if (!set) hyper.set(spec.name, default_value(spec, task, shape, others));
  }
  return hyper;
}

}  // namespace embrace
