// From command line text to load options, shared by `run` and `data`.
#pragma once
#include <filesystem>

#include "bench/cli/arguments.hpp"
#include "host/data/dataset.hpp"

namespace embrace::cli {

/// `rejects`: the folder in which skipped rows are listed (rejects.csv); empty: nowhere.
LoadOptions load_options(const DataArguments& arguments, const std::filesystem::path& rejects);

}  // namespace embrace::cli
