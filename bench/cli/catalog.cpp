#include "bench/cli/catalog.hpp"

#include <fmt/format.h>

#include <cctype>

#include "host/data/split/split.hpp"
#include "host/data/split/split_name.hpp"

namespace embrace::cli {
namespace {

std::vector<std::string> tasks_of(const Traits& traits) {
  std::vector<std::string> tasks;
  if (traits.rating) tasks.emplace_back(to_text(Task::rating));
  if (traits.ranking) tasks.emplace_back(to_text(Task::ranking));
  return tasks;
}

std::vector<std::string> reads_of(const Traits& traits) {
  std::vector<std::string> reads{"ratings"};
  if (traits.user_features) reads.emplace_back("user features");
  if (traits.item_features) reads.emplace_back("movie features");
  if (traits.context) reads.emplace_back("times");
  return reads;
}

Fields hyper_entry(const HyperSpec& spec, const MethodInfo& method) {
  const Traits& traits = method.traits;
  Fields entry = {{"name", spec.name}};
  const auto put = [&](const char* name, double value) {
    std::visit([&](const auto& shown) { entry.push_back({name, shown}); }, named_value(spec, value));
  };
  if (traits.rating) put("rating_default", spec.rating_default);
  if (traits.ranking) put("ranking_default", spec.ranking_default);
  if (spec.choices.empty()) {
    entry.insert(entry.end(), {{"lowest", spec.lowest}, {"highest", spec.highest}, {"whole", spec.whole}});
  } else {
    entry.push_back({"choices", spec.choices});
  }
  for (const SearchRange& range : method.search) {
    if (range.name != spec.name) continue;
    entry.push_back({"tuned", fmt::format("{:g} to {:g}{}", range.low, range.high,
                                          range.scale == SearchRange::Scale::log ? ", by its logarithm" : "")});
  }
  if (spec.rule.value != nullptr) entry.push_back({"default_rule", spec.rule.text});
  entry.push_back({"meaning", spec.meaning});
  return entry;
}

/// Up to the point before a capital: "et al. 2018" goes on.
std::string first_sentence(const std::string& text) {
  for (std::size_t end = text.find(". "); end != std::string::npos; end = text.find(". ", end + 1)) {
    if (std::isupper(static_cast<unsigned char>(text[end + 2])) != 0) return text.substr(0, end);
  }
  return text;
}

Fields metric_entry(const MetricInfo& metric, const std::string& definition) {
  return {{"name", metric.name},
          {"task", to_text(metric.task)},
          {"better", metric.higher_is_better ? "higher" : "lower"},
          {"definition", definition}};
}

}  // namespace

Fields method_line(const Method& method) {
  return {{"name", method.name},
          {"family", method.info.family},
          {"tasks", tasks_of(method.info.traits)},
          {"reads", reads_of(method.info.traits)},
          {"summary", method.info.summary}};
}

Fields method_entry(const Method& method) {
  const MethodInfo& info = method.info;
  Fields entry = method_line(method);
  if (!info.source.empty()) entry.push_back({"source", info.source});
  entry.push_back({"fold_in", info.traits.fold_in});
  entry.push_back({"lock_free", info.traits.lock_free});
  entry.push_back({"parity", fmt::format("{:g} relative between CPU and GPU, {:g} for rankings: {}", info.parity.rating,
                                         info.parity.ranking, info.parity.reason)});
  std::vector<Fields> hyper;
  for (const HyperSpec& spec : info.hyper) hyper.push_back(hyper_entry(spec, info));
  entry.push_back({"hyper", hyper});
  return entry;
}

Fields metric_entry(const MetricInfo& metric) { return metric_entry(metric, metric.definition); }

Fields metric_line(const MetricInfo& metric) { return metric_entry(metric, first_sentence(metric.definition)); }

}  // namespace embrace::cli
