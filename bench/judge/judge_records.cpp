#include "bench/judge/judge_records.hpp"

#include <fmt/format.h>

#include "bench/identity.hpp"
#include "bench/run.hpp"
#include "host/methods/registry.hpp"

namespace embrace::judge {

Record RecordMaker::described(const SourceSpec& source, const std::string& mode, int width) const {
  const JudgeOptions& options = draw_.options;
  const Parts& parts = draw_.data.parts;
  Record record = describe_data(draw_.whole, options.data, options.task);
  record.device = {options.device.kind, options.device.name, threads_.count()};
  record.hyper = {{"width", HyperValue(static_cast<double>(width))}};
  record.judge = Record::Judge{.source = source.text,
                               .mode = mode,
                               .width = width,
                               .draw = draw_.number,
                               .embedding = static_cast<std::int64_t>(parts.embedding.size()),
                               .judge = static_cast<std::int64_t>(parts.fit.size()),
                               .validation = static_cast<std::int64_t>(parts.validation.size())};
  if (options.task == Task::ranking) {
    record.positive = options.data.positive;
    record.at = options.at;
  }
  return record;
}

/// Of whatever is told of the vectors of a source.
Record RecordMaker::of_vectors(const SourceSpec& source, const std::string& mode, int width) const {
  Record record = described(source, mode, width);
  record.family = "judge";
  record.information = "embedding:" + source.text;
  return record;
}

Record RecordMaker::of_judge(const SourceSpec& source, const JudgeInfo& judge, int width, std::uint64_t seed) const {
  Record record = of_vectors(source, to_text(draw_.options.mode), width);
  record.method = "judge-" + judge.name;
  record.seed = seed;
  set_id(source, record);
  return record;
}

Record RecordMaker::of_probes(const SourceSpec& source, int width) const {
  Record record = of_vectors(source, "probes", width);
  record.method = "probes";
  record.seed = static_cast<std::uint64_t>(draw_.number);
  set_id(source, record);
  return record;
}

Record RecordMaker::of_source_itself(const SourceSpec& source, int width, const std::string& mode) const {
  const JudgeOptions& options = draw_.options;
  Record record = described(source, mode, width);
  record.method = source.method->name;
  record.family = source.method->info.family;
  record.information = source.information.text;
  const Experiment& learned_on = mode == "own" ? draw_.part : draw_.whole;
  record.hyper =
      named_values(*source.method, source_hyper(*source.method, options.task, options.settings, width, learned_on));
  record.seed = static_cast<std::uint64_t>(draw_.number);
  set_id(source, record);
  return record;
}

/// What was set of the method behind a source, or what its file holds.
std::string RecordMaker::contents_of(const SourceSpec& source, int width) const {
  const SourceSpec& inner = source.of ? *source.of : source;
  if (inner.method == nullptr) return files_.digest(source);
  std::string text;
  const JudgeOptions& options = draw_.options;
  const Hyper hyper = source_hyper(*inner.method, options.task, options.settings, width, draw_.part);
  for (const auto& [name, value] : hyper.values()) text += fmt::format("{}={}\n", name, value);
  return text;
}

void RecordMaker::set_id(const SourceSpec& source, Record& record) const {
  const Record::Judge& judge = *record.judge;
  record.id = record_id(record, draw_.options.device,
                        fmt::format("judge {} {} {} {}\n{}", judge.source, judge.mode, judge.width, judge.draw,
                                    contents_of(source, static_cast<int>(judge.width))));
}

void fill(const Outcome& outcome, const Draw& draw, const Prepared& prepared, Threads& threads, Record& record) {
  const Choice& choice = outcome.choice;
  record.judge->parameters = choice.parameters;
  record.judge->validation_value = choice.validation;
  record.judge->setting = choice.setting;
  record.judge->edges = choice.edges;
  record.cost = Record::Cost{};
  record.cost->prepare_seconds = prepared.seconds;
  record.cost->train_seconds = choice.seconds;
  record.cost->score_seconds = outcome.evaluation.score_seconds;
  record.cost->epochs = choice.epochs;
  if (choice.seconds > 0) {
    record.cost->updates_per_second = static_cast<double>(draw.data.fit.entries()) * choice.epochs / choice.seconds;
  }
  record.users_without_targets = outcome.evaluation.users_without_targets;
  add_accuracy(outcome.evaluation.metrics, threads, record);
}

}  // namespace embrace::judge
