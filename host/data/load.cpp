#include "host/data/load.hpp"

#include "host/error.hpp"

namespace embrace {
namespace {

bool is_built_in(const std::string& source) { return source == "synth" || source.rfind("synth:", 0) == 0; }

/// Data that the program makes itself.
Dataset built_in(const std::string& source) { throw UsageError("the built-in data '" + source + "' are not there"); }

}  // namespace

Dataset load_dataset(const std::string& source, const LoadOptions& options, Threads& threads) {
  if (is_built_in(source)) return built_in(source);
  const OpenSource open = open_source(find_source(source), threads);
  return read_source(open, options, threads);
}

}  // namespace embrace
