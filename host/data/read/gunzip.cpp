#include "host/data/read/gunzip.hpp"

#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <new>

#include "host/error.hpp"

namespace embrace {
namespace {

class Inflater {
 public:
  Inflater() {
    constexpr int gzip_only = 15 + 16;
    if (inflateInit2(&stream_, gzip_only) != Z_OK) throw std::bad_alloc();
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  z_stream& stream() { return stream_; }

 private:
  z_stream stream_{};
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

std::string gunzip(std::string_view compressed, const std::string& name, std::size_t limit) {
  Inflater inflater;
  z_stream& stream = inflater.stream();
  std::string content, buffer(std::size_t{1} << 18U, '\0');
  const std::size_t largest = largest_content(compressed.size());
  content.reserve(std::min({limit, largest, likely_size(compressed)}));
  std::string_view rest = compressed;
  while (content.size() < limit) {
    const std::size_t piece = std::min<std::size_t>(rest.size(), std::size_t{1} << 30U);
    stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(rest.data()));  // NOLINT: zlib's API
    stream.avail_in = static_cast<uInt>(piece);
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = static_cast<uInt>(buffer.size());
    const int status = inflate(&stream, Z_NO_FLUSH);
    if (status == Z_MEM_ERROR) throw std::bad_alloc();
    rest.remove_prefix(piece - stream.avail_in);
    content.append(buffer, 0, buffer.size() - stream.avail_out);
    if (content.size() > largest) {
      throw DataError(name + ": becomes more than 200 times larger when it is unpacked",
                      "if that is right, unpack it first: gunzip");
    }
    if (status == Z_STREAM_END) {
      if (rest.find_first_not_of('\0') == std::string_view::npos) break;
      if (!is_gzip(rest)) throw DataError(name + ": bytes follow the end of the gzip data", "is it a .gz file, whole?");
      inflateReset(&stream);
    } else if (status == Z_BUF_ERROR || (status == Z_OK && rest.empty() && stream.avail_out > 0)) {
      throw DataError(name + ": the gzip data are cut off", "copy or download the file again");
    } else if (status != Z_OK) {
      std::string reason = name + ": the gzip data are damaged";
      if (stream.msg != nullptr) reason.append(" (").append(stream.msg).append(")");
      throw DataError(reason, "copy or download the file again");
    }
  }
  content.resize(std::min(content.size(), limit));
  return content;
}

}  // namespace embrace
