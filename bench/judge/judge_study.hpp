// embrace judge: sources × judges × widths on the same draws of the same folds → records. What a source has made of its
// part of the ratings is made once a draw, and shared by judges and seeds.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "bench/devices.hpp"
#include "bench/experiment.hpp"
#include "bench/judge/sources.hpp"
#include "bench/progress.hpp"
#include "bench/selection.hpp"
#include "bench/study.hpp"
#include "host/enum_text.hpp"
#include "host/judge/judge.hpp"

namespace embrace {

namespace judge {
/// Whose vectors a user is made of: profiles of item vectors, or the source's own vectors of users.
enum class Mode { items, native };
}  // namespace judge
template <>
inline constexpr std::array enum_texts<judge::Mode> = {"items", "native"};

namespace judge {

struct JudgeOptions {
  DataChoice data;
  std::vector<int> folds;  // empty: all
  std::vector<SourceSpec> sources;
  std::vector<const JudgeInfo*> judges;
  Mode mode = Mode::items;
  std::vector<int> widths{32};
  Task task = Task::rating;
  std::vector<int> at{10, 20};
  int draws = 5;
  int seeds = 3;
  std::vector<Setting> settings{};  // of methods as sources
  DeviceInfo device;
  bool probes = false;  // of ratings: what can be said of the vectors without a judge
  bool force = false;
  std::filesystem::path output;
  std::string command;
};

/// Writes a record for each fold × draw × width × source × judge × seed, and into the folder `own` those of the sources
/// that answer by themselves: trained on the embedding part, and once on all training ratings; into `probes` one for
/// each fold × draw × width × source. Throws what loading
/// throws, OutputError.
StudySummary run_judge(const JudgeOptions& options, Threads& threads, Progress& progress);

}  // namespace judge
}  // namespace embrace
