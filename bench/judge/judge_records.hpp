// Records of judges: what a run is before it runs, and what it came to.
#pragma once
#include <optional>
#include <string>

#include "bench/judge/draw.hpp"
#include "bench/judge/outcome.hpp"
#include "bench/judge/sources.hpp"
#include "bench/judge/vector_files.hpp"
#include "host/judge/judge.hpp"
#include "host/record.hpp"
#include "host/threads.hpp"

namespace embrace::judge {

/// Makes the records of a draw, each with its id; everything given outlives it.
class RecordMaker {
 public:
  RecordMaker(const Draw& draw, VectorFiles& files, const Threads& threads)
      : draw_(draw), files_(files), threads_(threads) {}

  Record of_judge(const SourceSpec& source, const JudgeInfo& judge, int width, std::uint64_t seed) const;
  /// `mode`: own, of the embedding part; own-all, of all training ratings.
  Record of_source_itself(const SourceSpec& source, int width, const std::string& mode) const;
  Record of_probes(const SourceSpec& source, int width) const;

 private:
  Record described(const SourceSpec& source, const std::string& mode, int width) const;
  Record of_vectors(const SourceSpec& source, const std::string& mode, int width) const;
  std::string contents_of(const SourceSpec& source, int width) const;
  void set_id(const SourceSpec& source, Record& record) const;

  const Draw& draw_;
  VectorFiles& files_;
  const Threads& threads_;
};

/// Choice, cost and accuracy. Throws what add_accuracy throws.
void fill(const Outcome& outcome, const Draw& draw, const Prepared& prepared, Threads& threads, Record& record);

}  // namespace embrace::judge
