#include "host/judge/network_verdicts.hpp"

namespace embrace::judge {
namespace {

constexpr FixedArray<double, 3> rates{{0.001, 0.003, 0.01}};
constexpr FixedArray<double, 2> decays{{0.01, 0.3}};
constexpr FixedArray<double, 2> dropouts{{0.1, 0.4}};

}  // namespace

std::vector<NetworkSetting> network_settings() {
  std::vector<NetworkSetting> settings;
  for (const double rate : rates) {
    for (const double decay : decays) {
      for (const double dropout : dropouts) settings.push_back({rate, decay, dropout});
    }
  }
  return settings;
}

Verdict network_verdict(const RatingCase& work, const NetworkSetting& setting, double loss, int epochs,
                        Array<float> predicted) {
  Verdict verdict;
  verdict.predictions = std::move(predicted);
  for (float& p : verdict.predictions) p = std::clamp(p, work.scale.lowest, work.scale.highest);
  verdict.validation = loss;
  verdict.epochs = epochs;
  verdict.setting = {{"decay", setting.decay}, {"dropout", setting.dropout}, {"learning_rate", setting.rate}};
  // Of two values neither is an edge. A slow rate and no epoch at all say the same: there is nothing to learn.
  if (epochs > 0 && setting.rate == rates.back()) verdict.edges.emplace_back("learning_rate");
  if (epochs == most_epochs) verdict.edges.emplace_back("epochs");
  return verdict;
}

}  // namespace embrace::judge
