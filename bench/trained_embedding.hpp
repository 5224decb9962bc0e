// The vectors that a trainer has learned, as an embedding that stands by itself.
#pragma once
#include <map>
#include <optional>
#include <string>

#include "bench/experiment.hpp"
#include "host/embedding/embedding.hpp"
#include "host/method.hpp"
#include "host/record.hpp"

namespace embrace {

/// What the trainer has learned by now of the items and users that have a rating in the fold's training part; `about`
/// is empty. Nothing when the model has no vectors: of another kind, or of biases alone.
std::optional<Embedding> embedding_of(const Trainer& trainer, const Experiment& experiment);

/// Digest of the fold's training part: SHA-256 over a line `user,item,rating` of each rating, ids as in the data, the
/// rating as the shortest decimal that reads back equal, ordered by user, then item, as the data order these.
std::string ratings_sha256(const Experiment& experiment);

/// Embedding::about of a run on the experiment: method, information, data, split, fold, seed, record, ratings_sha256.
std::map<std::string, std::string> about_run(const Record& record, const Experiment& experiment);

}  // namespace embrace
