#include "host/data/load.hpp"

#include "host/data/read/read_source.hpp"
#include "host/data/read/source.hpp"

#include "host/data/cache.hpp"
#include "host/data/load_options.hpp"
#include "host/data/synthetic/synthetic.hpp"
#include "host/error.hpp"
#include "host/threads.hpp"

namespace embrace {
namespace {

bool is_built_in(const std::string& source) { return source == "synth" || source.starts_with("synth:"); }

/// The prepared copy, or the source, of which a copy is then prepared. A cache that cannot be used costs a notice only.
Dataset read_prepared(const OpenSource& open, const LoadOptions& options, Threads& threads) {
  std::string warning;
  try {
    require_cache_folder(options.cache);
  } catch (const OutputError& error) {
    Dataset dataset = read_source(open, options, threads);
    dataset.report.warnings.push_back(std::string("no prepared copy is used: ") + error.what());
    return dataset;
  }
  const auto file = cache_file(options.cache, open.sha256, options);
  if (auto cached = read_cached(file, open.sha256, warning)) {
    cached->name = open.source.name;
    cached->folder = open.source.folder;
    cached->official = open.source.official;
    return std::move(*cached);
  }
  Dataset dataset = read_source(open, options, threads);
  try {
    write_cached(file, dataset);
  } catch (const OutputError& error) {
    if (warning.empty()) warning = std::string("no prepared copy is kept: ") + error.what();
  }
  if (!warning.empty()) dataset.report.warnings.push_back(warning);
  return dataset;
}

}  // namespace

Dataset load_dataset(const std::string& source, const LoadOptions& options, Threads& threads) {
  if (is_built_in(source)) return make_synthetic(parse_synthetic(source), threads);
  const OpenSource open = open_source(find_source(source), threads);
  // The rejects file is written by reading the rows.
  const bool prepared = !options.cache.empty() && options.rejects.empty();
  Dataset dataset = prepared ? read_prepared(open, options, threads) : read_source(open, options, threads);
  dataset.ratings.scale_found = open.source.layout == Layout::delimited || open.source.layout == Layout::lists;
  return dataset;
}

std::vector<std::pair<std::string, std::string>> dataset_names() {
  std::vector<std::pair<std::string, std::string>> names = {
      {"synth", "built in: 943 users, 1,682 movies, 100,000 ratings, generated; best reachable RMSE known"},
      {"synth:USERSxITEMSxRATINGS", "the same of any size up to 1e9 ratings"}};
  for (const LayoutInfo& layout : layouts()) names.emplace_back(layout.name, layout.consists_of);
  return names;
}

}  // namespace embrace
