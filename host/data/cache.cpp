// A prepared file, everything as it lies in memory on a little-endian machine:
//   magic and version (16 bytes), the body, XXH3-128 of all before (16 bytes)
//   body: fields one after the other, in the order of fields(); texts and arrays behind their 64-bit count
#include "host/data/cache.hpp"

#define XXH_INLINE_ALL  // header-only
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <functional>
#include <memory>
#include <type_traits>

#include "host/data/load_options.hpp"
#include "host/digest.hpp"
#include "host/error.hpp"
#include "host/files.hpp"
#include "host/regular_file.hpp"
#include "host/unfinished.hpp"

namespace embrace {
namespace {

static_assert(std::endian::native == std::endian::little, "prepared files are little-endian");

constexpr std::array<char, 16> kHead = {'e', 'm', 'b', 'r', 'a', 'c', 'e', ' ', 'd', 'a', 't', 'a', 0, 0, 0, 1};

class Hash {
 public:
  Hash() { XXH3_128bits_reset(state_.get()); }
  void add(const void* data, std::size_t bytes) { XXH3_128bits_update(state_.get(), data, bytes); }
  std::array<char, 16> value() const {
    const XXH128_hash_t hash = XXH3_128bits_digest(state_.get());
    std::array<char, 16> bytes;
    std::memcpy(bytes.data(), &hash.low64, 8);
    std::memcpy(bytes.data() + 8, &hash.high64, 8);
    return bytes;
  }

 private:
  struct Free {
    void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
  };
  std::unique_ptr<XXH3_state_t, Free> state_{XXH3_createState()};
};

class Writer {
 public:
  explicit Writer(const std::filesystem::path& path) : file_(path, 0644) { bytes(kHead.data(), kHead.size()); }
  void bytes(const void* data, std::size_t size) {
    hash_.add(data, size);
    put({static_cast<const char*>(data), size});
  }
  std::uint64_t count(std::uint64_t size, std::size_t /*element*/) {
    bytes(&size, sizeof size);
    return size;
  }
  void finish() {
    const auto hash = hash_.value();
    put({hash.data(), hash.size()});
    file_.write(buffer_);
    file_.publish();
  }

 private:
  static constexpr std::size_t kPiece = 1 << 20;
  void put(std::string_view text) {
    if (buffer_.size() + text.size() > kPiece) {
      file_.write(buffer_);
      buffer_.clear();
    }
    if (text.size() > kPiece) {
      file_.write(text);
    } else {
      buffer_ += text;
    }
  }
  AtomicFile file_;
  std::string buffer_;
  Hash hash_;
};

/// Why a file cannot be used.
struct Unusable {
  const char* reason;
};

/// Nothing is larger than what is left of the file, so that a wrong count cannot ask for more memory than that.
class Reader {
 public:
  explicit Reader(const RegularFile& file)
      : file_(file), left_(static_cast<std::uint64_t>(file.status().st_size)), piece_(std::size_t{1} << 16U, '\0') {
    if (left_ < kHead.size() + 16) throw Unusable{"it is cut off"};
    left_ -= 16;  // the hash
    std::array<char, 16> head;
    bytes(head.data(), head.size());
    if (head != kHead) throw Unusable{"it is of another version"};
  }
  void bytes(void* data, std::size_t size) {
    if (size > left_) throw Unusable{"it is damaged"};
    read(static_cast<char*>(data), size);
    left_ -= size;
    hash_.add(data, size);
  }
  std::uint64_t count(std::uint64_t /*size*/, std::size_t element) {
    std::uint64_t size = 0;
    bytes(&size, sizeof size);
    if (size > left_ / element) throw Unusable{"it is damaged"};
    return size;
  }
  void finish() {
    std::array<char, 16> stored;
    if (left_ != 0) throw Unusable{"it is damaged"};
    read(stored.data(), stored.size());
    if (stored != hash_.value()) throw Unusable{"it is damaged"};
  }

