// One repetition of a contest by either side, and the baseline of a contest between rankings, as ordinary records.
#pragma once
#include "bench/peers/contest_data.hpp"
#include "bench/peers/job.hpp"
#include "bench/peers/peer.hpp"
#include "host/record.hpp"

namespace embrace::peers {

/// What the runs of a contest share. Everything outlives them.
struct ContestContext {
  const ContestData& data;
  const Peer& peer;
  std::vector<std::string> program;  // python and the adapter
  double timeout_seconds = 0;        // of a run; 0: none
  std::string command;               // of this program, for the records
};

/// The two sides of a contest. `repetition` counts from 1 and is the seed. The record tells what became of a run;
/// thrown are only Interrupted and OutputError.
class Contestants {
 public:
  Contestants(ContestContext context, Threads& threads);
  Record ours(int repetition);
  Record theirs(int repetition);
  /// Popularity, of our side: once, as it has neither chance nor epochs.
  Record baseline();
  /// The record of a peer that cannot be run.
  Record absent(const std::string& reason) const;

 private:
  Record describe(const Side& side, ContestSide which, int repetition) const;
  void train_ours(const Side& side, const FeatureSet& features, Record& record);
  void train_theirs(int repetition, Record& record);
  void operate_ours(Record& record);
  void operate_theirs(int repetition, Record& record);
  Job job(int repetition) const;

  ContestContext context_;
  const Contest& contest_;
  Threads& threads_;
  DeviceInfo device_;
  std::vector<double> answer_;  // of our last operation
};

}  // namespace embrace::peers
