// Text to the numbers of its tokens, as a tokenizer.json of HuggingFace's tokenizers says, of the kind that Llama has:
// byte pair encoding (Sennrich et al. 2016, section 3.2) over characters, with merges in the order of their rank, and
// bytes for characters that the vocabulary lacks.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace embrace {

class Tokenizer {
 public:
  /// Reads the file. Throws DataError: it cannot be read, or asks for more than this program does (another model than
  /// BPE; a normalizer that is none of Sequence, Prepend, and Replace of a text; a pre_tokenizer).
  explicit Tokenizer(const std::filesystem::path& path);

  /// Tokens of UTF-8, without those that models add before and behind a text.
  std::vector<std::int32_t> tokens(std::string_view text) const;
  /// One more than the largest token.
  std::int32_t vocabulary() const { return vocabulary_; }

 private:
  friend class TokenizerReader;

  /// A step of what is done to the text first: `from` becomes `to`; with no `from`, `to` stands before it.
  struct Change {
    std::string from, to;
  };
  struct Merge {
    std::int32_t rank = 0, token = 0;
  };
  std::string normalised(std::string_view text) const;
  std::vector<std::int32_t> characters(std::string_view text) const;
  void add_tokens(std::string_view text, std::vector<std::int32_t>& out) const;
  std::vector<std::int32_t> merged(std::vector<std::int32_t> tokens) const;
  const Merge* merge_of(std::int32_t left, std::int32_t right) const;

  std::vector<Change> changes_;
  std::vector<std::pair<std::string, std::int32_t>> special_;  // stand for themselves wherever they occur
  std::unordered_map<std::string, std::int32_t> tokens_;
  std::unordered_map<std::uint64_t, Merge> merges_;  // by left << 32 | right
  std::int32_t unknown_ = -1;                        // for a character without a token; -1: left out
  bool fuse_unknown_ = false;
  bool byte_fallback_ = false;
  std::int32_t vocabulary_ = 0;
};

}  // namespace embrace
