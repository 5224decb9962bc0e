// embrace peers: list, install, run.
#include "bench/cli/listing.hpp"
#include "bench/cli/shared_options.hpp"
#include "bench/peers/contest_runs.hpp"
#include "bench/peers/environment.hpp"
#include "bench/report/report.hpp"
#include "bench/say.hpp"
#include "host/data/split/split_name.hpp"
#include "host/error.hpp"
#include "host/math/product.hpp"

namespace embrace::cli {
namespace {

namespace fs = std::filesystem;

fs::path environments(const PeersArguments& arguments) {
  return fs::absolute(arguments.environments.empty() ? peers::default_environments()
                                                     : fs::path(arguments.environments));
}

void narrate(const std::string& line) { say(line); }

}  // namespace

int peers_list(const PeersArguments& arguments) {
  const fs::path folder = environments(arguments);
  std::vector<Fields> list;
  for (const peers::Peer& peer : peers::all_peers()) {
    const std::string reason = peers::why_not_installed(peer, folder);
    list.push_back({{"name", peer.name},
                    {"package", peer.package},
                    {"state", reason.empty() ? "installed" : reason},
                    {"summary", peer.summary}});
  }
  print_listing(list, {"name", "package", "summary", "state"}, arguments.json);
  return 0;
}

int peers_install(const PeersArguments& arguments) {
  const bool all = peers::install(peers::select_peers(arguments.names), environments(arguments), narrate);
  return static_cast<int>(all ? ExitCode::ok : ExitCode::some_failed);
}

int peers_run(const PeersArguments& arguments) {
  parse_format(arguments.format);  // a wrong one is an error now, not after hours of training
  peers::RunOptions options;
  options.data = arguments.sources;
  options.contests = peers::select_contests(arguments.names);
  options.split = parse_split(arguments.split);
  options.split_seed = arguments.split_seed;
  options.repetitions = arguments.repetitions;
  options.factors = arguments.factors;
  options.timeout_seconds = arguments.timeout;
  options.load = load_options(arguments.data, arguments.output);
  options.environments = environments(arguments);
  options.output = arguments.output;
  options.command = arguments.command;
  options.say = narrate;
  use_one_blas_thread();
  const auto pool = start_threads(arguments.data.threads);
  Threads& threads = *pool;
  const bool ok = peers::run_contests(options, threads);
  ReportArguments table;
  table.paths = {arguments.output};
  table.format = arguments.format;
  report(table);
  return static_cast<int>(ok ? ExitCode::ok : ExitCode::some_failed);
}

}  // namespace embrace::cli
