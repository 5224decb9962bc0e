#include "bench/judge/judge_study.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "bench/identity.hpp"
#include "bench/interrupt.hpp"
#include "bench/judge/judge_records.hpp"
#include "bench/judge/noted_gates.hpp"
#include "bench/judge/own_scores.hpp"
#include "bench/judge/probing.hpp"
#include "bench/judge/rotation.hpp"
#include "bench/output_folder.hpp"
#include "bench/run.hpp"
#include "bench/settled_record.hpp"
#include "host/files.hpp"

namespace embrace::judge {
namespace {

/// Of a source that is made again, to see how much of it is chance; draws are never so many.
constexpr std::uint64_t other_seed = 1000000;

/// Do its vectors depend on a seed?
bool has_chance(const SourceSpec& source) {
  if (source.kind == SourceSpec::Kind::random) return true;
  return source.kind == SourceSpec::Kind::method && source.method->info.traits.chance;
}

class JudgeStudy {
 public:
  JudgeStudy(const JudgeOptions& options, Threads& threads, Progress& progress)
      : options_(options), threads_(threads), progress_(progress) {
    const auto method = std::find_if(options.sources.begin(), options.sources.end(),
                                     [](const SourceSpec& s) { return s.kind == SourceSpec::Kind::method; });
    if (method != options.sources.end()) first_method_ = method->text;
  }

  StudySummary run() {
    require_output_folder(options_.output);
    try {
      load();
      for (Fold& fold : folds_) run_fold(std::move(fold));
      if (summary_.number(Status::ok) > 0) note_gates(options_.output, progress_);
    } catch (const Interrupted&) {
      summary_.interrupted = true;
    }
    return summary_;
  }

 private:
  void load() {
    const Threads::Checked stoppable(threads_, stop_if_interrupted);
    DividedData divided = load_and_divide(options_.data, threads_);
    for (const std::string& note : divided.notes) progress_.note("note: " + note);
    draw_.whole.dataset = std::move(divided.dataset);
    draw_.part.dataset = draw_.whole.dataset;
    summary_.rejected = draw_.whole.dataset.report.rejected;
    folds_ = choose_folds(std::move(divided.folds), options_.folds, options_.data.split);
    progress_.begin(
        static_cast<int>(folds_.size() * options_.widths.size() * options_.sources.size() * options_.judges.size()) *
            options_.draws,
        0);
  }

  void run_fold(Fold fold) {
    draw_.whole.fold = std::move(fold);
    draw_.whole.data = make_fold_data(draw_.whole.dataset, draw_.whole.fold, threads_);
    if (options_.probes) targets_ = probe_targets(draw_.whole, threads_);
    for (draw_.number = 1; draw_.number <= options_.draws; ++draw_.number) run_draw();
  }

  void run_draw() {
    const auto seed = static_cast<std::uint64_t>(draw_.number);
    const Ratings& ratings = draw_.whole.dataset.ratings;
    {
      const Threads::Checked stoppable(threads_, stop_if_interrupted);
      Parts parts = divide_training(ratings, draw_.whole.fold, options_.data.split, seed);
      draw_.data = make_draw_data(draw_.whole, std::move(parts), threads_);
      draw_.part.fold = embedding_fold(ratings, draw_.whole.fold, draw_.data.parts);
      draw_.part.data = make_fold_data(draw_.part.dataset, draw_.part.fold, threads_);
    }
    std::vector<std::int64_t> oracle = draw_.data.parts.embedding;
    oracle.insert(oracle.end(), draw_.whole.fold.test.begin(), draw_.whole.fold.test.end());
    std::sort(oracle.begin(), oracle.end());
    SourceMaker maker(draw_.part, std::move(oracle), options_.task, options_.device, options_.settings, files_, seed,
                      threads_);
    for (const SourceSpec& source : options_.sources) maker.notes_of(source);  // refuses before anything is trained
    for (const int width : options_.widths) {
      for (const SourceSpec& source : options_.sources) run_source(maker, source, width);
    }
  }

  void run_source(SourceMaker& maker, const SourceSpec& source, int width) {
    std::vector<std::vector<Record>> pending;  // of each judge
    for (const JudgeInfo* judge : options_.judges) pending.push_back(missing_records(source, *judge, width));
    std::optional<Record> own = missing_own(source, width, "own"), own_all, probes = missing_probes(source, width);
    if (draw_.number == 1) own_all = missing_own(source, width, "own-all");
    const bool nothing = std::all_of(pending.begin(), pending.end(), [](const auto& list) { return list.empty(); });
    if (nothing && !own && !own_all && !probes) return;
    stop_if_interrupted();
    const MadeSource& made = maker.make(source, width);
    if (made.unsupported.empty())
      run_beside(made, source, width, std::move(own), std::move(own_all), std::move(probes));
    std::optional<Prepared> prepared;
    for (std::size_t j = 0; j < pending.size(); ++j) {
      if (pending[j].empty()) continue;
      stop_if_interrupted();
      progress_.entry(fmt::format("{} {} width {} fold {} draw {}", pending[j][0].method, source.text, width,
                                  draw_.whole.fold.number, draw_.number));
      const std::string reason = why_not(draw_, made, *options_.judges[j]);
      if (!reason.empty()) {
        keep_unsupported(pending[j], reason);
        continue;
      }
      if (!prepared) prepared = prepare(draw_, made, width, threads_);
      run_one(made, *prepared, *options_.judges[j], pending[j]);
    }
  }

