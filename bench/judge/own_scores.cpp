#include "bench/judge/own_scores.hpp"

#include <algorithm>

#include "bench/fold_features.hpp"
#include "bench/identity.hpp"
#include "bench/judge/outcome.hpp"
#include "bench/run.hpp"
#include "host/error.hpp"
#include "host/math/scores.hpp"

namespace embrace::judge {
namespace {

std::vector<UserValues> own_ratings(const Draw& draw, const EmbeddingView& own, Threads& threads) {
  Array<float> scores(draw.data.test.size());
  score_pairs(own, draw.data.test.users, draw.data.test.items, scores, threads);
  const Scale& scale = draw.whole.data.scale;
  for (float& s : scores) s = std::clamp(s, scale.lowest, scale.highest);
  return rating_metrics_of(draw, scores);
}

}  // namespace

bool answers_by_itself(const Draw& draw, const SourceSpec& source) {
  return source.kind == SourceSpec::Kind::method &&
         source_task(*source.method, draw.options.task) == draw.options.task && draw.whole.fold.known.empty();
}

void answer_by_itself(const Draw& draw, const MadeSource& made, Threads& threads, Record& record) {
  record.provenance = provenance(draw.options.device, draw.options.command);
  record.judge->source_seconds = made.seconds;
  record.cost = Record::Cost{};
  record.cost->train_seconds = made.seconds;
  record.cost->epochs = 1;
  record_outcome(record, [&] {
    const EmbeddingView own = made.vectors.own();
    const Evaluation evaluation = draw.options.task == Task::rating ? Evaluation{own_ratings(draw, own, threads)}
                                                                    : ranking_of(draw, own, threads);
    record.users_without_targets = evaluation.users_without_targets;
    add_accuracy(evaluation.metrics, threads, record);
  });
}

void answer_from_all(const Draw& draw, const SourceSpec& source, int width, Threads& threads, Record& record) {
  const JudgeOptions& options = draw.options;
  record.provenance = provenance(options.device, options.command);
  record_outcome(record, [&] {
    FoldFeatures features(draw.whole, source.information, options.task, threads);
    const BuiltFeatures& built = features.of(*source.method, record.seed);
    if (!built.unsupported.empty()) throw Unsupported(built.unsupported);
    const Hyper hyper = source_hyper(*source.method, options.task, options.settings, width, draw.whole);
    const Run run{.method = *source.method,
                  .device = options.device,
                  .experiment = draw.whole,
                  .features = built.set,
                  .feature_seconds = built.seconds,
                  .hyper = hyper,
                  .task = options.task,
                  .at = options.at,
                  .seed = record.seed};
    const Trained trained = train(run, threads, record);
    measure(run, *trained.trainer, threads, record);
  });
}

}  // namespace embrace::judge
