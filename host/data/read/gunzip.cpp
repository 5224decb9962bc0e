#include "host/data/read/gunzip.hpp"

#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <new>

#include "host/error.hpp"

namespace embrace {
namespace {

enum class End { whole, cut, followed, damaged };

/// Decompresses piece by piece: how it ended is known when no piece is left.
class Inflation {
 public:
  explicit Inflation(std::string_view compressed) : rest_(compressed), buffer_(std::size_t{1} << 18U, '\0') {
    constexpr int gzip_only = 15 + 16;
    if (inflateInit2(&stream_, gzip_only) != Z_OK) throw std::bad_alloc();
  }
  ~Inflation() { inflateEnd(&stream_); }
  Inflation(const Inflation&) = delete;
  Inflation& operator=(const Inflation&) = delete;

  /// Appends the next piece; false when it was the last one.
  bool append_piece(std::string& content) {
    const std::size_t piece = std::min<std::size_t>(rest_.size(), std::size_t{1} << 30U);
    stream_.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(rest_.data()));  // NOLINT: zlib's API
    stream_.avail_in = static_cast<uInt>(piece);
    stream_.next_out = reinterpret_cast<Bytef*>(buffer_.data());
    stream_.avail_out = static_cast<uInt>(buffer_.size());
    const int status = inflate(&stream_, Z_NO_FLUSH);
    if (status == Z_MEM_ERROR) throw std::bad_alloc();
    rest_.remove_prefix(piece - stream_.avail_in);
    content.append(buffer_, 0, buffer_.size() - stream_.avail_out);
    if (status == Z_STREAM_END) return next_member();
    const bool starved = status == Z_BUF_ERROR || (status == Z_OK && rest_.empty() && stream_.avail_out > 0);
    end_ = starved ? End::cut : End::damaged;
    return status == Z_OK && !starved;
  }

  End end() const { return end_; }
  /// " (what zlib says of damaged data)"; may be empty.
  std::string complaint() const { return stream_.msg == nullptr ? "" : std::string(" (") + stream_.msg + ")"; }

 private:
  bool next_member() {
    const bool padding = rest_.find_first_not_of('\0') == std::string_view::npos;
    end_ = padding ? End::whole : End::followed;
    if (padding || !is_gzip(rest_)) return false;
    inflateReset(&stream_);
    return true;
  }

  z_stream stream_{};
  std::string_view rest_;
  std::string buffer_;
  End end_ = End::cut;
};

/// Ratings and titles become some 5 times larger, and never 200 times.
std::size_t largest_content(std::size_t compressed) { return std::max(std::size_t{64} << 20U, 200 * compressed); }

/// The last four bytes hold the size modulo 2^32; deflate cannot gain more than 1032 : 1, whatever they claim.
std::size_t likely_size(std::string_view compressed) {
  if (compressed.size() < 18) return 0;
  std::uint32_t size = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    size |= static_cast<std::uint32_t>(static_cast<unsigned char>(compressed[compressed.size() - 4 + i])) << (8 * i);
  }
  return std::min<std::size_t>(size, compressed.size() * 1032);
}

}  // namespace

bool is_gzip(std::string_view bytes) { return bytes.starts_with("\x1F\x8B"); }

std::string gunzip(std::string_view compressed, const std::string& name) {
  std::string content;
  const std::size_t largest = largest_content(compressed.size());
  content.reserve(std::min(largest, likely_size(compressed)));
  Inflation inflation(compressed);
  while (inflation.append_piece(content)) {
    if (content.size() <= largest) continue;
    throw DataError(name + ": becomes more than 200 times larger when it is unpacked",
                    "if that is right, unpack it first: gunzip");
  }
  switch (inflation.end()) {
    case End::whole:
      break;
    case End::cut:
      throw DataError(name + ": the gzip data are cut off", "copy or download the file again");
    case End::followed:
      throw DataError(name + ": bytes follow the end of the gzip data", "is it a .gz file, whole?");
    case End::damaged:
      throw DataError(name + ": the gzip data are damaged" + inflation.complaint(), "copy or download the file again");
  }
  return content;
}

std::string gunzip_head(std::string_view compressed, std::size_t bytes) {
  std::string content;
  Inflation inflation(compressed);
  while (content.size() < bytes && inflation.append_piece(content)) {
  }
  content.resize(std::min(content.size(), bytes));
  return content;
}

}  // namespace embrace
