#include "bench/profile.hpp"

#include <algorithm>
#include <map>
#include <stdexcept>

#include "bench/cuda_library.hpp"
#include "bench/read_data.hpp"
#include "bench/run.hpp"
#include "bench/selection.hpp"
#include "bench/spread.hpp"
#include "host/data/split/divide.hpp"

namespace embrace {
namespace {

using Epochs = std::vector<std::vector<gpu::PhaseTime>>;

/// A phase that an epoch did not come to has a zero there.
std::vector<PhaseProfile> medians(const Epochs& epochs) {
  std::vector<PhaseProfile> phases;
  for (const gpu::PhaseTime& phase : epochs.back()) {  // names only ever get more
    std::vector<double> times;
    std::vector<std::int64_t> calls;
    for (const auto& epoch : epochs) {
      const auto same =
          std::find_if(epoch.begin(), epoch.end(), [&](const gpu::PhaseTime& p) { return p.name == phase.name; });
      times.push_back(same == epoch.end() ? 0 : same->milliseconds);
      calls.push_back(same == epoch.end() ? 0 : same->calls);
    }
    phases.push_back({phase.name, median(times), median(calls)});
  }
  return phases;
}

}  // namespace

std::vector<PhaseProfile> profile_phases(const ProfileOptions& options, Threads& threads) {
  const Method& method = *options.method;
  if (method.info.traits.closed_form) {
    throw UsageError("'" + method.name + "' is trained in one step; there are no epochs to profile");
  }
  LoadedData loaded = load_data(options.data, options.load, threads);
  const Division division = divide(std::move(loaded.dataset), options.split, 1, std::nullopt, options.load, threads);
  const Fold& fold = division.folds.front();
  const FoldData data = make_fold_data(division.dataset, fold, threads);
  const FeatureSet features = build_features(division.dataset, fold, options.information, options.task, 1, threads);
  Hyper hyper = study_hyper(method, options.task, options.settings);
  hyper.set("epochs", options.epochs + 1);

  Epochs epochs;
  std::unique_ptr<gpu::Profile> profile;
  Run run{method, options.device, division.dataset, fold, data, features, 0, hyper, options.task, {10}, 1};
  run.on_epoch = [&](int done, int all, const Trainer&) {
    if (profile) {
      epochs.push_back(profile->take());
    } else {
      profile = cuda_library().part->backend.profile();
    }
    if (done == all) profile.reset();
  };
  Record record;
  execute(run, threads, record);
  if (record.status != Status::ok) throw std::runtime_error(method.name + ": " + record.reason);
  return medians(epochs);
}

}  // namespace embrace
