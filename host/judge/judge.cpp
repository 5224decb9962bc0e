#include "host/judge/judge.hpp"

#include <algorithm>
#include <cmath>

#include "host/error.hpp"
#include "host/text.hpp"

namespace embrace::judge {

namespace {

/// With the networks as they train vectors.
std::vector<JudgeInfo> with_trained_vectors(const std::vector<JudgeInfo>& frozen) {
  const std::pair<VectorMode, const char*> modes[] = {
      {VectorMode::frozen_and_id, "with a vector of its own for each item beside the source's"},
      {VectorMode::fine_tuned, "with the source's vectors trained further"},
      {VectorMode::end_to_end, "with vectors of its own and no source, as which zero counts"}};
  std::vector<JudgeInfo> all;
  for (const JudgeInfo& judge : frozen) {
    all.push_back(judge);
    if (judge.rate == nullptr || !judge.chance) continue;
    for (const auto& [mode, meaning] : modes) {
      JudgeInfo other = judge;
      other.name += ":" + to_text(mode);
      other.summary += ", " + std::string(meaning);
      other.vectors = mode;
      all.push_back(std::move(other));
    }
  }
  return all;
}

}  // namespace

const std::vector<JudgeInfo>& judges() {
  static const std::vector<JudgeInfo> all = with_trained_vectors({
      {"ridge", "Linear regression on both vectors, their products and biases, in closed form",
       "Hoerl and Kennard 1970, with biases as random effects", false, rate_by_ridge, nullptr},
      {"mlp", "Layers of 64 and 32 units on the same inputs, beside the dot products and biases",
       "Cheng et al. 2016, Rendle et al. 2020", true, rate_by_mlp, nullptr, VectorMode::frozen, true, false},
      {"cross", "The same behind one cross layer", "Wang et al. 2021, DCN V2", true, rate_by_cross, nullptr,
       VectorMode::frozen, true, true},
      {"two-tower", "Rankings by a user's and an item's layers, softmax over the items of a batch",
       "Yi et al. 2019, equation 3", true, nullptr, rank_by_two_tower},
  });
  return all;
}

const JudgeInfo& find_judge(std::string_view name) {
  std::vector<std::string> known;
  for (const JudgeInfo& judge : judges()) {
    if (judge.name == name) return judge;
    known.push_back(judge.name);
  }
  throw UsageError("there is no judge '" + std::string(name) + "'", suggestion(name, known));
}

double clipped_rmse(Span<const float> predictions, Span<const float> ratings, const Scale& scale) {
  double sum = 0;
  for (std::int64_t p = 0; p < ratings.size(); ++p) {
    const float clipped = std::clamp(predictions[p], scale.lowest, scale.highest);
    sum += std::pow(static_cast<double>(clipped) - static_cast<double>(ratings[p]), 2);
  }
  return std::sqrt(sum / static_cast<double>(std::max<std::int64_t>(1, ratings.size())));
}

}  // namespace embrace::judge
