// embrace profile: phases, and the commands that show the same epochs in NVIDIA's profilers.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "bench/cli/listing.hpp"
#include "bench/cli/shared_options.hpp"
#include "bench/profile.hpp"
#include "bench/say.hpp"
#include "bench/selection.hpp"
#include "host/data/split/split_name.hpp"
#include "host/error.hpp"
#include "host/math/product.hpp"
#include "host/metadata/information.hpp"
#include "host/text.hpp"

namespace embrace::cli {
namespace {

using Words = std::vector<std::string>;

const Method* one_method(const std::string& name) {
  const auto methods = select_methods(name);
  if (methods.size() != 1) throw UsageError("'" + name + "' is more than one method", "profile one at a time");
  return methods.front();
}

DeviceInfo one_cuda_device(const std::string& name) {
  const std::vector<DeviceInfo> devices = parse_devices(name);
  if (devices.size() != 1 || devices.front().kind == DeviceKind::cpu) {
    throw UsageError("phases are timed on one CUDA device, not on '" + name + "'", "use --device cuda:N");
  }
  return devices.front();
}

/// This program, profiling in itself what the arguments ask for.
Words inner_command(const ProfileArguments& arguments) {
  const std::string program = std::filesystem::read_symlink("/proc/self/exe").string();
  Words words{program,
              "profile",
              "phases",
              "-d",
              arguments.data.data,
              "-m",
              arguments.method,
              "-i",
              arguments.information,
              "--split",
              arguments.split,
              "--device",
              arguments.device,
              "--epochs",
              std::to_string(arguments.epochs)};
  const auto add = [&](const char* flag, const std::string& value) {
    if (!value.empty()) words.insert(words.end(), {flag, value});
  };
  add("--task", arguments.task);
  for (const std::string& setting : arguments.settings) add("--set", setting);
  const DataArguments usual;
  if (arguments.data.on_bad_row != usual.on_bad_row) add("--on-bad-row", arguments.data.on_bad_row);
  if (arguments.data.duplicates != usual.duplicates) add("--duplicates", arguments.data.duplicates);
  add("--tags-from", arguments.data.tags_from);
  add("--cache", arguments.data.cache);
  if (arguments.data.threads != usual.threads) add("--threads", std::to_string(arguments.data.threads));
  return words;
}

/// Only the epochs between cudaProfilerStart and cudaProfilerStop, with our ranges.
Words nsys_command(const ProfileArguments& arguments) {
  Words words{"nsys",
              "profile",
              "--trace=cuda,cublas,nvtx",
              "--capture-range=cudaProfilerApi",
              "--capture-range-end=stop",
              "--nvtx-domain-include=embrace",
              "--force-overwrite=true",
              "--output=" + arguments.output};
  const Words inner = inner_command(arguments);
  words.insert(words.end(), inner.begin(), inner.end());
  return words;
}

/// Clocks are left as they are, so that times are those of a run. Every kernel is repeated for each group of counters:
/// sections are those that say what a kernel waits for, and the number of kernels has a limit.
Words ncu_command(const ProfileArguments& arguments) {
  Words words{"ncu"};
  for (const char* section :
       {"SpeedOfLight", "MemoryWorkloadAnalysis", "WarpStateStats", "LaunchStats", "Occupancy", "SourceCounters"}) {
    words.push_back(std::string("--section=") + section);
  }
  words.insert(words.end(), {"--profile-from-start=off", "--clock-control=none", "--nvtx"});
  if (!arguments.phase.empty()) words.push_back("--nvtx-include=embrace@" + arguments.phase + "/");
  words.insert(words.end(), {"--launch-count=" + std::to_string(arguments.kernels), "--force-overwrite",
                             "--export=" + arguments.output});
  const Words inner = inner_command(arguments);
  words.insert(words.end(), inner.begin(), inner.end());
  return words;
}

/// A wrong name would profile nothing, after all of the run.
void require_phase(const ProfileArguments& arguments) {
  const Method& method = *one_method(arguments.method);
  const Words known = phase_names(method);
  if (arguments.phase.empty() || known.empty()) return;
  if (std::find(known.begin(), known.end(), arguments.phase) != known.end()) return;
  throw UsageError("'" + method.name + "' has no phase '" + arguments.phase + "'", suggestion(arguments.phase, known));
}

/// The command, with its report named after the method when it has no name.
int print_or_run(const ProfileArguments& given, Words (*command)(const ProfileArguments&)) {
  ProfileArguments arguments = given;
  const std::string method = one_method(given.method)->name;  // a wrong name is found before a profiler runs
  if (given.output.empty()) arguments.output = method + "-profile";
  const Words words = command(arguments);
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : " ") + shell_quoted(word);
  print_line(line);
  if (!arguments.run) return 0;
  std::fflush(stdout);
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  execvp(argv[0], argv.data());
  throw UsageError(words[0] + " cannot be started: " + std::strerror(errno),
                   "it comes with the CUDA toolkit; `embrace profile phases` needs none");
}

/// Each method with each combination of settings.
std::vector<ProfileOptions> all_options(const ProfileArguments& arguments, Task task) {
  const std::vector<const Method*> methods = select_methods(arguments.method);
  ProfileOptions options;
  options.information = parse_information(arguments.information);
  options.device = one_cuda_device(arguments.device);
  options.task = task;
  options.epochs = arguments.epochs;
  std::vector<ProfileOptions> all;
  for (const Method* method : methods) {
    require_epochs(*method);
    options.method = method;
    for (const Words& texts : combinations(arguments.settings)) {
      options.settings = parse_settings(texts, methods);
      all.push_back(options);
    }
  }
  return all;
}

std::string name_of(const ProfileOptions& options) {
  std::string name = options.method->name;
  for (const Setting& setting : options.settings) name += " " + setting.name + "=" + setting.value;
  return name;
}

/// For scripts, of all that is profiled one list; for people a table each.
std::vector<Fields> rows_of(const std::vector<PhaseProfile>& phases, const ProfileOptions& options, bool json) {
  const bool timed = options.device.kind == DeviceKind::gpu;
  std::vector<Fields> rows;
  if (!json) rows.push_back({{"phase", "phase"}, {"calls", "calls"}, {"ms", "ms"}, {"share", "share"}});
  for (const PhaseProfile& phase : phases) {
    Fields row;
    if (json) row.push_back({"profile", name_of(options)});
    row.push_back({"phase", phase.name.empty() ? "epoch" : phase.name});
    row.push_back({"calls", std::int64_t{phase.calls}});
    if (timed && json) row.push_back({"milliseconds", phase.milliseconds});
    if (timed && !json) {
      row.push_back({"ms", fmt::format("{:.3f}", phase.milliseconds)});
      row.push_back(
          {"share", fmt::format("{:.0f} %", 100 * phase.milliseconds / std::max(phases[0].milliseconds, 1e-9))});
    }
    rows.push_back(row);
  }
  return rows;
}

}  // namespace

