// Data as a study or a verb wants them: read, and with the tags of another data set when asked for.
#pragma once
#include <optional>
#include <string>

#include "host/data/dataset.hpp"
#include "host/data/load_options.hpp"
#include "host/metadata/transfer.hpp"
#include "host/threads.hpp"

namespace embrace {

struct LoadedData {
  Dataset dataset;
  std::optional<TransferReport> transfer;  // when tags travelled
};

/// load_dataset, then transfer_tags from options.tags_from, then sample_users of options.most_ratings. Tags and sample
/// become part of the data's sha256.
LoadedData load_data(const std::string& source, const LoadOptions& options, Threads& threads);

}  // namespace embrace
