// Probes of a source (host/judge/probes.hpp) with what the data know of items.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bench/judge/draw.hpp"
#include "bench/judge/source_maker.hpp"
#include "host/array.hpp"
#include "host/judge/source_vectors.hpp"
#include "host/record.hpp"
#include "host/threads.hpp"

namespace embrace::judge {

/// What vectors are asked for, an element an item.
struct ProbeTargets {
  Array<double> popularity;  // ln(1 + training ratings of the fold); NaN without one
  Array<double> year;        // NaN: not known
  std::vector<std::vector<std::int32_t>> genres;
  std::int64_t genre_count = 0;
};
ProbeTargets probe_targets(const Experiment& whole, Threads& threads);

/// Fills the record of the probes: RMSE of a ridge for each user, and by name in judge.setting what the others find;
/// what is not there for these data is left out. `again`: the same source made with another seed, or nothing.
void probe(const Draw& draw, const ProbeTargets& targets, const MadeSource& made, const MadeSource* again, int width,
           Threads& threads, Record& record);

}  // namespace embrace::judge
