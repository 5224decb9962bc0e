// The libraries that a user would pick instead, and how each is installed: from PyPI, with versions and digests as in
// lock-<environment>.txt, into virtual environments of their own. Nothing of this is needed to build or to test.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace embrace::peers {

struct Peer {
  std::string name;         // as users write it, and of its adapter: peer_<name>.py
  std::string package;      // with its version: implicit==0.7.3
  std::string environment;  // the virtual environment that it shares with others
  std::string summary;
  std::vector<std::string> wheels;                                 // ready-made packages, itself or what it needs
  std::vector<std::string> build_options{};                        // of pip, when it is built from its source archive
  std::vector<std::pair<std::string, std::string>> build_flags{};  // environment of that
};

const std::vector<Peer>& all_peers();
/// Null when there is none.
const Peer* find_peer(std::string_view name);
/// Comma-separated names and globs, or `all`; throws UsageError for a name that is none.
std::vector<const Peer*> select_peers(const std::string& text);

/// The text of a file that travels inside the program: an adapter, protocol.py, pins. Throws
/// std::logic_error for a name that is none.
std::string_view peer_file(std::string_view name);

}  // namespace embrace::peers
