// What all judges that learn by steps share: Adam on a model's weights, the epoch at which to stop, and the setting.
#pragma once
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <vector>

#include "host/array.hpp"
#include "host/error.hpp"
#include "host/math/adam.hpp"
#include "host/span.hpp"
#include "host/threads.hpp"

namespace embrace::judge {

/// Adam's moments for an array of weights, with room for their gradient.
class Descent {
 public:
  explicit Descent(std::int64_t weights) : gradient_(weights, 0.0F), m_(weights, 0.0F), v_(weights, 0.0F) {}

  Array<float>& gradient() { return gradient_; }
  /// One step; the first `decaying` of the weights decay.
  void step(double rate, double decay, Span<float> weights, std::int64_t decaying) {
    ++steps_;
    adam({rate, decay, steps_}, gradient_.data(), weights.data(), m_.data(), v_.data(), decaying);
    adam({rate, 0, steps_}, gradient_.data() + decaying, weights.data() + decaying, m_.data() + decaying,
         v_.data() + decaying, weights.size() - decaying);
  }

 private:
  Array<float> gradient_, m_, v_;
  std::int64_t steps_ = 0;
};

/// A model as it was at its best epoch.
template <typename Model>
struct Trained {
  double loss = 0;  // on the validation part
  int epochs = 0;   // 0: as it began
  Model model;
};

inline constexpr int most_epochs = 40;
inline constexpr int patience = 4;  // epochs without a better one

/// Calls epoch(model, n), n from 1, until loss(model) was not better for `patience` epochs. Throws Diverged for a loss
/// that is not finite.
template <typename Model, typename Epoch, typename Loss>
Trained<Model> train_to_best(Model model, const Epoch& epoch, const Loss& loss) {
  const double before = loss(model);
  Trained<Model> best{before, 0, model};
  for (int n = 1; n <= most_epochs && n <= best.epochs + patience; ++n) {
    epoch(model, n);
    const double now = loss(model);
    if (!std::isfinite(now)) throw Diverged("the judge's loss is not finite");
    if (now < best.loss) best = {now, n, model};
  }
  return best;
}

/// Trains with all settings at once, a processor each, with seed 1: train(setting, seed) gives a Trained. The setting
/// of least loss, the first of equal ones, is then trained with each seed, and conclude(trained, setting) makes the
/// verdicts, whose `seconds` are set: the first seed has those of all settings.
template <typename Verdict, typename Setting, typename Train, typename Conclude>
std::vector<Verdict> choose_and_train(const std::vector<Setting>& settings, Span<const std::uint64_t> seeds,
                                      Threads& threads, const Train& train, const Conclude& conclude) {
  using Clock = std::chrono::steady_clock;
  const auto since = [](Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
  };
  const auto begin = Clock::now();
  std::vector<std::optional<std::invoke_result_t<Train, Setting, std::uint64_t>>> tried(settings.size());
  threads.for_each(static_cast<std::int64_t>(settings.size()), [&](std::int64_t s, int) {
    tried[static_cast<std::size_t>(s)] = train(settings[static_cast<std::size_t>(s)], std::uint64_t{1});
  });
  const auto best =
      std::min_element(tried.begin(), tried.end(), [](const auto& a, const auto& b) { return a->loss < b->loss; });
  const Setting chosen = settings[static_cast<std::size_t>(best - tried.begin())];
  std::vector<Verdict> all(static_cast<std::size_t>(seeds.size()));
  threads.for_each(seeds.size(), [&](std::int64_t s, int) {
    const auto started = Clock::now();
    Verdict& verdict = all[static_cast<std::size_t>(s)];
    verdict = conclude(seeds[s] == 1 ? **best : train(chosen, seeds[s]), chosen);
    verdict.seconds = since(started);
  });
  double others = 0;
  for (std::size_t s = 1; s < all.size(); ++s) others += all[s].seconds;
  all[0].seconds = std::max(0.0, since(begin) - others);
  return all;
}

}  // namespace embrace::judge
