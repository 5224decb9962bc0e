#include "bench/peers/contestants.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "bench/identity.hpp"
#include "bench/machine.hpp"
#include "bench/peers/peer_training.hpp"
#include "bench/spread.hpp"
#include "host/error.hpp"
#include "host/methods/registry.hpp"
#include "host/npy.hpp"

namespace embrace::peers {
namespace {

Record::Cost operation_cost(std::vector<double> seconds, std::int64_t ratings) {
  Record::Cost cost;
  cost.train_seconds = median(seconds);
  cost.epochs = static_cast<int>(seconds.size());
  cost.updates_per_second = static_cast<double>(ratings) / std::max(cost.train_seconds, 1e-9);
  cost.epoch_seconds = std::move(seconds);
  return cost;
}

}  // namespace

Contestants::Contestants(ContestContext context, Threads& threads)
    : context_(std::move(context)), contest_(*context_.data.contest), threads_(threads), device_(cpu_device()) {}

Record Contestants::describe(const Side& side, ContestSide which, int repetition) const {
  const ContestData& data = context_.data;
  const bool ours = which == ContestSide::ours;
  Record record = describe_data(data.experiment, data.choice, contest_.task);
  record.method = side.method;
  record.information = contest_.information;
  record.contest = {contest_.name, which};
  record.seed = static_cast<std::uint64_t>(repetition);
  record.notes = data.notes;
  if (contest_.task == Task::ranking) {
    record.positive = contest_.positive;
    record.at = {10, 20};
  }
  record.device = {device_.kind, device_.name, threads_.count()};
  record.provenance = provenance(device_, context_.command);
  const Method* method = ours ? find_method(side.method) : nullptr;
  if (method != nullptr) {
    record.family = method->info.family;
    record.lock_free = method->info.traits.lock_free;
    record.hyper = named_values(*method, make_hyper(*method, contest_.task, side.settings, shape_of(data.experiment)));
  } else {
    record.family = ours ? "operation" : "peer";
    record.hyper.assign(side.settings.begin(), side.settings.end());
    std::sort(record.hyper.begin(), record.hyper.end());
  }
  if (!ours) record.provenance["package"] = context_.peer.package;
  record.id = record_id(record, device_, contest_.name);
  return record;
}

Record Contestants::absent(const std::string& reason) const {
  Record record = describe(contest_.theirs, ContestSide::theirs, 1);
  record.status = Status::unsupported;
  record.reason = reason;
  return record;
}

Record Contestants::ours(int repetition) {
  Record record = describe(contest_.ours, ContestSide::ours, repetition);
  if (contest_.is_operation()) {
    record_outcome(record, [&] { operate_ours(record); });
  } else {
    train_ours(contest_.ours, context_.data.features, record);
  }
  return record;
}

Record Contestants::baseline() {
  const Side side = {peers::baseline, {}};
  Record record = describe(side, ContestSide::ours, 1);
  record.information = "ratings";
  const FeatureSet none;
  train_ours(side, none, record);
  return record;
}

Record Contestants::theirs(int repetition) {
  Record record = describe(contest_.theirs, ContestSide::theirs, repetition);
  record_outcome(record, [&] {
    if (contest_.is_operation()) {
      operate_theirs(repetition, record);
    } else {
      train_theirs(repetition, record);
    }
  });
  return record;
}

void Contestants::train_ours(const Side& side, const FeatureSet& features, Record& record) {
  const Method* method = find_method(side.method);
  if (method == nullptr) throw std::logic_error("there is no method '" + side.method + "'");
  const Hyper hyper = make_hyper(*method, contest_.task, side.settings, shape_of(context_.data.experiment));
  Run run = make_run(context_.data, features, *method, hyper, device_);
  run.seed = record.seed;
  run.timeout_seconds = context_.timeout_seconds;
  Record::Curve curve{contest_.metric, {}, {}, {}};
  run.on_epoch = [&](int done, int, const Trainer& trainer) {
    curve.epochs.push_back(done);
    curve.seconds.push_back(record.cost->train_seconds);
    curve.values.push_back(accuracy_of(context_.data, trainer, threads_));
    return AfterEpoch::go_on;
  };
  execute(run, threads_, record);
  if (record.status == Status::ok) record.curve = std::move(curve);
}

Job Contestants::job(int repetition) const {
  Job job = job_of(contest_.theirs, context_.data.experiment, contest_.task, threads_.count(),
                   static_cast<std::uint64_t>(repetition), context_.timeout_seconds);
  if (contest_.is_operation()) return job;
  for (int epoch = contest_.stepwise ? 1 : job.epochs; epoch <= job.epochs; ++epoch) job.checkpoints.push_back(epoch);
  return job;
}

void Contestants::train_theirs(int repetition, Record& record) {
  const ContestData& data = context_.data;
  const Job todo = job(repetition);
  const JobResult result = run_job(context_.program, todo, data.folder);
  add_training(result, todo, record);
  Record::Curve curve{contest_.metric, {}, {}, {}};
  const Hyper none;
  const Method& rival = *find_method(contest_.ours.method);  // what is measured is the model
  for (const auto& checkpoint : result.checkpoints) {
    const auto model = load_model(todo, checkpoint, data.folder, threads_);
    curve.epochs.push_back(checkpoint.epochs);
    curve.seconds.push_back(checkpoint.seconds);
    curve.values.push_back(accuracy_of(data, *model, threads_));
    if (checkpoint.epochs == todo.epochs) {
      measure(make_run(data, data.features, rival, none, device_), *model, threads_, record);
    }
  }
  record.curve = std::move(curve);
}

void Contestants::operate_ours(Record& record) {
  const cases::TimedRun ours = timed_operation(contest_.ours.method, *context_.data.operation, threads_);
  std::vector<double> seconds;
  const auto repeats = static_cast<std::size_t>(setting(contest_.ours, "epochs"));
  while (seconds.size() < repeats) seconds.push_back(ours.run());
  record.cost = operation_cost(std::move(seconds), record.split.train);
  answer_ = ours.answer();
}

void Contestants::operate_theirs(int repetition, Record& record) {
  const JobResult result = run_job(context_.program, job(repetition), context_.data.folder);
  add_origin(result, record);
  record.cost = operation_cost(result.epoch_seconds, record.split.train);
  record.cost->peak_bytes = result.peak_bytes;
  const auto answer = read_npy<std::int64_t>(context_.data.folder / "output" / "answer.npy").values;
  if (answer.size() != answer_.size()) {
    throw JobFailed(fmt::format("its answer has {} numbers, ours {}", answer.size(), answer_.size()));
  }
  const auto [theirs, ours] = std::mismatch(answer.begin(), answer.end(), answer_.begin(),
                                            [](std::int64_t a, double b) { return static_cast<double>(a) == b; });
  if (theirs != answer.end()) {
    throw JobFailed(fmt::format("its answer differs from ours at {}: {}, not {}", theirs - answer.begin(), *theirs,
                                static_cast<std::int64_t>(*ours)));
  }
  record.notes.emplace_back("the answer equals ours");
}

}  // namespace embrace::peers
