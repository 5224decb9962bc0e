// A job: one training of a peer in a process of its own. The protocol is told at the top of protocol.py.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "bench/fold_data.hpp"
#include "host/matrix.hpp"
#include "host/method.hpp"

namespace embrace::peers {

/// Writes what adapters read of a fold: the training part as index arrays, features as compressed rows, and where
/// ratings are to be predicted the test pairs without them. Of a ranking the pairs would be the answer.
void write_job_data(const std::filesystem::path& folder, const FoldData& data, const FeatureSet& features, Task task);

struct Job {
  std::string method;                                    // of the adapter: implicit-als-cg
  std::vector<std::pair<std::string, double>> settings;  // of the peer: factors, regularization …
  std::int64_t users = 0, items = 0;
  std::int64_t test_pairs = 0;
  Task task = Task::rating;
  int epochs = 1;
  std::vector<int> checkpoints;  // ascending; the last is `epochs`
  int threads = 1;
  std::uint64_t seed = 1;
  double timeout_seconds = 0;
};

/// What an adapter said about its run.
struct JobResult {
  std::string package;    // with its version
  std::string build;      // how it was compiled, where that matters
  std::string libraries;  // Python, NumPy, BLAS kernels
  double prepare_seconds = 0;
  std::vector<double> epoch_seconds;
  std::int64_t peak_bytes = 0;
  struct Checkpoint {
    int epochs = 0;
    double seconds = 0;  // of training, until then
    float offset = 0;
  };
  std::vector<Checkpoint> checkpoints;
};

/// The peer's program did not do what the protocol asks; status "failed".
class JobFailed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};
/// Runs `program JOB.json` (more words may stand before) in `folder`, which holds `data/` and gets `output/`.
/// Throws JobFailed, Timeout, Unsupported (the adapter says that its package is not there) or Interrupted.
JobResult run_job(const std::vector<std::string>& program, const Job& job, const std::filesystem::path& folder);

/// The model of a checkpoint as a Trainer that does not train: it answers as the peer does, so that it is measured by
/// the code that measures ours. Throws JobFailed when arrays are missing or have another shape, Diverged for values
/// that are not finite.
std::unique_ptr<Trainer> load_model(const Job& job, const JobResult::Checkpoint& checkpoint,
                                    const std::filesystem::path& folder, Threads& threads);

}  // namespace embrace::peers
