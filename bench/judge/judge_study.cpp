#include "bench/judge/judge_study.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "bench/fold_features.hpp"
#include "bench/identity.hpp"
#include "bench/interrupt.hpp"
#include "bench/judge/draw_data.hpp"
#include "bench/judge/gates.hpp"
#include "bench/judge/source_maker.hpp"
#include "bench/output_folder.hpp"
#include "bench/report/report.hpp"
#include "bench/run.hpp"
#include "bench/settled_record.hpp"
#include "host/digest.hpp"
#include "host/error.hpp"
#include "host/files.hpp"
#include "host/judge/profiles.hpp"
#include "host/judge/scaling.hpp"
#include "host/math/scores.hpp"
#include "host/methods/registry.hpp"
#include "host/metrics/ranking.hpp"
#include "host/random.hpp"

namespace embrace::judge {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

/// Of the vectors that a judge is given, to see that it gives them back as they were.
std::string digest(const EntityVectors& a, const EntityVectors& b) {
  Sha256 sha;
  for (const EntityVectors* vectors : {&a, &b}) {
    sha.add(vectors->rows.data(), static_cast<std::size_t>(vectors->rows.size()) * sizeof(float));
  }
  return sha.hex();
}

/// A judge without chance must say the same of a turned source up to the rounding of its vectors.
constexpr double exact_tolerance = 1e-5, least_seed_noise = 0.0005;

/// Eight random reflections and a factor.
void turn(Matrix& rows, float factor) {
  const Random random(1, Stream::features);
  const std::int64_t n = rows.columns();
  Array<double> v(n);
  for (std::uint32_t reflection = 0; reflection < 8; ++reflection) {
    double length = 0;
    for (std::int64_t k = 0; k < n; ++k) {
      v[k] = random.normal(static_cast<std::uint64_t>(k), 500 + reflection);
      length += v[k] * v[k];
    }
    for (std::int64_t r = 0; r < rows.rows(); ++r) {
      double along = 0;
      for (std::int64_t k = 0; k < n; ++k) along += v[k] * static_cast<double>(rows(r, k)) / length;
      for (std::int64_t k = 0; k < n; ++k) {
        rows(r, k) = static_cast<float>(static_cast<double>(rows(r, k)) - 2 * v[k] * along);
      }
    }
  }
  for (std::int64_t k = 0; k < rows.size(); ++k) rows.data()[k] *= factor;
}

/// A source as a judge reads it.
struct Prepared {
  EntityVectors items, users;
  double seconds = 0;
};

/// What one seed has come to, ratings and rankings alike.
struct Outcome {
  Choice choice;
  Evaluation evaluation;

