#include "bench/peers/process.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "bench/interrupt.hpp"
#include "bench/run.hpp"

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX asks for it

namespace embrace::peers {
namespace {

std::vector<std::string> environment_of(const Command& command) {
  std::vector<std::string> entries;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const std::string name = text.substr(0, text.find('='));
    const bool replaced = std::any_of(command.environment.begin(), command.environment.end(),
                                      [&](const auto& variable) { return variable.first == name; });
    if (!replaced) entries.push_back(text);
  }
  for (const auto& [name, value] : command.environment) {
    if (!value.empty()) entries.push_back(std::string(name).append("=").append(value));
  }
  return entries;
}

/// argv or envp: pointers into `texts`, ended by a null.
std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (std::string& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

pid_t spawn(const Command& command) {
  std::vector<std::string> words = command.words, entries = environment_of(command);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, command.log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  pid_t process = 0;
  const int error =
      posix_spawnp(&process, words[0].c_str(), &actions, &attributes, pointers(words).data(), pointers(entries).data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (error != 0) throw std::runtime_error("cannot start " + words[0] + ": " + std::strerror(error));
  return process;
}

/// True when it ended; `status` is then what waitpid says.
bool has_ended(pid_t process, int options, int& status) {
  pid_t result = 0;
  do {
    result = waitpid(process, &status, options);
  } while (result < 0 && errno == EINTR);
  return result != 0;
}

void end_group(pid_t process) {
  int status = 0;
  kill(-process, SIGKILL);
  has_ended(process, 0, status);
}

std::string last_line(const std::filesystem::path& log) {
  std::ifstream stream(log);
  std::string last;
  for (std::string line; std::getline(stream, line);) {
    if (line.find_first_not_of(" \t\r") != std::string::npos) last = line;
  }
  constexpr std::size_t longest = 200;
  return last.substr(0, longest);
}

}  // namespace

Ended run_command(const Command& command) {
  const auto begin = std::chrono::steady_clock::now();
  const pid_t process = spawn(command);
  Ended ended;
  for (int status = 0; !ended.timed_out; std::this_thread::sleep_for(std::chrono::milliseconds(5))) {
    if (has_ended(process, WNOHANG, status)) {
      ended.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      break;
    }
    if (interrupt_signal() != 0) {
      end_group(process);
      throw Interrupted{};
    }
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
    ended.timed_out = command.timeout_seconds > 0 && elapsed.count() > command.timeout_seconds;
  }
  if (ended.timed_out) {
    end_group(process);
    ended.code = 128 + SIGKILL;
  }
  ended.last_words = last_line(command.log);
  return ended;
}

}  // namespace embrace::peers
