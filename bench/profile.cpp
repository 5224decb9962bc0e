#include "bench/profile.hpp"

#include <algorithm>
#include <map>

#include "bench/cuda_library.hpp"
#include "bench/run.hpp"
#include "bench/selection.hpp"
#include "bench/spread.hpp"

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

/// As cuda/ names them at the head of a scope.
const std::map<std::string, std::vector<std::string>>& all_phase_names() {
  static const std::map<std::string, std::vector<std::string>> names = {
      {"als", {"solve rows", "penalties", "sum"}},
      {"ials",
       {"gram", "solve rows", "penalties", "sum", "improve rows", "missing", "matrix product", "solve blocks",
        "losses"}},
      {"feature-ials", {"gram", "rated rows", "solve rows", "regression", "sparse product", "penalties", "sum"}},
      {"sgd", {"descend"}},
      {"hybrid",
       {"draw samples", "collect", "clear", "represent", "coefficients", "slot gradients", "update rows", "search"}},
      {"deep",
       {"draw samples", "collect", "clear", "represent", "matrix product", "network", "slot gradients",
        "weight gradients", "update network", "update rows"}},
      {"bayes", {"residuals", "priors", "rows", "identities", "columns", "represent", "average", "latent numbers"}},
      {"elsa", {"sums of vectors", "matrix product", "outputs", "turn vectors", "sum"}},
      {"mult-vae", {"first layer", "matrix product", "codes", "scores", "weight gradients", "update network", "sum"}},
      {"lightgcn",
       {"draw samples", "propagate", "sparse product", "list parts", "directions", "matrix products", "compare",
        "finish parts", "sort", "cut segments", "sum parts", "penalties", "step"}},
      {"item2vec",
       {"draw baskets", "list parts", "take in", "matrix products", "push away", "pull together", "sort",
        "cut segments", "sum parts", "step", "represent", "matrix product", "sum"}},
      {"two-tower",
       {"draw samples", "represent", "sums of histories", "sparse product", "take in", "matrix products", "compare",
        "finish parts", "sort", "cut segments", "sum parts", "pass back", "step", "directions"}}};
  return names;
}

}  // namespace

std::vector<std::string> phase_names(const Method& method) {
  const auto found = all_phase_names().find(method.name);
  return found == all_phase_names().end() ? std::vector<std::string>{} : found->second;
}

void require_epochs(const Method& method) {
  if (!method.info.traits.closed_form) return;
  throw UsageError("'" + method.name + "' is trained in one step; there are no epochs to profile");
}

std::vector<PhaseProfile> profile_phases(const Experiment& experiment, const ProfileOptions& options,
                                         Threads& threads) {
  const Method& method = *options.method;
  const FeatureSet features =
      build_features(experiment.dataset, experiment.fold, options.information, options.task, 1, threads);
  Hyper hyper = study_hyper(method, options.task, options.settings, shape_of(experiment));
  hyper.set("epochs", options.epochs + 1);

  Epochs epochs;
  std::unique_ptr<gpu::Profile> profile;
  const auto on_epoch = [&](int done, int all, const Trainer&) {
    if (profile) {
      epochs.push_back(profile->take());
    } else {
      profile = cuda_library().part->backend.profile();
    }
    if (done == all) profile.reset();
    return AfterEpoch::go_on;
  };
  Record record;
  execute({.method = method,
           .device = options.device,
           .experiment = experiment,
           .features = features,
           .hyper = hyper,
           .task = options.task,
           .at = {10},
           .seed = 1,
           .on_epoch = on_epoch},
          threads, record);
  if (record.status != Status::ok) throw ProfileFailed(method.name + ": " + record.reason);
  return medians(epochs);
}

}  // namespace embrace
