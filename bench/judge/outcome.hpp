// What a judge makes of a prepared source: ratings and rankings alike.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "bench/judge/draw.hpp"
#include "bench/judge/prepared.hpp"
#include "bench/judge/source_maker.hpp"
#include "bench/run.hpp"
#include "host/judge/choice.hpp"
#include "host/judge/judge.hpp"
#include "host/threads.hpp"

namespace embrace::judge {

/// Of one seed.
struct Outcome {
  Choice choice;
  Evaluation evaluation;

  /// rmse, or ndcg at the first cut-off.
  double headline() const;
};

/// Why the judge cannot be given the source here; empty: it can.
std::string why_not(const Draw& draw, const MadeSource& made, const JudgeInfo& judge);

/// An outcome a seed. Throws what the judge throws, and Interrupted.
std::vector<Outcome> judged(const Draw& draw, const MadeSource& made, const Prepared& prepared, const JudgeInfo& judge,
                            Span<const std::uint64_t> seeds, Threads& threads);

/// Metrics of the test pairs' ratings as predicted.
std::vector<UserValues> rating_metrics_of(const Draw& draw, const Array<float>& predictions);

/// Of the rankings by these vectors.
Evaluation ranking_of(const Draw& draw, const EmbeddingView& vectors, Threads& threads);

}  // namespace embrace::judge
