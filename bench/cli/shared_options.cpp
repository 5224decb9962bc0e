#include "bench/cli/shared_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "bench/interrupt.hpp"
#include "bench/read_data.hpp"
#include "bench/say.hpp"
#include "host/data/load_options.hpp"
#include "host/data/split/split_name.hpp"
#include "host/error.hpp"
#include "host/text.hpp"

namespace embrace::cli {
namespace {

std::filesystem::path default_cache() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache == '/') {
    return std::filesystem::path(cache) / "embrace";
  }
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/') {
    return std::filesystem::path(home) / ".cache" / "embrace";
  }
  return {};
}

std::int64_t bad_rows_to_skip(const std::string& text) {
  if (text == "error") return 0;
  std::int64_t number = 0;
  if (text.starts_with("skip:")) {
    const char* begin = text.data() + 5;
    const char* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(begin, end, number);
    if (begin != end && error == std::errc() && rest == end && number >= 0) return number;
  }
  throw UsageError("--on-bad-row " + text + " is not understood", "use error or skip:N");
}

OnDuplicate duplicates_policy(const std::string& text) {
  if (text == "error") return OnDuplicate::error;
  if (text == "first") return OnDuplicate::first;
  if (text == "last") return OnDuplicate::last;
  if (text == "mean") return OnDuplicate::mean;
  const std::vector<std::string> known = {"error", "first", "last", "mean"};
  throw UsageError("--duplicates " + text + " is not understood", suggestion(text, known));
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ",") + part;
  return text;
}

bool cold_candidates(const TrainingArguments& arguments, const TrainingChoice& choice) {
  const std::vector<std::string> known = {"all", "cold"};
  if (arguments.candidates != "all" && arguments.candidates != "cold") {
    throw UsageError("--candidates " + arguments.candidates + " is not understood",
                     suggestion(arguments.candidates, known));
  }
  const bool cold = arguments.candidates == "cold";
  if (cold && choice.task == Task::rating) throw UsageError("--candidates is for rankings", "add --task ranking");
  if (!cold && choice.task == Task::ranking && choice.data.split.kind == SplitName::Kind::cold_items) {
    say("note: cold items compete with all others, so that all values are zero, or nearly; --candidates cold ranks "
        "them "
        "among themselves");
  }
  return cold;
}

std::vector<Information> parse_all_information(const std::vector<std::string>& texts) {
  std::vector<Information> list;
  for (const std::string& text : split_text(texts.empty() ? "ratings" : joined(texts), ',')) {
    Information information = parse_information(text);
    const bool known =
        std::any_of(list.begin(), list.end(), [&](const Information& i) { return i.text == information.text; });
    if (!known) list.push_back(std::move(information));
  }
  return list;
}

}  // namespace

LoadOptions load_options(const DataArguments& arguments, const std::filesystem::path& rejects) {
  LoadOptions options;
  options.skip_bad_rows = bad_rows_to_skip(arguments.on_bad_row);
  options.duplicates = duplicates_policy(arguments.duplicates);
  options.cache = arguments.cache.empty() ? default_cache() : std::filesystem::path(arguments.cache);
  if (options.skip_bad_rows > 0 && !rejects.empty()) options.rejects = rejects / "rejects.csv";
  if (!arguments.tags_from.empty()) options.tags_from = arguments.tags_from;
  return options;
}

std::unique_ptr<Threads> start_threads(int count) {
  auto threads = std::make_unique<Threads>(count);
  if (count == 0 && threads->count() < usable_processors()) {
    say(fmt::format("note: {} of {} threads could be started; limits on processes or memory allow no more",
                    threads->count(), usable_processors()));
  }
  return threads;
}

std::optional<Dataset> optional_dataset(const DataArguments& arguments) {
  if (arguments.data.empty()) return std::nullopt;
  const auto threads = start_threads(arguments.threads);
  const Threads::Checked stoppable(*threads, stop_if_interrupted);
  return load_data(arguments.data, load_options(arguments, {}), *threads).dataset;
}

std::vector<int> whole_numbers(const std::string& text, const std::string& flag, int lowest) {
  std::vector<int> numbers;
  for (const std::string& part : split_text(text, ',')) {
    int number = 0;
    const auto [rest, error] = std::from_chars(part.data(), part.data() + part.size(), number);
    if (part.empty() || error != std::errc() || rest != part.data() + part.size() || number < lowest) {
      throw UsageError(fmt::format("{} {}: '{}' is not a whole number of at least {}", flag, text, part, lowest),
                       "separate the numbers with commas");
    }
    numbers.push_back(number);
  }
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  return numbers;
}

TrainingChoice training_choice(const TrainingArguments& arguments) {
  TrainingChoice choice;
  choice.data = {.data = arguments.data.data,
                 .split = parse_split(arguments.split),
                 .split_seed = arguments.split_seed,
                 .positive = arguments.positive};
  choice.folds = whole_numbers(arguments.folds, "--folds", 0);
  choice.methods = select_methods(joined(arguments.methods));
  choice.information = parse_all_information(arguments.information);
  choice.task = parse_task(arguments.task, choice.data.split);
  if (arguments.positive && choice.task == Task::rating) {
    throw UsageError("--positive is for rankings", "add --task ranking");
  }
  if (!arguments.at.empty()) {
    choice.at = whole_numbers(arguments.at, "--at", 1);
    if (choice.task == Task::rating) throw UsageError("--at is for rankings", "add --task ranking");
  }
  choice.cold_candidates = cold_candidates(arguments, choice);
  choice.sweep.clear();
  for (const std::vector<std::string>& texts : combinations(arguments.settings)) {
    choice.sweep.push_back(parse_settings(texts, choice.methods));
    require_possible_settings(choice.methods, choice.task, choice.sweep.back());
  }
  choice.timeout_seconds = arguments.timeout;
  choice.force = arguments.force;
  choice.output = arguments.output;
  choice.data.load = load_options(arguments.data, choice.output);
  choice.command = arguments.command;
  return choice;
}

Task parse_task(const std::string& text, const SplitName& split) {
  if (text.empty()) return split.official == "ncf" ? Task::ranking : Task::rating;
  if (const std::optional<Task> task = from_text<Task>(text)) return *task;
  throw UsageError("there is no task '" + text + "'", suggestion(text, all_texts<Task>()));
}

}  // namespace embrace::cli
