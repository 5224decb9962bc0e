// What --method and --set mean.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "host/method.hpp"

namespace embrace {

/// NAME=VALUE for all methods (method empty) or for one.
struct Setting {
  std::string method;
  std::string name;
  std::string value;  // a number, or the name of a choice
};

/// NAME, or METHOD.NAME, taken apart; the method is empty when there is none.
std::pair<std::string, std::string> split_hyper_name(const std::string& text);

/// "a=1,b.c=2" as given to --set, once or more; throws UsageError, also for two values of one name. Names are checked
/// against the methods of the study.
std::vector<Setting> parse_settings(const std::vector<std::string>& texts, const std::vector<const Method*>& methods);

/// What a sweep tries: "factors=16,32,64" as given to --set, once or more, is three lists of texts for parse_settings,
/// and two such settings are all combinations. Without a setting, or without a second value, it is one list.
std::vector<std::vector<std::string>> combinations(const std::vector<std::string>& texts);

/// Those of the settings that the method has, as one text: equal where they make no difference to it.
std::string settings_for(const Method& method, const std::vector<Setting>& settings);

/// The method's hyper-parameters: its defaults on data of this shape, then the settings for all methods, then those for
/// it.
Hyper study_hyper(const Method& method, Task task, const std::vector<Setting>& settings, const DataShape& shape);

/// Throws UsageError for settings that a method refuses for this task, each being in its range: only its trainer knows,
/// so one is made for two users and two movies, before any data are read.
void require_possible_settings(const std::vector<const Method*>& methods, Task task,
                               const std::vector<Setting>& settings);

/// Globs, `all` and leading `!`; in the order of the registry. Throws UsageError when nothing is left.
std::vector<const Method*> select_methods(const std::string& text);

}  // namespace embrace
