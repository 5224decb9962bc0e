#include "bench/peers/environment.hpp"

#include <cstdlib>
#include <stdexcept>

#include "bench/peers/process.hpp"
#include "host/digest.hpp"
#include "host/error.hpp"
#include "host/files.hpp"

namespace embrace::peers {
namespace {

namespace fs = std::filesystem;

/// The file of pins of the environment.
std::string constraints_of(const Peer& peer) { return "constraints-" + peer.environment + ".txt"; }

fs::path state_file(const Peer& peer, const fs::path& folder) { return folder / (peer.name + ".state"); }

/// Runs a step to its end; throws std::runtime_error with what it said last.
void step(const std::string& what, const Command& command) {
  const Ended ended = run_command(command);
  if (ended.code != 0) {
    throw std::runtime_error(what + " failed: " + (ended.last_words.empty() ? "no output" : ended.last_words));
  }
}

void make_environment(const Peer& peer, const fs::path& folder) {
  const fs::path log = folder / (peer.environment + ".log");
  if (!fs::exists(python_of(peer, folder))) {
    step("python3 -m venv", {{"python3", "-m", "venv", (folder / peer.environment).string()}, {}, log, 0});
  }
}

Command pip(const Peer& peer, const fs::path& folder, const std::vector<std::string>& words) {
  Command command{{python_of(peer, folder).string(), "-m", "pip", "install", "--disable-pip-version-check",
                   "--constraint", (folder / constraints_of(peer)).string()},
                  peer.build_flags,
                  folder / (peer.name + ".log"),
                  0};
  command.words.insert(command.words.end(), words.begin(), words.end());
  return command;
}

void install_one(const Peer& peer, const fs::path& folder) {
  write_atomically(folder / constraints_of(peer), peer_file(constraints_of(peer)));
  make_environment(peer, folder);
  step("pip install setuptools", pip(peer, folder, {"setuptools", "wheel", "numpy", "threadpoolctl"}));
  for (const auto& words : peer.installs) step("pip install " + words.back(), pip(peer, folder, words));
}

}  // namespace

fs::path default_environments() {
  if (const char* data = std::getenv("XDG_DATA_HOME"); data != nullptr && *data == '/') {
    return fs::path(data) / "embrace" / "peers";
  }
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/') {
    return fs::path(home) / ".local" / "share" / "embrace" / "peers";
  }
  throw UsageError("neither XDG_DATA_HOME nor HOME is set", "name the folder with --environments DIR");
}

std::string installed_state(const Peer& peer) {
  std::string recipe(peer_file(constraints_of(peer)));
  for (const auto& words : peer.installs) {
    for (const std::string& word : words) recipe.append(word).append("\n");
  }
  for (const auto& [name, value] : peer.build_flags) recipe.append(name).append("=").append(value).append("\n");
  return "installed " + sha256(recipe).substr(0, 16) + "\n";
}

fs::path python_of(const Peer& peer, const fs::path& folder) { return folder / peer.environment / "bin" / "python"; }

std::string why_not_installed(const Peer& peer, const fs::path& folder) {
  const std::string hint = "; embrace peers install " + peer.name;
  if (!fs::exists(state_file(peer, folder))) return "not installed" + hint;
  const std::string state = read_file(state_file(peer, folder));
  if (state == installed_state(peer)) return "";
  if (state.starts_with("installed ")) return "installed with other versions" + hint;
  return "cannot be installed: " + state.substr(0, state.find('\n'));
}

bool install(const std::vector<const Peer*>& peers, const fs::path& folder,
             const std::function<void(const std::string&)>& say) {
  bool all = true;
  for (const Peer* peer : peers) {
    if (why_not_installed(*peer, folder).empty()) {
      say(peer->package + ": is there");
      continue;
    }
    try {
      install_one(*peer, folder);
      write_atomically(state_file(*peer, folder), installed_state(*peer));
      say(peer->package + ": installed");
    } catch (const std::runtime_error& error) {
      write_atomically(state_file(*peer, folder), std::string(error.what()) + "\n");
      say(peer->package + ": " + error.what());
      all = false;
    }
  }
  return all;
}

}  // namespace embrace::peers
