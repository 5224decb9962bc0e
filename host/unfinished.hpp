// Files and folders on their way: they bear a name of ours until they are finished, and are locked as long as their
// maker lives. What a killed maker leaves behind can so be told from what is being written, and is removed.
#pragma once
#include <filesystem>
#include <string>

namespace embrace {

/// Creates a file `.embrace-XXXXXX` in the folder, opens it for writing and locks it. `path` becomes its name. Returns
/// the descriptor, or -1 with errno, `path` then being empty.
int create_unfinished(const std::filesystem::path& folder, std::string& path);

/// A folder `.embrace-XXXXXX` inside another one, gone with the object. Throws OutputError.
class WorkFolder {
 public:
  explicit WorkFolder(const std::filesystem::path& parent);
  ~WorkFolder();
  WorkFolder(const WorkFolder&) = delete;
  WorkFolder& operator=(const WorkFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  int lock_ = -1;
};

/// Removes what makers that are gone have left in the folder. Never fails: what cannot be removed stays.
void remove_unfinished(const std::filesystem::path& folder);

}  // namespace embrace
