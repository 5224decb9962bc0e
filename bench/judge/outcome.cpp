#include "bench/judge/outcome.hpp"

#include <optional>

#include "bench/interrupt.hpp"
#include "host/metrics/ranking.hpp"

namespace embrace::judge {
namespace {

std::vector<Outcome> rated(const Draw& draw, const MadeSource& made, const Prepared& prepared, const JudgeInfo& judge,
                           Span<const std::uint64_t> seeds, Threads& threads) {
  const bool native = draw.options.mode == Mode::native;
  PairInputs inputs(prepared.users, prepared.items, draw.data.without_vectors.habits.view(),
                    native ? std::optional(made.vectors.own()) : std::nullopt);
  inputs.fit(draw.data.fit_pairs.users, draw.data.fit_pairs.items);
  const ProfileCase profiles{draw.data.profile_ratings.view(), draw.data.without_vectors.residuals, prepared.items};
  const std::vector<Verdict> verdicts =
      rate(judge, draw.options.device,
           {.inputs = inputs,
            .fit = draw.data.fit,
            .validation = draw.data.validation,
            .test = draw.data.test,
            .scale = draw.whole.data.scale,
            .item_biases = draw.options.data.split.kind != SplitName::Kind::cold_items,
            .vectors = judge.vectors,
            .profiles = &profiles,
            .threads = threads},
           seeds);
  std::vector<Outcome> outcomes;
  for (const Verdict& verdict : verdicts) {
    outcomes.push_back({verdict, {rating_metrics_of(draw, verdict.predictions)}});
  }
  return outcomes;
}

std::vector<Outcome> ranked(const Draw& draw, const Prepared& prepared, const JudgeInfo& judge,
                            Span<const std::uint64_t> seeds, Threads& threads) {
  const std::vector<RankVerdict> verdicts = judge.rank({.users = prepared.users,
                                                        .items = prepared.items,
                                                        .fit = draw.data.fit,
                                                        .seen = draw.data.seen,
                                                        .validation = draw.data.targets,
                                                        .user_ids = draw.whole.dataset.ratings.user_ids,
                                                        .threads = threads},
                                                       seeds);
  std::vector<Outcome> outcomes;
  for (const RankVerdict& verdict : verdicts) {
    outcomes.push_back({verdict, ranking_of(draw, verdict.vectors.view(), threads)});
  }
  return outcomes;
}

}  // namespace

double Outcome::headline() const {
  for (const UserValues& metric : evaluation.metrics) {
    if (metric.name == "rmse" || metric.name.starts_with("ndcg@")) return metric.value();
  }
  return 0;
}

std::string why_not(const Draw& draw, const MadeSource& made, const JudgeInfo& judge) {
  const JudgeOptions& options = draw.options;
  if (!made.unsupported.empty()) return made.unsupported;
  if (options.task == Task::rating && judge.rate == nullptr) return "the judge predicts no ratings; use --task ranking";
  if (options.task == Task::ranking && judge.rank == nullptr) return "the judge makes no rankings; take two-tower";
  if (options.mode == Mode::items) return "";
  if (judge.vectors != VectorMode::frozen) {
    return "the judge trains the vectors that users are made of; take the mode items";
  }
  if (!made.vectors.has_users()) return "the source has no vectors of users";
  if (!draw.whole.fold.known.empty()) {
    return "no source has vectors of users that were held out; take the mode items";
  }
  return "";
}

std::vector<Outcome> judged(const Draw& draw, const MadeSource& made, const Prepared& prepared, const JudgeInfo& judge,
                            Span<const std::uint64_t> seeds, Threads& threads) {
  const Threads::Checked stoppable(threads, stop_if_interrupted);
  return draw.options.task == Task::rating ? rated(draw, made, prepared, judge, seeds, threads)
                                           : ranked(draw, prepared, judge, seeds, threads);
}

std::vector<UserValues> rating_metrics_of(const Draw& draw, const Array<float>& predictions) {
  return test_metrics(draw.whole, std::vector<float>(predictions.begin(), predictions.end()));
}

Evaluation ranking_of(const Draw& draw, const EmbeddingView& vectors, Threads& threads) {
  const VectorScores scores(vectors, threads);
  RankingQuery query;
  query.mask = draw.whole.data.mask.view();
  query.targets = draw.whole.data.targets.view();
  query.candidates = draw.whole.fold.candidates;
  query.at = draw.options.at;
  query.user_ids = draw.whole.dataset.ratings.user_ids;
  RankingResult result = evaluate_ranking(scores, query, threads);
  return {std::move(result.metrics), result.score_seconds, result.users_without_targets};
}

}  // namespace embrace::judge
