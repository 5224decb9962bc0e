#include "bench/cli/catalog.hpp"

#include <fmt/format.h>

#include "host/data/split/split.hpp"
#include "host/data/split/split_name.hpp"

namespace embrace::cli {
namespace {

Json tasks_of(const Traits& traits) {
  Json tasks = Json::array();
  if (traits.rating) tasks.push_back(to_text(Task::rating));
  if (traits.ranking) tasks.push_back(to_text(Task::ranking));
  return tasks;
}

Json reads_of(const Traits& traits) {
  Json reads = Json::array({"ratings"});
  if (traits.user_features) reads.push_back("user features");
  if (traits.item_features) reads.push_back("movie features");
  if (traits.context) reads.push_back("times");
  return reads;
}

Json hyper_entry(const HyperSpec& spec, const Traits& traits) {
  Json entry = {{"name", spec.name}};
  const auto put = [&](const char* key, double value) {
    std::visit([&](const auto& shown) { entry[key] = shown; }, named_value(spec, value));
  };
  if (traits.rating) put("rating_default", spec.rating_default);
  if (traits.ranking) put("ranking_default", spec.ranking_default);
  if (spec.choices.empty()) {
    entry["lowest"] = spec.lowest;
    entry["highest"] = spec.highest;
    entry["whole"] = spec.whole;
  } else {
    entry["choices"] = spec.choices;
  }
  entry["meaning"] = spec.meaning;
  return entry;
}

}  // namespace

Json method_line(const Method& method) {
  return {{"name", method.name},
          {"family", method.info.family},
          {"tasks", tasks_of(method.info.traits)},
          {"reads", reads_of(method.info.traits)},
          {"summary", method.info.summary}};
}

Json method_entry(const Method& method) {
  const MethodInfo& info = method.info;
  Json entry = method_line(method);
  if (!info.source.empty()) entry["source"] = info.source;
  entry["fold_in"] = info.traits.fold_in;
  entry["lock_free"] = info.traits.lock_free;
  entry["parity"] = fmt::format("{:g} relative between CPU and GPU, {:g} for rankings: {}", info.parity.rating,
                                info.parity.ranking, info.parity.reason);
  Json hyper = Json::array();
  for (const HyperSpec& spec : info.hyper) hyper.push_back(hyper_entry(spec, info.traits));
  entry["hyper"] = hyper;
  return entry;
}

Json metric_entry(const MetricInfo& metric) {
  return {{"name", metric.name},
          {"task", to_text(metric.task)},
          {"better", metric.higher_is_better ? "higher" : "lower"},
          {"definition", metric.definition}};
}

Json dataset_entries() {
  const std::pair<const char*, const char*> entries[] = {
      {"synth", "built in: 943 users, 1,682 movies, 100,000 ratings, generated; best reachable RMSE known"},
      {"synth:USERSxITEMSxRATINGS", "the same of any size up to 1e9 ratings"},
      {"ml-100k", "folder with u.data, u.item, u.user, u.genre, u.occupation; official splits u1 ... u5, ua, ub"},
      {"ml-1m",
       "folder with ratings.dat, users.dat, movies.dat (::); whole stars; timestamps optional; tags.dat optional"},
      {"ml-10m", "folder with ratings.dat, movies.dat, tags.dat (::); half stars"},
      {"ml-csv", "folder with ratings.csv, movies.csv, tags.csv, links.csv: ml-latest-small, ml-20m, ml-25m, ml-32m"},
      {"ncf", "folder with *.train.rating, *.test.rating, *.test.negative; official split ncf"},
      {"delimited",
       "file of user, item, rating[, timestamp]; tab, comma, ::, semicolon, bar or space; header optional"}};
  Json list = Json::array();
  for (const auto& [name, summary] : entries) list.push_back({{"name", name}, {"summary", summary}});
  return list;
}

Json split_entries() {
  Json list = Json::array();
  for (const auto& [name, summary] : split_names()) list.push_back({{"name", name}, {"summary", summary}});
  return list;
}

}  // namespace embrace::cli
