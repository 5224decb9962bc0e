// Other programs, run to their end or to a time limit.
#pragma once
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace embrace::peers {

struct Command {
  std::vector<std::string> words;                                // the program (found in PATH) and its arguments
  std::vector<std::pair<std::string, std::string>> environment;  // added to ours; an empty value takes away
  std::filesystem::path log;                                     // gets what it prints
  double timeout_seconds = 0;                                    // 0: none
};

struct Ended {
  int code = 0;  // exit code; 128 + signal when it was killed
  bool timed_out = false;
  std::string last_words;  // its last line that is not empty, shortened
};

/// Throws Interrupted (after ending the program) when this one was asked to stop, std::runtime_error when the program
/// cannot be started. The program and all that it started are one process group, ended together.
Ended run_command(const Command& command);

}  // namespace embrace::peers
