// From a folder, a file or a built-in name to a Dataset.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "host/data/dataset.hpp"
#include "host/data/load_options.hpp"
#include "host/threads.hpp"

namespace embrace {

/// Loads a folder, a file or a built-in name. Throws DataError (exit 3) or UsageError (a built-in name misspelt).
Dataset load_dataset(const std::string& source, const LoadOptions& options, Threads& threads);

/// What load_dataset takes, in words: built-in names, and the layouts of folders and files.
std::vector<std::pair<std::string, std::string>> dataset_names();

}  // namespace embrace
