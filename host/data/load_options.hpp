// How a dataset is read.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>

namespace embrace {

enum class OnDuplicate { error, first, last, mean };

struct LoadOptions {
  std::int64_t skip_bad_rows = 0;  // up to so many bad rows are skipped and listed; 0: the first ends it
  OnDuplicate duplicates = OnDuplicate::error;
  std::filesystem::path cache;                     // prepared cache; empty: none
  std::filesystem::path rejects;                   // file for skipped rows; empty: none
  std::optional<std::filesystem::path> tags_from;  // a folder whose tags travel to this data
  std::int64_t most_ratings = 0;  // where there are many more, so many of some users (sample_users); 0: all
};

}  // namespace embrace