  /// What stands beside the judges' tables.
  void run_beside(const MadeSource& made, const SourceSpec& source, int width, std::optional<Record> own,
                  std::optional<Record> own_all, std::optional<Record> probes) {
    if (own) {
      answer_by_itself(draw_, made, threads_, *own);
      write(folder("own"), *own);
    }
    if (own_all) {
      answer_from_all(draw_, source, width, threads_, *own_all);
      write(folder("own"), *own_all);
    }
    if (!probes) return;
    std::optional<MadeSource> again;
    if (draw_.number == 1 && has_chance(source)) {
      again =
          SourceMaker(draw_.part, {}, options_.task, options_.device, options_.settings, files_, other_seed, threads_)
              .make(source, width);
    }
    probe(draw_, targets_, made, again ? &*again : nullptr, width, threads_, *probes);
    write(folder("probes"), *probes);
  }

  void run_one(const MadeSource& made, const Prepared& prepared, const JudgeInfo& judge, std::vector<Record>& records) {
    const std::string before = digest(prepared);
    Array<std::uint64_t> seeds;
    for (const Record& record : records) seeds.push_back(record.seed);
    std::vector<Outcome> outcomes;
    const auto started = provenance(options_.device, options_.command);
    record_outcome(records[0], [&] { outcomes = judged(draw_, made, prepared, judge, seeds, threads_); });
    const bool frozen = digest(prepared) == before;
    std::optional<bool> rotation;
    if (!outcomes.empty() && draw_.number == 1 && records[0].judge->source == first_method_) {
      const int width = static_cast<int>(records[0].judge->width);
      rotation = rotation_matters_not(draw_, made, width, judge, seeds, outcomes, threads_);
    }
    for (std::size_t r = 0; r < records.size(); ++r) {
      Record& record = records[r];
      record.provenance = started;
      record.notes = made.notes;
      record.judge->source_seconds = made.seconds;
      record.judge->bytes_per_item = prepared.items.rows.columns() * static_cast<std::int64_t>(sizeof(float));
      if (outcomes.empty()) {
        record.status = records[0].status;
        record.reason = records[0].reason;
      } else {
        record_outcome(record, [&] { fill(outcomes[r], draw_, prepared, threads_, record); });
        record.judge->gates["frozen"] = frozen;
        if (rotation) record.judge->gates["rotation"] = *rotation;
      }
      write(options_.output, record);
    }
    progress_.finish(outcomes.empty() ? to_text(records[0].status) + ": " + records[0].reason
                                      : fmt::format("{:.4f}", outcomes[0].headline()));
  }

  /// Records of the seeds that are still to be made; counts the others.
  std::vector<Record> missing_records(const SourceSpec& source, const JudgeInfo& judge, int width) {
    std::vector<Record> records;
    const bool nothing_to_give = judge.vectors == VectorMode::end_to_end && source.kind != SourceSpec::Kind::zero;
    for (int seed = 1; seed <= options_.seeds && !nothing_to_give; ++seed) {
      Record record = maker_.of_judge(source, judge, width, static_cast<std::uint64_t>(seed));
      if (!settled(options_.output, record)) records.push_back(std::move(record));
    }
    if (records.empty()) progress_.skip();
    return records;
  }

  /// The record of a method that answers by itself, unless it is there or cannot be.
  std::optional<Record> missing_own(const SourceSpec& source, int width, const char* mode) {
    if (!answers_by_itself(draw_, source)) return std::nullopt;
    Record record = maker_.of_source_itself(source, width, mode);
    if (settled(folder("own"), record)) return std::nullopt;
    return record;
  }

  std::optional<Record> missing_probes(const SourceSpec& source, int width) {
    if (!options_.probes) return std::nullopt;
    Record record = maker_.of_probes(source, width);
    if (settled(folder("probes"), record)) return std::nullopt;
    return record;
  }

  std::filesystem::path folder(const char* name) const { return options_.output / name; }

  bool settled(const std::filesystem::path& folder, const Record& record) {
    if (options_.force) return false;
    const auto done = settled_record(folder / (record.id + ".json"), record.id, progress_);
    if (!done) return false;
    ++summary_.runs[done->status];
    ++summary_.resumed;
    return true;
  }

  /// What cannot be for the same reason in each draw and with each seed is one record.
  void keep_unsupported(std::vector<Record>& records, const std::string& reason) {
    progress_.skip();
    Record& record = records[0];
    record.status = Status::unsupported;
    record.reason = reason;
    record.provenance = provenance(options_.device, options_.command);
    if (summary_.unsupported.empty()) summary_.unsupported = record.method + " " + record.information + ": " + reason;
    if (impossible_.emplace(record.method, record.information + reason).second) write(options_.output, record);
  }

  void write(const std::filesystem::path& folder, const Record& record) {
    std::filesystem::create_directories(folder);
    write_atomically(folder / (record.id + ".json"), to_json(record));
    ++summary_.runs[record.status];
  }

  const JudgeOptions& options_;
  Threads& threads_;
  Progress& progress_;
  std::string first_method_;  // whose vectors are turned, to see that it does not matter
  std::vector<Fold> folds_;
  VectorFiles files_;
  Draw draw_{options_, {}, {}, 1, {}};  // that runs
  RecordMaker maker_{draw_, files_, threads_};
  ProbeTargets targets_;
  std::set<std::pair<std::string, std::string>> impossible_;
  StudySummary summary_;
};

}  // namespace

StudySummary run_judge(const JudgeOptions& options, Threads& threads, Progress& progress) {
  return JudgeStudy(options, threads, progress).run();
}

}  // namespace embrace::judge
