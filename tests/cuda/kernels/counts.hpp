// What kernels asked of a device that counts: a software CUDA device that runs their PTX and writes what each did into
// the file that PTX_COUNT names. Counts, no times: the same in every run, on every machine.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace embrace::test {

/// Of one kernel, all its launches together. An instruction, access or atomic is a warp's, not a thread's.
struct KernelCounts {
  std::int64_t launches = 0;
  std::int64_t instructions = 0;     // without moves between registers and reads of parameters: ptxas folds them
  std::int64_t lanes = 0;            // of all instructions, moves as well: lanes that did something
  std::int64_t most_lanes = 0;       // 32 an instruction
  std::int64_t requests = 0;         // to global memory
  std::int64_t sectors = 0;          // of 32 bytes that they touch
  std::int64_t shared_requests = 0;  // to shared memory
  std::int64_t wavefronts = 0;       // that they take: 1 a request of 4 bytes a lane without bank conflicts
  std::int64_t atomics = 0;          // to global and shared memory
  std::int64_t stack_bytes = 0;      // that lanes read and write of arrays which are not in registers

  KernelCounts& operator+=(const KernelCounts& other);
  KernelCounts& operator-=(const KernelCounts& other);
};

struct Counts {
  std::int64_t waits = 0;                       // of the host for the device
  std::int64_t fills = 0;                       // memsets
  std::int64_t library_calls = 0;               // cuBLAS; what its kernels do is not counted
  std::map<std::string, KernelCounts> kernels;  // by short name; those of CUB together

  /// What a process did beyond what another did.
  Counts& operator-=(const Counts& other);
};

/// The last line of what a counting device wrote. Throws std::runtime_error when it is nothing of the kind.
Counts parse_counts(const std::string& json_lines);

/// What was counted, and what it is measured by.
struct CountedRow {
  std::string work;           // "sgd k=64"
  std::string unit;           // "rating"
  std::int64_t units = 0;     // done while it was counted
  double declared_bytes = 0;  // a unit, by the heads of the kernels' files: what has to move
  Counts counts;
};

/// tests/golden/counts.md.
std::string render_counts(const std::vector<CountedRow>& rows, const std::string& compiler);

/// The numbers of such a text: by work, or work and kernel, and by column.
using CountTable = std::map<std::string, std::map<std::string, double>>;
CountTable parse_count_table(const std::string& text);

/// What has become more than 2 % worse, a line each; and what only one of them has.
std::vector<std::string> regressions(const CountTable& now, const CountTable& golden);

}  // namespace embrace::test
