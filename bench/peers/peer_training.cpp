#include "bench/peers/peer_training.hpp"

#include <algorithm>

#include "host/files.hpp"

namespace embrace::peers {

namespace fs = std::filesystem;

fs::path write_adapter(const Peer& peer, const fs::path& folder) {
  const std::string adapter = "peer_" + peer.name + ".py";
  for (const std::string& file : {std::string("protocol.py"), adapter}) {
    write_atomically(folder / file, peer_file(file));
  }
  return folder / adapter;
}

Job job_of(const Side& side, const Experiment& experiment, Task task, int threads, std::uint64_t seed,
           double timeout_seconds) {
  Job job;
  job.method = side.method;
  for (const auto& [name, value] : side.settings) {
    if (name != "epochs") job.settings.emplace_back(name, value);
  }
  job.users = experiment.dataset.ratings.user_count();
  job.items = experiment.dataset.ratings.item_count();
  job.test_pairs = static_cast<std::int64_t>(experiment.fold.test.size());
  job.task = task;
  job.epochs = static_cast<int>(setting(side, "epochs"));
  job.threads = threads;
  job.seed = seed;
  job.timeout_seconds = timeout_seconds;
  return job;
}

void add_origin(const JobResult& result, Record& record) {
  record.provenance["package"] = result.package;
  record.provenance["build"] = result.build;
  record.provenance["peer_libraries"] = result.libraries;
}

void add_training(const JobResult& result, const Job& job, Record& record) {
  add_origin(result, record);
  record.cost = Record::Cost{};
  Record::Cost& cost = *record.cost;
  cost.prepare_seconds = result.prepare_seconds;
  cost.train_seconds = result.checkpoints.back().seconds;
  cost.epoch_seconds = result.epoch_seconds;
  cost.epochs = job.epochs;
  cost.updates_per_second = static_cast<double>(record.split.train) * job.epochs / std::max(cost.train_seconds, 1e-9);
  cost.peak_bytes = result.peak_bytes;
}

}  // namespace embrace::peers
