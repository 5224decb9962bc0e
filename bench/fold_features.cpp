#include "bench/fold_features.hpp"

#include <chrono>

#include "bench/interrupt.hpp"
#include "host/error.hpp"

namespace embrace {

const BuiltFeatures& FoldFeatures::of(const Method& method, std::uint64_t seed) {
  const Traits& traits = method.info.traits;
  const bool reads = traits.user_features || traits.item_features || traits.context;
  const std::uint64_t chance = information_.control != Information::Control::none ? seed : 0;
  const auto key = reads ? static_cast<std::int64_t>(chance) : -1;
  auto found = built_.find(key);
  if (found == built_.end()) found = built_.emplace(key, build(reads, chance)).first;
  return found->second;
}

BuiltFeatures FoldFeatures::build(bool reads, std::uint64_t seed) const {
  if (!reads && information_.text != "ratings") return {.unsupported = "the method reads no features; use -i ratings"};
  BuiltFeatures built;
  const auto begin = std::chrono::steady_clock::now();
  try {
    const Threads::Checked stoppable(threads_, stop_if_interrupted);
    built.set = build_features(experiment_.dataset, experiment_.fold, information_, task_, seed, threads_);
  } catch (const Unsupported& error) {
    built.unsupported = error.what();
  }
  built.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return built;
}

}  // namespace embrace
