#include "host/data/load.hpp"

#include "host/data/synthetic.hpp"

namespace embrace {
namespace {

bool is_built_in(const std::string& source) { return source == "synth" || source.starts_with("synth:"); }

}  // namespace

Dataset load_dataset(const std::string& source, const LoadOptions& options, Threads& threads) {
  if (is_built_in(source)) return make_synthetic(parse_synthetic(source), threads);
  const OpenSource open = open_source(find_source(source), threads);
  return read_source(open, options, threads);
}

}  // namespace embrace
