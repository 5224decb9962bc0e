#include "host/data/read/input_file.hpp"

#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "host/data/read/foreign_format.hpp"
#include "host/data/read/gunzip.hpp"
#include "host/data/read/text_encoding.hpp"
#include "host/error.hpp"
#include "host/regular_file.hpp"

namespace embrace {
namespace {

/// CR alone ends lines only in files of the old Mac; a reader that looks for LF would see one endless line.
void refuse_lone_cr(std::string_view text, const std::string& name) {
  const std::string_view head = text.substr(0, std::size_t{1} << 16U);
  const std::size_t cr = head.find('\r');
  if (cr == std::string_view::npos || cr + 1 >= head.size() || head.find('\n') != std::string_view::npos) return;
  throw DataError(name, 1, static_cast<std::int64_t>(cr) + 1, "lines end with CR alone",
                  "convert the file: tr '\\r' '\\n'");
}

}  // namespace

InputFile::InputFile(std::filesystem::path path) : path_(std::move(path)) {
  const RegularFile file(path_);
  const struct stat& status = file.status();
  stamp_ = {status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
  map(file.descriptor());
  const bool named_gzip = path_.extension() == ".gz";
  if (is_gzip(text_)) {
    decompressed_ = gunzip(text_, name());
    text_ = decompressed_;
  } else if (named_gzip && !text_.empty()) {
    throw DataError(name() + ": is called .gz but is not gzip", "take .gz off its name");
  }
  if (const auto format = foreign_format(text_)) throw DataError(name() + ": is " + format->what, format->hint);
  if (const auto encoding = refused_encoding(text_)) {
    throw DataError(name() + ": is " + *encoding, "convert it to UTF-8: iconv -f " + *encoding + " -t UTF-8");
  }
  text_begin_ = byte_order_mark(text_);
  refuse_lone_cr(text(), name());
}

void InputFile::map(int descriptor) {
  mapped_bytes_ = static_cast<std::size_t>(stamp_.size);
  if (mapped_bytes_ == 0) return;
  void* const mapping = mmap(nullptr, mapped_bytes_, PROT_READ, MAP_PRIVATE, descriptor, 0);
  if (mapping == MAP_FAILED) throw DataError(name() + ": cannot be mapped: " + std::strerror(errno));
  mapping_ = mapping;
  madvise(mapping_, mapped_bytes_, MADV_WILLNEED);
  text_ = {static_cast<const char*>(mapping_), mapped_bytes_};
}

InputFile::InputFile(InputFile&& other) noexcept
    : path_(std::move(other.path_)),
      stamp_(other.stamp_),
      mapping_(std::exchange(other.mapping_, nullptr)),
      mapped_bytes_(other.mapped_bytes_),
      decompressed_(std::move(other.decompressed_)),
      text_(decompressed_.empty() ? other.text_ : std::string_view(decompressed_)),
      text_begin_(other.text_begin_) {}

InputFile::~InputFile() {
  if (mapping_ != nullptr) munmap(mapping_, mapped_bytes_);
}

void InputFile::check_unchanged() const {
  struct stat status {};
  const bool there = stat(path_.c_str(), &status) == 0;
  if (!there || Stamp{status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec} != stamp_) {
    throw DataError(name() + ": changed while it was read", "wait until it is written, then try again");
  }
}

std::string head_of(const std::filesystem::path& path, std::size_t bytes) {
  try {
    const RegularFile file(path);
    // Compressed, so much holds `bytes` of text or more, unless it is of many tiny members.
    std::string head(std::min(bytes + 4096, static_cast<std::size_t>(file.status().st_size)), '\0');
    head.resize(file.read(head.data(), head.size()));
    return is_gzip(head) ? gunzip_head(head, bytes) : head.substr(0, bytes);
  } catch (const DataError&) {
    return "";
  }
}

}  // namespace embrace
