// --keep-embeddings: the vectors that a method has learned, beside its record.
#pragma once
#include <filesystem>
#include <string>

#include "bench/experiment.hpp"
#include "host/method.hpp"
#include "host/record.hpp"

namespace embrace {

std::filesystem::path embedding_path(const std::filesystem::path& folder, const std::string& id);

/// Writes the trainer's vectors and says so in the record, by digest and size; of a trainer without vectors the record
/// gets a note. Throws Diverged for vectors that are not finite, and OutputError.
void keep_embedding(const std::filesystem::path& file, const Trainer& trainer, const Experiment& experiment,
                    Record& record);

/// Has the run of this record in the folder kept what it could?
bool embedding_is_kept(const std::filesystem::path& folder, const Record& record);

}  // namespace embrace
