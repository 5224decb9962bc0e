// Two folders of records side by side: which rows became better, worse, slower.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "host/enum_text.hpp"
#include "host/metrics/statistics.hpp"
#include "host/record.hpp"

namespace embrace {

/// Of B beside A.
enum class Verdict { better, worse, same, unclear };
template <>
inline constexpr std::array enum_texts<Verdict> = {"better", "worse", "same", "unclear"};

inline constexpr const char* time_metric = "train_seconds";

/// A row that both have, by one metric, over the folds and seeds that both have.
struct RowPair {
  std::string data, split;
  Task task = Task::rating;
  std::string method, information;
  DeviceKind device = DeviceKind::cpu;
  std::string settings;  // where a folder has several rows of the method, what sets this one apart
  std::string metric;
  int runs = 0;
  double a = 0, b = 0;
  double difference = 0;             // b - a
  std::optional<Interval> interval;  // 95 %, paired, of this pair alone
  std::optional<double> p;           // after Holm (1979), over all pairs; absent where nothing can be told
  Verdict verdict = Verdict::unclear;
};

struct FolderComparison {
  std::vector<RowPair> pairs;
  std::vector<std::string> unpaired;  // rows of one folder alone, in words
};

/// `metric`: only this one; empty: all, and training times on the same device with as many threads. Runs that failed or
/// were sides of contests are left out; of times, those of a busy machine.
FolderComparison compare_folders(const std::vector<Record>& a, const std::vector<Record>& b, const std::string& metric);

/// Schema embrace.compare/1.
std::string to_json(const FolderComparison& comparison);

}  // namespace embrace
