// Information: what a method is fed with, by the names that users write.
#pragma once
#include <string>
#include <utility>
#include <vector>

namespace embrace {

/// Which information a method is fed with, as named on the command line.
struct Information {
  enum class Control { none, shuffled, random };
  std::string text;  // canonical: ratings, +user+movie, all, shuffled:+movie, random …
  bool user = false, movie = false, tags = false, time = false, sets = false;
  bool everything = false;  // `all`: whatever of these the data has and the task allows
  Control control = Control::none;
};

/// Throws UsageError with the nearest name. `shuffled` is shuffled:all; `random` has the shape of `all`.
Information parse_information(const std::string& text);
/// The plain ones that `list information` shows, in order, each with its meaning.
std::vector<std::pair<std::string, std::string>> information_names();

}  // namespace embrace