 private:
  /// Small fields come out of a piece that was read ahead; the rest of a large one goes where it belongs at once.
  void read(char* data, std::size_t size) {
    while (size > 0) {
      std::size_t got = std::min(size, piece_end_ - piece_begin_);
      if (got > 0) {
        std::memcpy(data, piece_.data() + piece_begin_, got);
        piece_begin_ += got;
      } else if (size >= piece_.size()) {
        got = more(data, size);
      } else {
        piece_begin_ = 0;
        piece_end_ = more(piece_.data(), piece_.size());
      }
      data += got;
      size -= got;
    }
  }
  std::size_t more(char* data, std::size_t size) const {
    const std::size_t got = file_.read(data, size);
    if (got == 0) throw Unusable{"it cannot be read"};
    return got;
  }
  const RegularFile& file_;
  std::uint64_t left_;
  std::string piece_;
  std::size_t piece_begin_ = 0, piece_end_ = 0;
  Hash hash_;
};

template <typename File, typename Number>
requires std::is_arithmetic_v<Number>
void field(File& file, Number& number) { file.bytes(&number, sizeof number); }

template <typename File>
void field(File& file, std::string& text) {
  text.resize(file.count(text.size(), 1));
  file.bytes(text.data(), text.size());
}

template <typename File, typename Value>
void field(File& file, std::optional<Value>& value) {
  std::uint8_t there = value ? 1 : 0;
  field(file, there);
  if (there == 0) return value.reset();
  if (!value) value.emplace();
  field(file, *value);
}

template <typename File, typename Element>
void field(File& file, std::vector<Element>& elements);

template <typename File>
void field(File& file, UserProfile& user) {
  field(file, user.id);
  field(file, user.age);
  field(file, user.gender);
  field(file, user.occupation);
  field(file, user.zip);
}

template <typename File>
void field(File& file, Movie& movie) {
  field(file, movie.id);
  field(file, movie.title);
  field(file, movie.year);
  field(file, movie.genres);
}

template <typename File>
void field(File& file, TagUse& use) {
  std::uint8_t travelled = use.travelled ? 1 : 0;
  field(file, use.user);
  field(file, use.item);
  field(file, use.tag);
  field(file, use.time);
  field(file, travelled);
  use.travelled = travelled != 0;
}

template <typename File, typename Element>
void field(File& file, std::vector<Element>& elements) {
  if constexpr (std::is_arithmetic_v<Element>) {
    elements.resize(file.count(elements.size(), sizeof(Element)));
    file.bytes(elements.data(), elements.size() * sizeof(Element));
  } else {
    // Each element takes more than eight bytes in the file (a count or an id), but more in memory: so it grows slowly.
    const std::uint64_t size = file.count(elements.size(), 8);
    for (std::uint64_t n = 0; n < size; ++n) {
      if (n == elements.size()) elements.emplace_back();
      field(file, elements[n]);
    }
  }
}

/// All that is kept, in order; reading and writing walk through the same list.
template <typename File>
void fields(File& file, Dataset& data) {
  field(file, data.sha256);
  field(file, data.layout);
  field(file, data.ratings.user_ids);
  field(file, data.ratings.item_ids);
  field(file, data.ratings.users);
  field(file, data.ratings.items);
  field(file, data.ratings.values);
  field(file, data.ratings.times);
  field(file, data.ratings.scale.lowest);
  field(file, data.ratings.scale.highest);
  field(file, data.ratings.scale.step);
  field(file, data.catalogue.users);
  field(file, data.catalogue.movies);
  field(file, data.catalogue.tags);
  field(file, data.report.rows);
  field(file, data.report.rejected);
  field(file, data.report.duplicates);
  field(file, data.report.warnings);
  file.finish();
}

/// Who wrote a file that others may write? Access lists are not looked at: they too show in the group's bits.
bool only_ours(const struct stat& status) {
  return (status.st_uid == geteuid() || status.st_uid == 0) && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

bool ascending(const std::vector<std::int64_t>& ids) {
  return std::adjacent_find(ids.begin(), ids.end(), std::greater_equal<>()) == ids.end();
}

bool all_below(const std::vector<std::int32_t>& indices, std::size_t count) {
  return std::all_of(indices.begin(), indices.end(),
                     [&](std::int32_t i) { return i >= 0 && static_cast<std::size_t>(i) < count; });
}

/// All that the rest of the program takes for granted of data that were read: a fault or a forger may have sealed
/// others.
void require_possible(const Dataset& data) {
  const Ratings& ratings = data.ratings;
  const Scale& scale = ratings.scale;
  const std::size_t size = ratings.values.size();
  const bool shapes = size > 0 && ratings.users.size() == size && ratings.items.size() == size &&
                      (ratings.times.empty() || ratings.times.size() == size);
  const bool ids = ascending(ratings.user_ids) && ascending(ratings.item_ids) &&
                   all_below(ratings.users, ratings.user_ids.size()) &&
                   all_below(ratings.items, ratings.item_ids.size());
  const bool values = std::isfinite(scale.lowest) && std::isfinite(scale.highest) && std::isfinite(scale.step) &&
                      std::all_of(ratings.values.begin(), ratings.values.end(),
                                  [&](float v) { return v >= scale.lowest && v <= scale.highest; });
  if (!shapes || !ids || !values) throw Unusable{"it holds what cannot be"};
}

}  // namespace

std::filesystem::path cache_file(const std::filesystem::path& folder, const std::string& source_sha256,
                                 const LoadOptions& options) {
  const std::string key = std::string(kHead.begin(), kHead.end()) + source_sha256 + " " +
                          std::to_string(options.skip_bad_rows) + " " +
                          std::to_string(static_cast<int>(options.duplicates));
  return folder / (sha256(key).substr(0, 32) + ".data");
}

void require_cache_folder(const std::filesystem::path& folder) {
  const std::filesystem::path path = std::filesystem::absolute(folder);
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  struct stat status {};
  if ((mkdir(path.c_str(), S_IRWXU) != 0 && errno != EEXIST) || stat(path.c_str(), &status) != 0) {
    throw OutputError("cannot create the folder " + path.string() + ": " + std::strerror(errno),
                      "choose another --cache");
  }
  if (!S_ISDIR(status.st_mode)) throw OutputError(path.string() + " is not a folder", "choose another --cache");
  if (!only_ours(status)) {
    throw OutputError("others may write into " + path.string(), "chmod go-w it, or choose another --cache");
  }
}

std::optional<Dataset> read_cached(const std::filesystem::path& path, const std::string& source_sha256,
                                   std::string& warning) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return std::nullopt;
  const auto unusable = [&](const std::string& reason) {
    warning = "the prepared copy " + path.string() + " is not used: " + reason;
    return std::nullopt;
  };
  try {
    const RegularFile file(path);
    if (!only_ours(file.status())) return unusable("another user may have written it");
    Dataset data;
    Reader reader(file);
    fields(reader, data);
    if (data.sha256 != source_sha256) return unusable("it is of another source");
    require_possible(data);
    return data;
  } catch (const Unusable& reason) {
    return unusable(reason.reason);
  } catch (const DataError& reason) {
    return unusable(reason.what());
  }
}

void write_cached(const std::filesystem::path& file, const Dataset& dataset) {
  remove_unfinished(file.parent_path());
  Writer writer(file);
  // The list of fields is one for both ways and takes its data by reference; a Writer only reads them.
  fields(writer, const_cast<Dataset&>(dataset));  // NOLINT(cppcoreguidelines-pro-type-const-cast)
}

}  // namespace embrace
