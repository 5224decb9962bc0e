// What the judges `mlp` and `cross` do whatever trains their network: 3 rates × 2 decays × 2 shares of dropout are
// tried with seed 1, and the epoch at which to stop is chosen for each seed, both on the validation part; epoch 0 is
// the linear part alone (host/judge/linear_part.hpp).
#pragma once
#include <algorithm>
#include <vector>

#include "host/judge/judge.hpp"
#include "host/judge/linear_part.hpp"
#include "host/judge/training.hpp"

namespace embrace::judge {

constexpr std::int64_t network_batch = 256;

struct NetworkSetting {
  double rate = 0, decay = 0, dropout = 0;
};
/// All that are tried.
std::vector<NetworkSetting> network_settings();

/// The verdict of a training but for its number of parameters; `predicted`: the test pairs, as the network says.
Verdict network_verdict(const RatingCase& work, const NetworkSetting& setting, double loss, int epochs,
                        Array<float> predicted);

/// `Learner` has
///   Trained<Model> train(const NetworkSetting&, std::uint64_t seed) const
///   Verdict verdict_of(const Trained<Model>&, const NetworkSetting&) const
/// and is asked by each of the threads.
template <typename Learner>
std::vector<Verdict> network_verdicts(const Learner& learner, Span<const std::uint64_t> seeds, Threads& threads) {
  return choose_and_train<Verdict>(
      network_settings(), seeds, threads,
      [&](const NetworkSetting& setting, std::uint64_t seed) { return learner.train(setting, seed); },
      [&](const auto& trained, const NetworkSetting& setting) { return learner.verdict_of(trained, setting); });
}

}  // namespace embrace::judge
