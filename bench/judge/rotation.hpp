// The gate `rotation`: a judge may not care how a source is turned and how long its vectors are.
#pragma once
#include <vector>

#include "bench/judge/draw.hpp"
#include "bench/judge/outcome.hpp"
#include "bench/judge/source_maker.hpp"
#include "host/judge/judge.hpp"
#include "host/threads.hpp"

namespace embrace::judge {

/// The same source turned and ten times as long; the judge must say the same of the first seed, or less else than its
/// seeds do. `outcomes`: what it said of each seed.
bool rotation_matters_not(const Draw& draw, const MadeSource& made, int width, const JudgeInfo& judge,
                          Span<const std::uint64_t> seeds, const std::vector<Outcome>& outcomes, Threads& threads);

}  // namespace embrace::judge
