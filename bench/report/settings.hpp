// What sets a row apart from the method with its defaults, and from other rows, in words.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "bench/report/compare.hpp"

namespace embrace {

/// Fills Row::settings: hyper-parameters that do not have this build's default; and of everything that is not a column,
/// what differs between rows of the same method (and, for threads, device names and builds, the same kind of device)
/// over the same data, split and task.
void add_settings(std::vector<Entry>& entries);

/// The hyper-parameters as they tell rows apart. Tuned ones may differ between the folds of one row: there it is the
/// digest of the file that holds them. So may defaults that follow from the data, which are left out.
struct SettingsKey {
  std::string tuned{};
  std::vector<std::pair<std::string, HyperValue>> hyper{};
  auto operator<=>(const SettingsKey&) const = default;
};
SettingsKey settings_key(const Record& record);

/// "0.1.0 1a2b3c4d5e6f (changed), GNU 12.2.0, -O3": two records of one build give the same text.
std::string build_text(const Record& record);

/// For the foot of a table: build and processor.
std::string made_by(const Record& record);

}  // namespace embrace
