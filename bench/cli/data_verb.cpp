// embrace data: describe, prepare, split, synth.
#include <fmt/format.h>

#include "bench/cli/arguments.hpp"
#include "bench/cli/listing.hpp"
#include "bench/cli/shared_options.hpp"
#include "bench/experiment.hpp"
#include "bench/interrupt.hpp"
#include "bench/machine.hpp"
#include "bench/read_data.hpp"
#include "bench/say.hpp"
#include "host/data/load.hpp"
#include "host/data/load_options.hpp"
#include "host/data/read/source.hpp"
#include "host/data/split/divide.hpp"
#include "host/data/split/split.hpp"
#include "host/data/split/split_name.hpp"
#include "host/data/synthetic/synthetic.hpp"
#include "host/data/write.hpp"
#include "host/error.hpp"
#include "host/metadata/prepare.hpp"

namespace embrace::cli {
namespace {

void narrate(const Dataset& dataset) {
  for (const std::string& warning : dataset.report.warnings) say("note: ", warning);
}

std::unique_ptr<Threads> start(const DataVerbArguments& arguments) {
  limit_memory_to_available();
  return start_threads(arguments.data.threads);
}

/// Those of a folder that were read; of built-in data there are none.
std::vector<std::string> files_of(const std::string& data, const Dataset& dataset) {
  if (dataset.layout == "synthetic") return {};
  const Source source = find_source(data);
  std::vector<std::string> names;
  for (const auto& file : source.ratings) names.push_back(file.filename().string());
  for (const auto& file : {source.catalogue.users, source.catalogue.movies, source.catalogue.genres,
                           source.catalogue.tags, source.negatives}) {
    if (file) names.push_back(file->filename().string());
  }
  return names;
}

}  // namespace

int data_describe(const DataVerbArguments& arguments) {
  const auto pool = start(arguments);
  Threads& threads = *pool;
  const Threads::Checked stoppable(threads, stop_if_interrupted);
  LoadOptions options = load_options(arguments.data, {});
  options.cache.clear();  // describing means reading every line
  const LoadedData loaded = load_data(arguments.data.data, options, threads);
  const Dataset& dataset = loaded.dataset;
  if (!arguments.json) narrate(dataset);
  const Ratings& ratings = dataset.ratings;
  Fields object = {
      {"name", dataset.name},
      {"layout", dataset.layout},
      {"files", files_of(arguments.data.data, dataset)},
      {"sha256", dataset.sha256},
      {"users", ratings.user_count()},
      {"items", ratings.item_count()},
      {"ratings", ratings.size()},
      {"scale",
       Fields{{"lowest", ratings.scale.lowest}, {"highest", ratings.scale.highest}, {"step", ratings.scale.step}}},
      {"duplicates", dataset.report.duplicates},
      {"rejected", dataset.report.rejected},
      {"timestamps", !ratings.times.empty()},
      {"movies", static_cast<std::int64_t>(dataset.catalogue.movies.size())},
      {"profiles", static_cast<std::int64_t>(dataset.catalogue.users.size())},
      {"tags", static_cast<std::int64_t>(dataset.catalogue.tags.size())},
      {"official_splits", dataset.official}};
  if (dataset.best_rmse) object.push_back({"best_rmse", *dataset.best_rmse});
  if (arguments.json && !dataset.report.warnings.empty()) object.push_back({"warnings", dataset.report.warnings});
  print_fields(object, arguments.json);
  return 0;
}

int data_split(const DataVerbArguments& arguments) {
  const auto pool = start(arguments);
  Threads& threads = *pool;
  const Threads::Checked stoppable(threads, stop_if_interrupted);
  const LoadOptions options = load_options(arguments.data, arguments.output);
  const SplitName split = parse_split(arguments.split);
  const std::vector<int> numbers = whole_numbers(arguments.folds, "--folds", 0);
  const DividedData divided = load_and_divide({.data = arguments.data.data,
                                               .load = options,
                                               .split = split,
                                               .split_seed = arguments.split_seed,
                                               .positive = arguments.positive},
                                              threads);
  for (const std::string& note : divided.notes) say("note: ", note);
  const std::vector<Fold> folds = choose_folds(divided.folds, numbers, split);
  write_split(divided.dataset, folds, arguments.output);
  for (const Fold& fold : folds) {
    print_line(fmt::format("{}/fold-{}: {} training, {} test ratings, sha256 {}", arguments.output, fold.number,
                           fold.train.size(), fold.test.size(), fold.sha256));
  }
  return 0;
}

int data_prepare(const DataVerbArguments& arguments) {
  const auto pool = start(arguments);
  Threads& threads = *pool;
  const Threads::Checked stoppable(threads, stop_if_interrupted);
  const LoadedData loaded = load_data(arguments.data.data, load_options(arguments.data, arguments.output), threads);
  narrate(loaded.dataset);
  prepare(loaded.dataset, loaded.transfer, arguments.output, threads);
  for (const char* file : {"tags.csv", "movie_tags.csv", "users.csv", "movies.csv", "features.json", "summary.json"}) {
    print_line(fmt::format("{}/{}", arguments.output, file));
  }
  return 0;
}

int data_synth(const DataVerbArguments& arguments) {
  const auto pool = start(arguments);
  Threads& threads = *pool;
  const Threads::Checked stoppable(threads, stop_if_interrupted);
  const SyntheticSpec spec{arguments.users, arguments.items, arguments.ratings, arguments.seed};
  const Dataset dataset = make_synthetic(spec, threads);
  write_movielens(dataset, arguments.output);
  print_line(fmt::format("{}: {} users, {} movies, {} ratings; the best reachable RMSE is {:.4f}", arguments.output,
                         dataset.ratings.user_count(), dataset.ratings.item_count(), dataset.ratings.size(),
                         dataset.best_rmse.value_or(0)));
  return 0;
}

}  // namespace embrace::cli
