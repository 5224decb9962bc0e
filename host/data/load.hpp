// From a folder, a file or a built-in name to a Dataset.
#pragma once
#include <string>

#include "host/data/dataset.hpp"
#include "host/data/load_options.hpp"
#include "host/threads.hpp"

namespace embrace {

/// Loads a folder, a file or a built-in name. Throws DataError (exit 3) or UsageError (a built-in name misspelt).
Dataset load_dataset(const std::string& source, const LoadOptions& options, Threads& threads);

}  // namespace embrace
