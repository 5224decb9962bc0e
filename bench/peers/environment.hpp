// The folder with the peers' virtual environments: DIR/<environment>/ and one DIR/<peer>.state, which says how the
// installation of the peer ended.
#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "bench/peers/peer.hpp"

namespace embrace::peers {

/// $XDG_DATA_HOME/embrace/peers, or its default below the home folder; UsageError when neither is set.
std::filesystem::path default_environments();

/// Installs the peers, one after the other; one that cannot be installed leaves its reason and does not stop the rest.
/// `say` gets a line for each. True when all are installed.
bool install(const std::vector<const Peer*>& peers, const std::filesystem::path& folder,
             const std::function<void(const std::string&)>& say);

/// Why the peer cannot be run from this folder; empty when it can.
std::string why_not_installed(const Peer& peer, const std::filesystem::path& folder);

/// The lines of the environment's lock file on these packages, as requirements of `pip install --require-hashes`.
/// Throws std::logic_error for a package that is not in it.
std::string locked(const Peer& peer, const std::vector<std::string>& packages);

/// What DIR/<peer>.state holds after an installation that went well; it names the pins and digests, so that a program
/// with others knows that the environment is not its own.
std::string installed_state(const Peer& peer);

std::filesystem::path python_of(const Peer& peer, const std::filesystem::path& folder);

}  // namespace embrace::peers
