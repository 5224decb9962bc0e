#include "host/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <new>
#include <utility>

#include "host/error.hpp"
#include "host/regular_file.hpp"
#include "host/unfinished.hpp"

namespace embrace {
namespace {

[[noreturn]] void fail(const std::filesystem::path& file, const char* what, int error) {
  throw OutputError("cannot " + std::string(what) + " " + file.string() + ": " + std::strerror(error),
                    error == ENOSPC ? "free some space, or choose another folder" : "choose another folder");
}

int give_mode(int descriptor, mode_t mode) {
  const mode_t mask = umask(0);  // the only way to read it
  umask(mask);
  return fchmod(descriptor, mode & ~mask);
}

}  // namespace

AtomicFile::AtomicFile(const std::filesystem::path& file, mode_t mode)
    : target_(std::filesystem::absolute(file)), mode_(mode) {
  std::error_code error;
  std::filesystem::create_directories(target_.parent_path(), error);
  if (error) fail(target_.parent_path(), "create the folder", error.value());
  descriptor_ = create_unfinished(target_.parent_path(), path_);
  if (descriptor_ < 0) fail(target_, "create a file beside", errno);
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) close(descriptor_);
  if (!path_.empty()) unlink(path_.c_str());
}

void AtomicFile::write(std::string_view content) const {
  while (!content.empty()) {
    const ssize_t written = ::write(descriptor_, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) fail(target_, "write", written < 0 ? errno : ENOSPC);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
}

void AtomicFile::publish() {
  if (give_mode(descriptor_, mode_) != 0 || fsync(descriptor_) != 0) fail(target_, "write", errno);
  // Closing can fail, so it comes before the new name; a second descriptor keeps the lock until then.
  const int lock = fcntl(descriptor_, F_DUPFD_CLOEXEC, 0);
  const int closed = lock < 0 ? -1 : close(std::exchange(descriptor_, lock));
  if (closed != 0) fail(target_, "close", errno);
  if (rename(path_.c_str(), target_.c_str()) != 0) fail(target_, "replace", errno);
  path_.clear();
  const int folder = open(target_.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder >= 0) {
    fsync(folder);  // best effort: some file systems refuse it on folders, and the file itself is safe
    close(folder);
  }
}

void write_atomically(const std::filesystem::path& file, std::string_view content) {
  AtomicFile whole(file);
  whole.write(content);
  whole.publish();
}

std::string read_file(const std::filesystem::path& path, std::int64_t limit) {
  const RegularFile file(path);
  constexpr std::size_t piece = std::size_t{1} << 16U;
  const auto most = static_cast<std::size_t>(limit);
  std::string content;
  // A guess: a file of /proc is said to have no size, and another may grow.
  content.reserve(std::min(static_cast<std::size_t>(file.status().st_size), most) + piece);
  for (std::size_t size = 0; size <= most;) {
    content.resize(size + piece);
    const std::size_t got = file.read(content.data() + size, piece);
    content.resize(size += got);
    if (got == 0) return content;
  }
  throw DataError(path.string() + ": is larger than " + std::to_string(limit >> 20U) + " MiB",
                  "nothing that is read as a whole is so large; is it the right file?");
}

std::string gzip(std::string_view content) {
  z_stream stream{};
  constexpr int gzip_window = 15 + 16;
  if (deflateInit2(&stream, 6, Z_DEFLATED, gzip_window, 8, Z_DEFAULT_STRATEGY) != Z_OK) throw std::bad_alloc();
  std::string out;
  std::string buffer(1U << 16U, '\0');
  std::string_view rest = content;
  int status = Z_OK;
  while (status != Z_STREAM_END) {
    const std::size_t piece = std::min<std::size_t>(rest.size(), std::numeric_limits<uInt>::max());
    stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(rest.data()));  // NOLINT: zlib's API
    stream.avail_in = static_cast<uInt>(piece);
    rest.remove_prefix(piece);
    do {
      stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
      stream.avail_out = static_cast<uInt>(buffer.size());
      status = deflate(&stream, rest.empty() ? Z_FINISH : Z_NO_FLUSH);
      out.append(buffer, 0, buffer.size() - stream.avail_out);
    } while (stream.avail_out == 0);
  }
  deflateEnd(&stream);
  return out;
}

}  // namespace embrace
