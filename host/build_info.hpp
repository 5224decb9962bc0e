// What this program was built from; part of every record's provenance.
#pragma once
#include <string_view>

namespace embrace {

struct BuildInfo {
  std::string_view version;
  std::string_view commit;    // short hash, or "unknown" outside a git checkout
  bool dirty;                 // tracked files differed from the commit
  std::string_view compiler;  // e.g. "GNU 12.2.0"
  std::string_view flags;
};

const BuildInfo& build_info();

}  // namespace embrace
