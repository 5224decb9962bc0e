// embrace version: what this program was built from.
#include <fmt/format.h>

#include "bench/cli/arguments.hpp"
#include "bench/cli/listing.hpp"
#include "bench/machine.hpp"
#include "host/build_info.hpp"

namespace embrace::cli {

int version(const NameArguments& arguments) {
  const BuildInfo& build = build_info();
  if (!arguments.json) {
    print_line(fmt::format("embrace {} ({}{}, {})", build.version, build.commit, build.dirty ? ", changed" : "",
                           build.compiler));
    return 0;
  }
  print_fields({{"version", std::string(build.version)},
                {"commit", std::string(build.commit)},
                {"dirty", build.dirty},
                {"compiler", std::string(build.compiler)},
                {"flags", std::string(build.flags)},
                {"libraries", library_names()}},
               true);
  return 0;
}

}  // namespace embrace::cli
