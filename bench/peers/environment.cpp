#include "bench/peers/environment.hpp"

#include <cstdlib>
#include <sstream>
#include <stdexcept>

#include "bench/peers/process.hpp"
#include "host/digest.hpp"
#include "host/error.hpp"
#include "host/files.hpp"

namespace embrace::peers {
namespace {

namespace fs = std::filesystem;

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

/// `pip install` of these packages and no others, each as it is locked.
void pip_install(const Peer& peer, const fs::path& folder, const std::vector<std::string>& packages,
                 const std::vector<std::string>& options) {
  const fs::path requirements = folder / (peer.name + ".txt");
  write_atomically(requirements, locked(peer, packages));
  Command command{{python_of(peer, folder).string(), "-m", "pip", "install", "--disable-pip-version-check", "--no-deps",
                   "--require-hashes", "--requirement", requirements.string()},
                  peer.build_flags,
                  folder / (peer.name + ".log"),
                  0};
  command.words.insert(command.words.end(), options.begin(), options.end());
  step("pip install " + packages.front(), command);
}

void install_one(const Peer& peer, const fs::path& folder) {
  make_environment(peer, folder);
  pip_install(peer, folder, peer.wheels, {"--only-binary", ":all:"});
  if (peer.build_options.empty()) return;
  std::vector<std::string> options = peer.build_options;
  options.insert(options.end(), {"--no-binary", ":all:"});
  pip_install(peer, folder, {peer.package.substr(0, peer.package.find('='))}, options);
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

std::string locked(const Peer& peer, const std::vector<std::string>& packages) {
  std::string requirements;
  for (const std::string& package : packages) {
    std::istringstream lines{std::string(peer_file("lock-" + peer.environment + ".txt"))};
    bool inside = false, found = false;
    for (std::string line; std::getline(lines, line);) {
      if (!inside && !line.starts_with(package + "==")) continue;
      requirements += line + "\n";
      inside = line.ends_with('\\');
      found = true;
    }
    if (!found) throw std::logic_error(package + " is not locked for " + peer.name);
  }
  return requirements;
}

std::string installed_state(const Peer& peer) {
  std::string recipe = locked(peer, peer.wheels);
  for (const std::string& option : peer.build_options) recipe.append(option).append("\n");
  if (!peer.build_options.empty()) recipe += locked(peer, {peer.package.substr(0, peer.package.find('='))});
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
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw OutputError("cannot create the folder " + folder.string() + ": " + error.message());
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
    } catch (const std::runtime_error& reason) {
      write_atomically(state_file(*peer, folder), std::string(reason.what()) + "\n");
      say(peer->package + ": " + reason.what());
      all = false;
    }
  }
  return all;
}

}  // namespace embrace::peers
