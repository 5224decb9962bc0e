// One training of a peer on a fold: the job that it is given, and what its answer says of its cost and origin. What
// contests and tables share.
#pragma once
#include "bench/experiment.hpp"
#include "bench/peers/contest.hpp"
#include "bench/peers/job.hpp"
#include "bench/peers/peer.hpp"
#include "host/record.hpp"

namespace embrace::peers {

/// The adapter and what it shares with others, out of the program and into the folder; returns the adapter.
std::filesystem::path write_adapter(const Peer& peer, const std::filesystem::path& folder);

/// The work of a side: its settings and epochs. `checkpoints` is left to the caller.
Job job_of(const Side& side, const Experiment& experiment, Task task, int threads, std::uint64_t seed,
           double timeout_seconds);

/// Package, build and libraries into the provenance.
void add_origin(const JobResult& result, Record& record);
/// The cost of a training that ended at the job's last checkpoint.
void add_training(const JobResult& result, const Job& job, Record& record);

}  // namespace embrace::peers
