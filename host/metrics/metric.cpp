// The metrics' names, directions and definitions, and the one way to turn a metric's parts into its value.
#include "host/metrics/metric.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace embrace {
namespace {

const std::string ranking_rules =
    " The list: all items of the data without the user's training items, by score descending, ties by lower item id;"
    " shorter than K when fewer items are left. Items that are the user's in the test part are the targets, each"
    " counted once; a target that is also a training item is in no list and so counts as missed. Users without"
    " targets are left out and counted apart; the value is the mean over the other users. With ':sampled' in the name"
    " the list is instead the split's published candidates of the user, each once, and the targets: a target that"
    " stands among the candidates is taken out of them; training items are not removed. With --candidates cold the list"
    " holds the items without a training rating alone, and only these are targets.";

std::vector<MetricInfo> make_infos() {
  return {
      {"rmse", false, Task::rating,
       "Root of the mean squared difference between predicted and true rating over all test ratings, predictions first"
       " clipped to the scale of the data. Every rating counts the same, whoever gave it."},
      {"mae", false, Task::rating,
       "Mean absolute difference between predicted and true rating over all test ratings, predictions first clipped to"
       " the scale of the data. Every rating counts the same, whoever gave it."},
      {"recall", true, Task::ranking,
       "recall@K = targets among the first K of the user's list / number of the user's targets, so a user with more"
       " than K targets cannot reach 1." +
           ranking_rules},
      {"capped-recall", true, Task::ranking,
       "capped-recall@K = targets among the first K of the user's list / min(K, number of the user's targets): the"
       " Recall@K of the Mult-VAE protocol (Liang et al. 2018)." +
           ranking_rules},
      {"ndcg", true, Task::ranking,
       "ndcg@K = DCG / ideal DCG, where DCG = sum of 1 / log2(rank + 1) over the targets among the first K (rank from "
       "1,"
       " relevance 0 or 1) and ideal DCG = the same sum over the ranks 1 to min(K, number of the user's targets)." +
           ranking_rules},
      {"hr", true, Task::ranking,
       "hr@K (hit rate) = 1 when at least one target is among the first K of the user's list, else 0." + ranking_rules},
      {"auc", true, Task::ranking,
       "auc = share of the pairs of a target and another item of the user's list in which the target has the higher"
       " score, equal scores counting one half; 0.5 for a user whose list is all targets. Measured where contests with"
       " other libraries ask for it (embrace peers)." +
           ranking_rules},
  };
}

bool is_cutoff(std::string_view text) {
  constexpr std::string_view sampled = ":sampled";
  if (text.ends_with(sampled)) text.remove_suffix(sampled.size());
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

const std::vector<MetricInfo>& metric_infos() {
  static const std::vector<MetricInfo> infos = make_infos();
  return infos;
}

const MetricInfo* find_metric(std::string_view name) {
  const std::size_t at = name.find('@');
  const auto& infos = metric_infos();
  const auto found =
      std::find_if(infos.begin(), infos.end(), [&](const MetricInfo& info) { return info.name == name.substr(0, at); });
  if (found == infos.end()) return nullptr;
  if (at != std::string_view::npos && (found->task != Task::ranking || !is_cutoff(name.substr(at + 1)))) return nullptr;
  return &*found;
}

double UserValues::value() const {
  double sum = 0, weight = 0;
  for (std::int64_t i = 0; i < sums.size(); ++i) {
    sum += sums[i];
    weight += weights[i];
  }
  if (!(weight > 0)) throw std::logic_error("metric " + name + " has nothing to average over");
  return root ? std::sqrt(sum / weight) : sum / weight;
}

double UserValues::effective_users() const {
  double weight = 0, squares = 0;
  for (const double own : weights) {
    weight += own;
    squares += own * own;
  }
  return squares > 0 ? weight * weight / squares : 0;
}

}  // namespace embrace
