// The judge `ridge`: 4 penalties of the weights × 3 of the biases, the best on the validation part. No chance in it.
#include <algorithm>
#include <chrono>

#include "host/judge/bias_ridge.hpp"
#include "host/judge/judge.hpp"

namespace embrace::judge {
namespace {

constexpr FixedArray<double, 4> weight_penalties{{0.0005, 0.005, 0.05, 1}};  // times the number of ratings
constexpr FixedArray<double, 3> bias_penalties{{1, 5, 25}};
constexpr std::int64_t block = 256;

Array<float> predict(const RatingCase& work, const RidgeSolution& solution, const RatedPairs& pairs) {
  const std::int64_t columns = work.inputs.columns();
  Array<float> out(pairs.size());
  work.threads.for_ranges(pairs.size(), block, [&](std::int64_t begin, std::int64_t end, int) {
    Matrix x(end - begin, columns);
    work.inputs.fill({pairs.users.data() + begin, end - begin}, {pairs.items.data() + begin, end - begin}, x.view());
    for (std::int64_t p = begin; p < end; ++p) {
      double score = solution.intercept + solution.user_bias[pairs.users[p]] + solution.item_bias[pairs.items[p]];
      for (std::int64_t c = 0; c < columns; ++c) score += solution.weights[c] * static_cast<double>(x(p - begin, c));
      out[p] = std::clamp(static_cast<float>(score), work.scale.lowest, work.scale.highest);
    }
  });
  return out;
}

}  // namespace

std::vector<Verdict> rate_by_ridge(const RatingCase& work, Span<const std::uint64_t> seeds) {
  const auto begin = std::chrono::steady_clock::now();
  const BiasRidge ridge(
      work.fit.view(), work.inputs.columns(), work.inputs.habits(),
      [&](auto users, auto items, MatrixView out) { work.inputs.fill(users, items, out); }, work.threads);
  Verdict best;
  RidgeSolution chosen;
  for (const double bias_penalty : bias_penalties) {
    for (const double share : weight_penalties) {
      const double weight_penalty = share * static_cast<double>(work.fit.entries());
      RidgeSolution solution = ridge.solve(bias_penalty, weight_penalty);
      const double rmse = clipped_rmse(predict(work, solution, work.validation), work.validation.ratings, work.scale);
      if (!chosen.user_bias.empty() && rmse >= best.validation) continue;
      best.validation = rmse;
      best.setting = {{"bias_penalty", bias_penalty}, {"weight_penalty", share}};
      chosen = std::move(solution);
    }
  }
  // An endless penalty of the weights is the judge without vectors, so that its largest value is no edge.
  if (best.setting[0].second == bias_penalties.front() || best.setting[0].second == bias_penalties.back()) {
    best.edges.emplace_back("bias_penalty");
  }
  const bool weighs = std::any_of(chosen.weights.begin(), chosen.weights.end(), [](double w) { return w != 0; });
  if (weighs && best.setting[1].second == weight_penalties.front()) best.edges.emplace_back("weight_penalty");
  best.predictions = predict(work, chosen, work.test);
  best.epochs = 1;
  best.parameters = work.inputs.columns() + 1;
  best.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  std::vector<Verdict> all(static_cast<std::size_t>(seeds.size()), best);
  for (std::size_t s = 1; s < all.size(); ++s) all[s].seconds = 0;
  return all;
}

}  // namespace embrace::judge
