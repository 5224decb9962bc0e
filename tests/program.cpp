#include "tests/program.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include "host/files.hpp"
#include "tests/temporary_folder.hpp"

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX asks for it

namespace embrace::test {
namespace {

/// argv or envp: pointers into `texts`, ended by a null.
std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (std::string& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

pid_t spawn(const std::string& program, const std::vector<std::string>& arguments,
            const std::vector<std::string>& environment, const std::string& out, const std::string& err) {
  std::vector<std::string> argv = {program};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  std::vector<std::string> envp = environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string inherited = *entry;
    const std::string name = inherited.substr(0, inherited.find('=') + 1);
    if (std::none_of(environment.begin(), environment.end(),
                     [&](const auto& given) { return given.starts_with(name); }))
      envp.push_back(inherited);
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_addopen(&actions, 2, err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  pid_t process = 0;
  const int error =
      posix_spawn(&process, program.c_str(), &actions, nullptr, pointers(argv).data(), pointers(envp).data());
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error("cannot start " + program);
  return process;
}

}  // namespace

std::string embrace_program() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path() / "embrace";  // in a build and in a bundle
}

int wait_for(pid_t process) {
  int status = 0;
  if (waitpid(process, &status, 0) != process) throw std::runtime_error("waitpid failed");
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

pid_t start_program(const std::string& program, const std::vector<std::string>& arguments) {
  return spawn(program, arguments, {}, "/dev/null", "/dev/null");
}

Ended run_program(const std::string& program, const std::vector<std::string>& arguments,
                  const std::vector<std::string>& environment) {
  const TemporaryFolder folder;
  Ended ended;
  ended.code = wait_for(spawn(program, arguments, environment, folder / "out", folder / "err"));
  ended.out = read_file(folder / "out");
  ended.err = read_file(folder / "err");
  return ended;
}

Ended embrace_run_in_shell(const std::string& before, const std::vector<std::string>& arguments,
                           const std::string& streams) {
  std::vector<std::string> words = {"-c", before + "\n\"$0\" \"$@\" " + streams, embrace_program()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return run_program("/bin/sh", words);
}

}  // namespace embrace::test
