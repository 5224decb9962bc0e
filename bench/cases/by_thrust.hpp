// What some operations become when they are put together from Thrust's algorithms, as its users would do it: what our
// kernels are compared with. by_thrust.cu alone includes Thrust, whose headers take long to compile.
#pragma once
#include "cuda/device/device.hpp"
#include "cuda/math/aggregate.hpp"
#include "cuda/math/rank.hpp"
#include "cuda/math/triples.hpp"

namespace embrace::cases {

/// As gpu::aggregate_ratings: of each side, ratings are sorted by row, then reduced by key.
gpu::DeviceAggregates aggregate_by_thrust(gpu::Device& device, std::int64_t users, std::int64_t items,
                                          gpu::DeviceTriplesView ratings);

/// As gpu::csr_from_triples: a stable sort of cells, then a search for the begin of each row.
gpu::DeviceCsr csr_by_thrust(gpu::Device& device, std::int64_t rows, std::int64_t columns,
                             gpu::DeviceTriplesView triples);

/// As gpu::rank_scores: masked items get the worst of scores, and all scores are sorted by row, then score, of which
/// the first of each row are taken.
void rank_scores_by_thrust(gpu::Device& device, gpu::DeviceMatrixView<float> scores, const gpu::Ranking& ranking);

}  // namespace embrace::cases
