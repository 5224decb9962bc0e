// What one draw of the parts is made of: matrices and pairs of each part, made once and shared by all sources.
#pragma once
#include <cstdint>

#include "bench/experiment.hpp"
#include "host/judge/judge.hpp"
#include "host/judge/parts.hpp"
#include "host/judge/profiles.hpp"

namespace embrace::judge {

struct DrawData {
  Parts parts;
  Array<std::uint8_t> fitted_items, fitted_users;  // those with a rating in the embedding part
  Csr profile_ratings;                             // of the embedding part, and what is known of held-out users
  WithoutVectors without_vectors;                  // of these ratings
  Csr fit;
  RatedPairs fit_pairs, validation, test;
  Csr seen, targets;  // rankings: of the embedding part and `fit`; of the validation part
};

/// Of the experiment's fold. Throws std::invalid_argument for parts that are not disjoint.
DrawData make_draw_data(const Experiment& experiment, Parts parts, Threads& threads);

}  // namespace embrace::judge
