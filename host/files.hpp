// Writing files so that a reader never sees half of one.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace embrace {

/// A file that is written in pieces and appears whole, or not at all: a temporary file in the same folder, which
/// publish() makes lasting (fsync, rename, fsync of the folder). Without publish() it is removed again; after a kill,
/// by remove_unfinished(). Creates the folder when it is missing. Throws OutputError with the reason.
class AtomicFile {
 public:
  /// `mode`: who may read and write the file, less what the process's mask takes away.
  explicit AtomicFile(const std::filesystem::path& file, mode_t mode = 0666);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  void write(std::string_view content) const;
  void publish();

 private:
  std::filesystem::path target_;
  mode_t mode_;
  int descriptor_ = -1;
  std::string path_;  // empty: nothing is to be removed
};

/// Temporary file in the same folder, fsync, rename, fsync of the folder: whole or not there, also after a crash.
/// Creates the folder when it is missing. Throws OutputError with the reason.
void write_atomically(const std::filesystem::path& file, std::string_view content);

/// No record, setting or answer of another program is larger.
inline constexpr std::int64_t largest_text = std::int64_t{16} << 20;

/// The whole content of a regular file of at most `limit` bytes; DataError when it is anything else. Never waits.
std::string read_file(const std::filesystem::path& file, std::int64_t limit = largest_text);

/// gzip at level 6 without name and time, so that the same text gives the same bytes.
std::string gzip(std::string_view content);

}  // namespace embrace
