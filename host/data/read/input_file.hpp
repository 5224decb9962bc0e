// InputFile: a text file of the input, mapped into memory, or decompressed when it is gzip.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace embrace {

/// Reads a regular file; never waits on a FIFO or a device. gzip is found out by its first two bytes; several members
/// in a row are one file, as with gunzip. Throws DataError: missing, unreadable, not a regular file, damaged gzip,
/// a format that is no text, UTF-16 or UTF-32, lines that end with CR alone.
class InputFile {
 public:
  explicit InputFile(std::filesystem::path path);
  ~InputFile();
  InputFile(InputFile&& other) noexcept;
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  InputFile& operator=(InputFile&&) = delete;

  /// The content without a byte order mark; valid while this object lives.
  std::string_view text() const { return text_.substr(text_begin_); }
  /// Offset of text() in the uncompressed file: 3 after a byte order mark.
  std::int64_t text_begin() const { return static_cast<std::int64_t>(text_begin_); }
  /// As given, for messages.
  std::string name() const { return path_.string(); }
  const std::filesystem::path& path() const { return path_; }

  /// DataError when size or time of change differ from what they were when the file was opened.
  void check_unchanged() const;

 private:
  struct Stamp {
    std::int64_t size = 0, seconds = 0, nanoseconds = 0;
    bool operator==(const Stamp&) const = default;
  };
  void map(int descriptor);

  std::filesystem::path path_;
  Stamp stamp_;
  void* mapping_ = nullptr;
  std::size_t mapped_bytes_ = 0;
  std::string decompressed_;
  std::string_view text_;
  std::size_t text_begin_ = 0;
};

/// The first `bytes` of a regular file, decompressed; for finding out what it is. Empty when it cannot be read.
std::string head_of(const std::filesystem::path& path, std::size_t bytes);

}  // namespace embrace
