#include "host/regular_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "host/error.hpp"

namespace embrace {
namespace {

const char* kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return "a folder";
  if (S_ISFIFO(mode)) return "a FIFO";
  if (S_ISCHR(mode) || S_ISBLK(mode)) return "a device";
  return "not a regular file";
}

}  // namespace

RegularFile::RegularFile(const std::filesystem::path& path) : path_(path) {
  // Non-blocking: opening a FIFO without a writer must not hang.
  descriptor_ = open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  const int error = descriptor_ < 0 || fstat(descriptor_, &status_) != 0 ? errno : 0;
  if (error == 0 && S_ISREG(status_.st_mode)) return;
  if (descriptor_ >= 0) close(descriptor_);
  if (error != 0) throw DataError(path_.string() + ": " + std::strerror(error), "check the path and its permissions");
  throw DataError(path_.string() + ": is " + kind_of(status_.st_mode), "give a regular file");
}

RegularFile::~RegularFile() { close(descriptor_); }

std::size_t RegularFile::read(char* to, std::size_t bytes) const {
  ssize_t got = 0;
  do {
    got = ::read(descriptor_, to, bytes);
  } while (got < 0 && errno == EINTR);
  if (got < 0) throw DataError(path_.string() + ": " + std::strerror(errno));
  return static_cast<std::size_t>(got);
}

void RegularFile::read_at(std::int64_t offset, char* to, std::size_t bytes) const {
  while (bytes > 0) {
    const ssize_t got = ::pread(descriptor_, to, bytes, offset);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw DataError(path_.string() + ": " + std::strerror(errno));
    if (got == 0) throw DataError(path_.string() + ": ends too early", "wait until it is written, then try again");
    to += got;
    offset += got;
    bytes -= static_cast<std::size_t>(got);
  }
}

}  // namespace embrace
