#include "tests/cuda/kernels/counting.hpp"

#include <charconv>
#include <stdexcept>

#include "host/files.hpp"
#include "tests/program.hpp"
#include "tests/temporary_folder.hpp"

namespace embrace::test {
namespace {

struct Process {
  std::int64_t units;
  double declared_bytes;
  std::optional<Counts> counts;
};

/// Of 132 multiprocessors, since grids follow their number; with one order of blocks, undisturbed by what else this
/// process is asked to check.
Process run_counted(const std::string& program, const CountedWork& work, const char* what) {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder / "counts";
  const Ended ended = run_program(program, {what, work.name},
                                  {"PTX_COUNT=" + file.string(), "PTX_SMS=132", "PTX_SEED=", "PTX_WINDOW=1",
                                   "PTX_RACE=", "PTX_GUARD=", "PTX_DEFER=", "PTX_COUNT_L2=0"});
  if (ended.code != 0) throw std::runtime_error(work.name + ": " + ended.err);
  Process process{};
  if (std::sscanf(ended.out.c_str(), "%ld %lf", &process.units, &process.declared_bytes) != 2)
    throw std::runtime_error(work.name + ": " + ended.out);
  if (std::filesystem::exists(file)) process.counts = parse_counts(read_file(file));
  return process;
}

}  // namespace

std::optional<CountedRow> counted(const std::string& program, const CountedWork& work) {
  Process whole = run_counted(program, work, "--run");
  const Process start = run_counted(program, work, "--prepare");
  if (!whole.counts) return std::nullopt;
  if (start.counts) *whole.counts -= *start.counts;  // a preparation without kernels counts nothing
  return CountedRow{work.name, work.unit, whole.units, whole.declared_bytes, *whole.counts};
}

}  // namespace embrace::test