int profile_phases(const ProfileArguments& arguments) {
  const DataChoice data{
      .data = arguments.data.data, .load = load_options(arguments.data, ""), .split = parse_split(arguments.split)};
  const std::vector<ProfileOptions> all = all_options(arguments, parse_task(arguments.task, data.split));
  use_one_blas_thread();
  const auto pool = start_threads(arguments.data.threads);
  Threads& threads = *pool;
  const Experiment experiment = make_experiment(data, threads);
  std::vector<Fields> listing;
  int failed = 0;
  for (const ProfileOptions& options : all) {
    const bool timed = options.device.kind == DeviceKind::gpu;
    try {
      const std::vector<Fields> rows =
          rows_of(embrace::profile_phases(experiment, options, threads), options, arguments.json);
      if (arguments.json) {
        listing.insert(listing.end(), rows.begin(), rows.end());
      } else {
        print_listing(rows, timed ? Words{"phase", "calls", "ms", "share"} : Words{"phase", "calls"}, false);
        std::fflush(stdout);  // what is known is out, whatever becomes of the next one
      }
    } catch (const ProfileFailed& error) {
      say("embrace: ", error.what());
      failed = 1;
      continue;
    }
    say(fmt::format("{} on {} ({}), {}: medians of {} epochs{}", name_of(options), arguments.device,
                    options.device.name, arguments.data.data, options.epochs,
                    timed ? "" : "; no times, as this device is not a GPU"));
  }
  if (arguments.json) print_listing(listing, {}, true);
  return failed;
}

int profile_nsys(const ProfileArguments& arguments) { return print_or_run(arguments, nsys_command); }

int profile_ncu(const ProfileArguments& arguments) {
  require_phase(arguments);
  return print_or_run(arguments, ncu_command);
}

}  // namespace embrace::cli