  /// rmse, or ndcg at the first cut-off.
  double headline() const {
    for (const UserValues& metric : evaluation.metrics) {
      if (metric.name == "rmse" || metric.name.starts_with("ndcg@")) return metric.value();
    }
    return 0;
  }
};

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
      if (summary_.number(Status::ok) > 0) note_gates();
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
    whole_.dataset = std::move(divided.dataset);
    part_.dataset = whole_.dataset;
    summary_.rejected = whole_.dataset.report.rejected;
    folds_ = choose_folds(std::move(divided.folds), options_.folds, options_.data.split);
    progress_.begin(
        static_cast<int>(folds_.size() * options_.widths.size() * options_.sources.size() * options_.judges.size()) *
            options_.draws,
        0);
  }

  void run_fold(Fold fold) {
    whole_.fold = std::move(fold);
    whole_.data = make_fold_data(whole_.dataset, whole_.fold, threads_);
    for (draw_ = 1; draw_ <= options_.draws; ++draw_) run_draw();
  }

  void run_draw() {
    const auto seed = static_cast<std::uint64_t>(draw_);
    const Ratings& ratings = whole_.dataset.ratings;
    {
      const Threads::Checked stoppable(threads_, stop_if_interrupted);
      drawn_ = make_draw_data(whole_, divide_training(ratings, whole_.fold, options_.data.split, seed), threads_);
      part_.fold = embedding_fold(ratings, whole_.fold, drawn_.parts);
      part_.data = make_fold_data(part_.dataset, part_.fold, threads_);
    }
    std::vector<std::int64_t> oracle = drawn_.parts.embedding;
    oracle.insert(oracle.end(), whole_.fold.test.begin(), whole_.fold.test.end());
    std::sort(oracle.begin(), oracle.end());
    SourceMaker maker(part_, std::move(oracle), options_.task, options_.device, options_.settings, files_, seed,
                      threads_);
    for (const SourceSpec& source : options_.sources) maker.notes_of(source);  // refuses before anything is trained
    for (const int width : options_.widths) {
      for (const SourceSpec& source : options_.sources) run_source(maker, source, width);
    }
  }

  void run_source(SourceMaker& maker, const SourceSpec& source, int width) {
    std::vector<std::vector<Record>> pending;  // of each judge
    for (const JudgeInfo* judge : options_.judges) pending.push_back(missing_records(source, *judge, width));
    std::optional<Record> own = missing_own(source, width, "own"), own_all;
    if (draw_ == 1) own_all = missing_own(source, width, "own-all");
    const bool nothing = std::all_of(pending.begin(), pending.end(), [](const auto& list) { return list.empty(); });
    if (nothing && !own && !own_all) return;
    stop_if_interrupted();
    const MadeSource& made = maker.make(source, width);
    if (own && made.unsupported.empty()) answer_by_itself(made, std::move(*own));
    if (own_all && made.unsupported.empty()) train_on_all(source, width, std::move(*own_all));
    std::optional<Prepared> prepared;
    for (std::size_t j = 0; j < pending.size(); ++j) {
      if (pending[j].empty()) continue;
      stop_if_interrupted();
      progress_.entry(fmt::format("{} {} width {} fold {} draw {}", pending[j][0].method, source.text, width,
                                  whole_.fold.number, draw_));
      const std::string reason = why_not(made, *options_.judges[j]);
      if (!reason.empty()) {
        keep_unsupported(pending[j], reason);
        continue;
      }
      if (!prepared) prepared = prepare(made, width);
      run_one(made, *prepared, *options_.judges[j], pending[j]);
    }
  }

  /// The same source turned and ten times as long; the judge must say the same, or less else than its seeds do.
  bool rotation_matters_not(const MadeSource& made, const JudgeInfo& judge, const std::vector<Record>& records,
                            const std::vector<Outcome>& outcomes) const {
    MadeSource turned = made;
    turn(turned.vectors.items.rows, 10);
    turn(turned.vectors.users.rows, 0.1F);
    const Prepared prepared = prepare(turned, static_cast<int>(records[0].judge->width));
    const double again = judged(made, prepared, judge, {records[0]})[0].headline(), before = outcomes[0].headline();
    double low = before, high = before;
    for (const Outcome& outcome : outcomes) {
      low = std::min(low, outcome.headline());
      high = std::max(high, outcome.headline());
    }
    const double tolerance = judge.chance ? std::max(high - low, least_seed_noise) : exact_tolerance;
    return std::abs(again - before) <= tolerance;
  }

  /// Checks whole tables, says what fails, and writes what came out into their records, for those who read these alone.
  void note_gates() {
    std::vector<Record> records = read_records({options_.output});
    const auto tables = check_gates(records);
    for (const auto& [table, gates] : tables) {
      for (const Gate& gate : gates) {
        if (!gate.holds)
          progress_.note(fmt::format("INCORRECT: {} fails {}: {}", std::get<3>(table), gate.name, gate.detail));
      }
    }
    for (Record& record : records) {
      const auto found = record.judge ? tables.find(gate_table(record)) : tables.end();
      if (found == tables.end() || record.status != Status::ok) continue;
      std::map<std::string, bool> of_table;
      for (const Gate& gate : found->second) {
        if (gate.name == "frozen" || gate.name == "rotation") continue;  // of single runs
        of_table[gate.name] = gate.holds && (of_table.count(gate.name) == 0 || of_table[gate.name]);
      }
      std::map<std::string, bool> all = record.judge->gates;
      for (const auto& [name, holds] : of_table) all[name] = holds;
      const std::filesystem::path file = options_.output / (record.id + ".json");
      if (all == record.judge->gates || !std::filesystem::exists(file)) continue;
      record.judge->gates = std::move(all);
      write_atomically(file, to_json(record));
    }
  }

  std::string why_not(const MadeSource& made, const JudgeInfo& judge) const {
    if (!made.unsupported.empty()) return made.unsupported;
    if (options_.task == Task::rating && judge.rate == nullptr)
      return "the judge predicts no ratings; use --task ranking";
    if (options_.task == Task::ranking && judge.rank == nullptr) return "the judge makes no rankings; take two-tower";
    if (options_.mode == Mode::native && judge.vectors != VectorMode::frozen) {
      return "the judge trains the vectors that users are made of; take the mode items";
    }
    if (options_.mode == Mode::native && !made.vectors.has_users()) return "the source has no vectors of users";
    if (options_.mode == Mode::native && !whole_.fold.known.empty()) {
      return "no source has vectors of users that were held out; take the mode items";
    }
    return "";
  }

  Prepared prepare(const MadeSource& made, int width) const {
    const auto begin = Clock::now();
    const Axes axes(made.vectors.items, drawn_.fitted_items, width, threads_);
    Prepared out{axes.apply(made.vectors.items, drawn_.fitted_items, threads_), {}, 0};
    if (options_.mode == Mode::native) {
      out.users = axes.apply(made.vectors.users, drawn_.fitted_users, threads_);
    } else {
      out.users = user_profiles(drawn_.profile_ratings.view(), drawn_.residuals, out.items, threads_);
    }
    out.seconds = seconds_since(begin);
    return out;
  }

  void run_one(const MadeSource& made, const Prepared& prepared, const JudgeInfo& judge, std::vector<Record>& records) {
    const std::string before = digest(prepared.items, prepared.users);
    std::vector<Outcome> outcomes;
    const auto started = provenance(options_.device, options_.command);
    record_outcome(records[0], [&] { outcomes = judged(made, prepared, judge, records); });
    const bool frozen = digest(prepared.items, prepared.users) == before;
    std::optional<bool> rotation;
    if (!outcomes.empty() && draw_ == 1 && records[0].judge->source == first_method_) {
      rotation = rotation_matters_not(made, judge, records, outcomes);
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
        record_outcome(record, [&] { fill(outcomes[r], prepared, record); });
        record.judge->gates["frozen"] = frozen;
        if (rotation) record.judge->gates["rotation"] = *rotation;
      }
      write(options_.output, record);
    }
    progress_.finish(outcomes.empty() ? to_text(records[0].status) + ": " + records[0].reason
                                      : fmt::format("{:.4f}", outcomes[0].headline()));
  }

  /// An outcome for each record, which differ in their seeds.
  std::vector<Outcome> judged(const MadeSource& made, const Prepared& prepared, const JudgeInfo& judge,
                              const std::vector<Record>& records) const {
    Array<std::uint64_t> seeds;
    for (const Record& record : records) seeds.push_back(record.seed);
    const Threads::Checked stoppable(threads_, stop_if_interrupted);
    return options_.task == Task::rating ? rated(made, prepared, judge, seeds) : ranked(prepared, judge, seeds);
  }

  std::vector<Outcome> rated(const MadeSource& made, const Prepared& prepared, const JudgeInfo& judge,
                             const Array<std::uint64_t>& seeds) const {
    const bool native = options_.mode == Mode::native;
    PairInputs inputs(prepared.users, prepared.items, native ? std::optional(made.vectors.own()) : std::nullopt);
    inputs.fit(drawn_.fit_pairs.users, drawn_.fit_pairs.items);
    const ProfileCase profiles{drawn_.profile_ratings.view(), drawn_.residuals, prepared.items};
    const std::vector<Verdict> verdicts =
        judge.rate({.inputs = inputs,
                    .fit = drawn_.fit,
                    .validation = drawn_.validation,
                    .test = drawn_.test,
                    .scale = whole_.data.scale,
                    .item_biases = options_.data.split.kind != SplitName::Kind::cold_items,
                    .vectors = judge.vectors,
                    .profiles = &profiles,
                    .threads = threads_},
                   seeds);
    std::vector<Outcome> outcomes;
    for (const Verdict& verdict : verdicts) outcomes.push_back({verdict, {rating_metrics_of(verdict.predictions)}});
    return outcomes;
  }

  std::vector<Outcome> ranked(const Prepared& prepared, const JudgeInfo& judge,
                              const Array<std::uint64_t>& seeds) const {
    const std::vector<RankVerdict> verdicts = judge.rank({.users = prepared.users,
                                                          .items = prepared.items,
                                                          .fit = drawn_.fit,
                                                          .seen = drawn_.seen,
                                                          .validation = drawn_.targets,
                                                          .user_ids = whole_.dataset.ratings.user_ids,
                                                          .threads = threads_},
                                                         seeds);
    std::vector<Outcome> outcomes;
    for (const RankVerdict& verdict : verdicts) outcomes.push_back({verdict, ranking_of(verdict.vectors.view())});
    return outcomes;
  }

  void fill(const Outcome& outcome, const Prepared& prepared, Record& record) const {
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
      record.cost->updates_per_second = static_cast<double>(drawn_.fit.entries()) * choice.epochs / choice.seconds;
    }
    record.users_without_targets = outcome.evaluation.users_without_targets;
    add_accuracy(outcome.evaluation.metrics, threads_, record);
  }

  std::vector<UserValues> rating_metrics_of(const Array<float>& predictions) const {
    return test_metrics(whole_, std::vector<float>(predictions.begin(), predictions.end()));
  }

  Evaluation ranking_of(const EmbeddingView& vectors) const {
    const VectorScores scores(vectors, threads_);
    RankingQuery query;
    query.mask = whole_.data.mask.view();
    query.targets = whole_.data.targets.view();
    query.candidates = whole_.fold.candidates;
    query.at = options_.at;
    query.user_ids = whole_.dataset.ratings.user_ids;
    RankingResult result = evaluate_ranking(scores, query, threads_);
    return {std::move(result.metrics), result.score_seconds, result.users_without_targets};
  }

  /// The source's own score of the test pairs, made of the embedding part alone.
  void answer_by_itself(const MadeSource& made, Record record) {
    record.provenance = provenance(options_.device, options_.command);
    record.judge->source_seconds = made.seconds;
    record.cost = Record::Cost{};
    record.cost->train_seconds = made.seconds;
    record.cost->epochs = 1;
    record_outcome(record, [&] {
      const Evaluation evaluation =
          options_.task == Task::rating ? Evaluation{own_ratings(made.vectors.own())} : ranking_of(made.vectors.own());
      record.users_without_targets = evaluation.users_without_targets;
      add_accuracy(evaluation.metrics, threads_, record);
    });
    write(own_folder(), record);
  }

  std::vector<UserValues> own_ratings(const EmbeddingView& own) const {
    Array<float> scores(drawn_.test.size());
    score_pairs(own, drawn_.test.users, drawn_.test.items, scores, threads_);
    for (float& s : scores) s = std::clamp(s, whole_.data.scale.lowest, whole_.data.scale.highest);
    return rating_metrics_of(scores);
  }

  /// What the source predicts that may learn from all training ratings: what the division into parts costs.
  void train_on_all(const SourceSpec& source, int width, Record record) {
    record.provenance = provenance(options_.device, options_.command);
    record_outcome(record, [&] {
      FoldFeatures features(whole_, source.information, options_.task, threads_);
      const BuiltFeatures& built = features.of(*source.method, record.seed);
      if (!built.unsupported.empty()) throw Unsupported(built.unsupported);
      const Hyper hyper = source_hyper(*source.method, options_.task, options_.settings, width, whole_);
      const Run run{.method = *source.method,
                    .device = options_.device,
                    .experiment = whole_,
                    .features = built.set,
                    .feature_seconds = built.seconds,
                    .hyper = hyper,
                    .task = options_.task,
                    .at = options_.at,
                    .seed = record.seed};
      const Trained trained = train(run, threads_, record);
      measure(run, *trained.trainer, threads_, record);
    });
    write(own_folder(), record);
  }

  Record described(const SourceSpec& source, int width) const {
    Record record = describe_data(whole_, options_.data, options_.task);
    record.device = {options_.device.kind, options_.device.name, threads_.count()};
    record.hyper = {{"width", HyperValue(static_cast<double>(width))}};
    record.judge = Record::Judge{.source = source.text,
                                 .mode = to_text(options_.mode),
                                 .width = width,
                                 .draw = draw_,
                                 .embedding = static_cast<std::int64_t>(drawn_.parts.embedding.size()),
                                 .judge = static_cast<std::int64_t>(drawn_.parts.fit.size()),
                                 .validation = static_cast<std::int64_t>(drawn_.parts.validation.size())};
    if (options_.task == Task::ranking) {
      record.positive = options_.data.positive;
      record.at = options_.at;
    }
    return record;
  }

  /// What was set of the method behind a source, or what its file holds.
  std::string settings_of(const SourceSpec& source, int width) {
    const SourceSpec& inner = source.of ? *source.of : source;
    if (inner.method == nullptr) return files_.digest(source);
    std::string text;
    const Hyper hyper = source_hyper(*inner.method, options_.task, options_.settings, width, part_);
    for (const auto& [name, value] : hyper.values()) text += fmt::format("{}={}\n", name, value);
    return text;
  }

  void set_id(const SourceSpec& source, Record& record) {
    const Record::Judge& judge = *record.judge;
    record.id = record_id(record, options_.device,
                          fmt::format("judge {} {} {} {}\n{}", judge.source, judge.mode, judge.width, judge.draw,
                                      settings_of(source, static_cast<int>(judge.width))));
  }

  /// Records of the seeds that are still to be made; counts the others.
  std::vector<Record> missing_records(const SourceSpec& source, const JudgeInfo& judge, int width) {
    std::vector<Record> records;
    if (judge.vectors == VectorMode::end_to_end && source.kind != SourceSpec::Kind::zero) {  // it is given none
      progress_.skip();
      return records;
    }
    for (int seed = 1; seed <= options_.seeds; ++seed) {
      Record record = described(source, width);
      record.method = "judge-" + judge.name;
      record.family = "judge";
      record.information = "embedding:" + source.text;
      record.seed = static_cast<std::uint64_t>(seed);
      set_id(source, record);
      if (!settled(options_.output, record)) records.push_back(std::move(record));
    }
    if (records.empty()) progress_.skip();
    return records;
  }

  /// The record of a method that answers by itself, unless it is there or cannot be.
  std::optional<Record> missing_own(const SourceSpec& source, int width, const char* mode) {
    const bool rates = source.kind == SourceSpec::Kind::method &&
                       source_task(*source.method, options_.task) == options_.task && whole_.fold.known.empty();
    if (!rates) return std::nullopt;
    Record record = described(source, width);
    record.method = source.method->name;
    record.family = source.method->info.family;
    record.information = source.information.text;
    const Experiment& learned_on = mode == std::string("own") ? part_ : whole_;
    record.hyper =
        named_values(*source.method, source_hyper(*source.method, options_.task, options_.settings, width, learned_on));
    record.judge->mode = mode;
    record.seed = static_cast<std::uint64_t>(draw_);
    set_id(source, record);
    if (settled(own_folder(), record)) return std::nullopt;
    return record;
  }

  std::filesystem::path own_folder() const { return options_.output / "own"; }

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
  Experiment whole_;  // on the fold that runs
  Experiment part_;   // on the embedding part of the draw that runs
  int draw_ = 1;
  DrawData drawn_;
  std::set<std::pair<std::string, std::string>> impossible_;
  StudySummary summary_;
};

}  // namespace

StudySummary run_judge(const JudgeOptions& options, Threads& threads, Progress& progress) {
  return JudgeStudy(options, threads, progress).run();
}

}  // namespace embrace::judge
