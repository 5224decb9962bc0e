// From command line text to options that several verbs share.
#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/cli/arguments.hpp"
#include "bench/training_choice.hpp"
#include "host/data/dataset.hpp"
#include "host/data/load_options.hpp"
#include "host/data/split/split.hpp"
#include "host/data/split/split_name.hpp"
#include "host/method.hpp"
#include "host/threads.hpp"

namespace embrace::cli {

/// `rejects`: the folder in which skipped rows are listed (rejects.csv); empty: nowhere.
LoadOptions load_options(const DataArguments& arguments, const std::filesystem::path& rejects);

/// As many as --threads says. Without it, as many as can be started, and a note when these are fewer than processors.
std::unique_ptr<Threads> start_threads(int count);

/// The data of a verb that can do without: nothing when there is no -d.
std::optional<Dataset> optional_dataset(const DataArguments& arguments);

/// "0,2" as given to `flag`: ascending, each once. UsageError for what is no whole number of at least `lowest`.
std::vector<int> whole_numbers(const std::string& text, const std::string& flag, int lowest);

/// Everything but devices. Throws UsageError for what cannot be.
TrainingChoice training_choice(const TrainingArguments& arguments);

/// What --task says; without it, what the split is for.
Task parse_task(const std::string& text, const SplitName& split);

}  // namespace embrace::cli
