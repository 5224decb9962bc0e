#include "host/methods/lightgcn_loss.hpp"

#include <algorithm>

#include "host/array.hpp"
#include "host/math/score_losses.hpp"
#include "host/math/vector_math.hpp"

namespace embrace {
namespace {

ContrastTerm hinge_losses(const Contrast& loss, float positive, std::int64_t drawn, Span<float> scores) {
  const float each = drawn > 0 ? loss.weight / static_cast<float>(drawn) : 0;
  const float above = hinges(loss.margin, each, scores.data(), scores.size());
  return {1 - static_cast<double>(positive) + static_cast<double>(each) * static_cast<double>(above), -1};
}

ContrastTerm softmax_losses(const Contrast& loss, float positive, std::int64_t drawn, std::int64_t items,
                            Span<float> scores) {
  const double each = drawn > 0 ? static_cast<double>(items) / static_cast<double>(drawn) : 0;
  const SoftmaxTerm term = sampled_softmax(1 / loss.temperature, positive, each, scores.data(), scores.size());
  return {term.loss, term.positive};
}

}  // namespace

Contrast::Contrast(const Hyper& hyper)
    : kind(static_cast<GraphLoss>(hyper.integer("loss"))),
      margin(static_cast<float>(hyper["margin"])),
      weight(static_cast<float>(hyper["negative_weight"])),
      temperature(static_cast<float>(hyper["temperature"])) {}

double pair_losses(Span<float> ahead) {
  double sum = 0;
  constexpr std::int64_t most = 64;  // at a time
  FixedArray<float, most> softplus, sigmoid;
  for (std::int64_t first = 0; first < ahead.size(); first += most) {
    const auto here = ahead.subspan(first, std::min(most, ahead.size() - first));
    for (float& x : here) x = -x;  // -log sigmoid(x) = log(1 + exp(-x))
    logistic(here.data(), here.size(), softplus.data(), sigmoid.data());
    for (std::int64_t s = 0; s < here.size(); ++s) {
      sum += static_cast<double>(softplus[s]);
      here[s] = -sigmoid[s];
    }
  }
  return sum;
}

ContrastTerm contrast_losses(const Contrast& loss, float positive, std::int64_t drawn, std::int64_t items,
                             Span<float> scores) {
  return loss.kind == GraphLoss::ccl ? hinge_losses(loss, positive, drawn, scores)
                                     : softmax_losses(loss, positive, drawn, items, scores);
}

}  // namespace embrace
