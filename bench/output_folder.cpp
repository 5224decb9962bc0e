#include "bench/output_folder.hpp"

#include "host/error.hpp"
#include "host/files.hpp"
#include "host/unfinished.hpp"

namespace embrace {

void require_output_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error || !std::filesystem::is_directory(folder)) {
    throw OutputError(
        "cannot create the folder " + folder.string() + ": " + (error ? error.message() : "a file is in the way"),
        "choose another folder with -o");
  }
  const AtomicFile never_published(folder / "trial");
  remove_unfinished(folder);
}

}  // namespace embrace
