// Runs the embrace program as a user's shell would and gives back what it printed and how it ended.
#pragma once
#include <sys/types.h>

#include <string>
#include <vector>

namespace embrace::test {

struct Ended {
  int code = 0;  // exit code; 128 + signal when it was killed
  std::string out;
  std::string err;
};

/// Path of the program under test: beside the test itself.
std::string embrace_program();

/// Runs `program` with the arguments, no shell between, `environment` (NAME=VALUE) added to ours; waits.
Ended run_program(const std::string& program, const std::vector<std::string>& arguments,
                  const std::vector<std::string>& environment = {});
inline Ended embrace_run(const std::vector<std::string>& arguments, const std::vector<std::string>& environment = {}) {
  return run_program(embrace_program(), arguments, environment);
}

/// Runs the embrace program in a shell that does `before` first (limits), with these `streams` ("2>&-").
Ended embrace_run_in_shell(const std::string& before, const std::vector<std::string>& arguments,
                           const std::string& streams = "");

/// Starts it without waiting; output goes to /dev/null. Give the result to wait_for.
pid_t start_program(const std::string& program, const std::vector<std::string>& arguments);
int wait_for(pid_t process);

}  // namespace embrace::test
