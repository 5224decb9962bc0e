// The folder that records go to.
#pragma once
#include <filesystem>

namespace embrace {

/// Creates the folder unless it is there, finds out that files can be written into it (now, not after the first
/// training), and removes what killed programs left in it. Throws OutputError.
void require_output_folder(const std::filesystem::path& folder);

}  // namespace embrace
