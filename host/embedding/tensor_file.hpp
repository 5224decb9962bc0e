// Files of tensors, in the format safetensors (https://github.com/huggingface/safetensors, README, "Format"): 8 bytes
// with the header's length, little-endian; the header, JSON; the tensors, one behind the other.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "host/array.hpp"
#include "host/float_bytes.hpp"
#include "host/matrix.hpp"
#include "host/regular_file.hpp"
#include "host/span.hpp"

namespace embrace {

/// A file of tensors of anybody's. Opening it checks all that the header says against itself and the file's size, so
/// that no tensor asks for more memory than the file has bytes for; DataError says what does not fit. What a tensor
/// holds is read when it is asked for; one of another type or another number of extents is a DataError too.
class TensorFile {
 public:
  /// May a file that begins like this (9 bytes suffice) be one?
  static bool begins_like(std::string_view head);

  explicit TensorFile(const std::filesystem::path& path);

  std::string name() const { return path_.string(); }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  bool has(const std::string& tensor) const { return tensors_.contains(tensor); }
  /// Of all tensors, ascending.
  std::vector<std::string> names() const;
  /// "U8", "F16"; DataError when there is no such tensor.
  const std::string& type(const std::string& tensor) const { return find(tensor).type; }

  /// Two extents of F16, BF16, F32 or F64; the numbers are whatever they are.
  Matrix matrix(const std::string& tensor) const;
  /// One extent, or none for a single number, of the same types.
  Array<float> numbers(const std::string& tensor) const;
  /// One extent of I32, I64, U32 or U64; what is larger than 2^63-1 is a DataError.
  Array<std::int64_t> whole_numbers(const std::string& tensor) const;
  /// One extent of U8.
  std::string text(const std::string& tensor) const;

 private:
  struct Tensor {
    std::string type;
    std::vector<std::int64_t> shape;
    std::int64_t begin = 0, end = 0;  // bytes behind the header
  };
  void take_header(const std::string& text);
  void check_places() const;
  const Tensor& find(const std::string& tensor) const;
  const Tensor& find(const std::string& tensor, std::size_t extents) const;
  void read(const Tensor& tensor, std::int64_t offset, void* to, std::size_t bytes) const;
  FloatType float_type_of(const std::string& tensor) const;
  void read_floats(const Tensor& tensor, FloatType type, Span<float> to) const;
  template <typename Integer>
  Array<std::int64_t> widened(const std::string& name, const Tensor& tensor) const;
  [[noreturn]] void fail(const std::string& reason, const std::string& hint = "") const;

  std::filesystem::path path_;
  RegularFile file_;
  std::int64_t begin_ = 0;  // of the tensors, in the file
  std::map<std::string, std::string> metadata_;
  std::map<std::string, Tensor> tensors_;
};

/// A tensor to be written: its bytes lie in memory as they will in the file.
struct TensorBytes {
  std::string name;
  const char* type;
  std::vector<std::int64_t> shape;
  std::string_view bytes;
};

/// Writes the file, which appears whole, and returns its SHA-256. Tensors stand in the order given: wide types first,
/// so that each number lies at a multiple of its size. Throws OutputError.
std::string write_tensors(const std::filesystem::path& path, const std::map<std::string, std::string>& metadata,
                          const std::vector<TensorBytes>& tensors);

}  // namespace embrace
