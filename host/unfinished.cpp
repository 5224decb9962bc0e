#include "host/unfinished.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>

#include "host/error.hpp"

namespace embrace {
namespace {

constexpr std::string_view prefix = ".embrace-";
constexpr std::string_view pattern = ".embrace-XXXXXX";

bool is_unfinished(std::string_view name) {
  return name.size() == pattern.size() && name.starts_with(prefix) &&
         std::all_of(name.begin() + prefix.size(), name.end(), [](unsigned char c) { return std::isalnum(c) != 0; });
}

/// Locks what is open; false when it was removed before that: between its making and its lock it looks abandoned. A
/// file system without locks is no reason to write nothing: there, what is abandoned stays.
bool lock_while_there(int descriptor) {
  int result = 0;
  do {
    result = flock(descriptor, LOCK_EX);
  } while (result != 0 && errno == EINTR);
  struct stat status {};
  return fstat(descriptor, &status) != 0 || status.st_nlink > 0;
}

/// Only what is this user's own: a folder of results may be shared.
void remove_if_abandoned(const std::filesystem::path& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (descriptor < 0) return;
  struct stat locked {
  }, named{};
  const bool abandoned = flock(descriptor, LOCK_EX | LOCK_NB) == 0 && fstat(descriptor, &locked) == 0 &&
                         lstat(path.c_str(), &named) == 0 && locked.st_ino == named.st_ino &&
                         locked.st_dev == named.st_dev && locked.st_uid == geteuid();
  if (abandoned) {  // while it is locked: its maker, if it has just begun, waits for the lock and makes another
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  close(descriptor);
}

}  // namespace

int create_unfinished(const std::filesystem::path& folder, std::string& path) {
  const std::string name = folder / pattern;
  path = name;
  while (true) {
    std::copy(name.begin(), name.end(), path.begin());
    const int descriptor = mkostemp(path.data(), O_CLOEXEC);
    if (descriptor < 0) {
      path.clear();
      return -1;
    }
    if (lock_while_there(descriptor)) return descriptor;
    close(descriptor);
  }
}

WorkFolder::WorkFolder(const std::filesystem::path& parent) {
  std::string name;
  do {
    if (lock_ >= 0) close(lock_);
    name = std::filesystem::absolute(parent) / pattern;
    if (mkdtemp(name.data()) == nullptr) {
      throw OutputError("cannot create a folder in " + parent.string() + ": " + std::strerror(errno));
    }
    lock_ = open(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  } while (lock_ >= 0 && !lock_while_there(lock_));
  path_ = name;
}

WorkFolder::~WorkFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
  if (lock_ >= 0) close(lock_);
}

// Not by std::filesystem's iterator, which ends the program when it finds no memory.
void remove_unfinished(const std::filesystem::path& folder) {
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(opendir(folder.c_str()), closedir);
  if (!entries) return;
  while (const dirent* const entry = readdir(entries.get())) {
    if (is_unfinished(entry->d_name)) remove_if_abandoned(folder / entry->d_name);
  }
}

}  // namespace embrace
