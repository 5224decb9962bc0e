// Opening a file of the input.
#pragma once
#include <sys/stat.h>

#include <cstdint>
#include <filesystem>

namespace embrace {

/// A regular file, open for reading and closed with the object. Never waits: a FIFO, a device or a folder is refused.
/// Throws DataError with the reason.
class RegularFile {
 public:
  explicit RegularFile(const std::filesystem::path& path);
  ~RegularFile();
  RegularFile(const RegularFile&) = delete;
  RegularFile& operator=(const RegularFile&) = delete;
  int descriptor() const { return descriptor_; }
  const struct stat& status() const { return status_; }  // when it was opened
  /// Up to `bytes` from where reading stands; 0 at the end. Throws DataError.
  std::size_t read(char* to, std::size_t bytes) const;
  /// Exactly `bytes` from this offset. Throws DataError, also when the file ends before.
  void read_at(std::int64_t offset, char* to, std::size_t bytes) const;

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
  struct stat status_ {};
};

}  // namespace embrace
