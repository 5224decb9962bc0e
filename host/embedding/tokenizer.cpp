#include "host/embedding/tokenizer.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <queue>
#include <tuple>

#include "host/data/read/text_encoding.hpp"
#include "host/error.hpp"
#include "host/files.hpp"

namespace embrace {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t largest_tokenizer = std::int64_t{64} << 20U;

std::uint64_t pair_key(std::int32_t left, std::int32_t right) {
  return static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32U | static_cast<std::uint32_t>(right);
}

/// Bytes of the character at the start of UTF-8; 1 for what is none.
std::size_t character_bytes(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  return std::min(bytes, text.size());
}

std::string byte_token(char byte) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  const auto value = static_cast<unsigned char>(byte);
  return std::string("<0x") + digits[value >> 4U] + digits[value & 0xfU] + ">";
}

std::string replaced(std::string_view text, const std::string& from, const std::string& to) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t found = std::min(text.find(from, at), text.size());
    result += text.substr(at, found - at);
    if (found < text.size()) result += to;
    at = found < text.size() ? found + from.size() : found;
  }
  return result;
}

bool is_set(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_boolean() && found->get<bool>();
}

/// A text that is there and not empty.
bool has_text(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() && !found->get_ref<const std::string&>().empty();
}

}  // namespace

/// Takes a tokenizer.json apart.
class TokenizerReader {
 public:
  TokenizerReader(const std::filesystem::path& path, Tokenizer& out) : name_(path.string()), out_(out) {
    Json json;
    try {
      json = Json::parse(read_file(path, largest_tokenizer));
      take_model(json.at("model"));
      if (const auto normalizer = json.find("normalizer"); normalizer != json.end()) take_normalizer(*normalizer);
      if (const auto split = json.find("pre_tokenizer"); split != json.end() && !split->is_null()) {
        unread("pre_tokenizer", split->at("type").get<std::string>());
      }
      if (const auto added = json.find("added_tokens"); added != json.end()) take_added(*added);
    } catch (const Json::exception&) {
      throw DataError(name_ + ": is no tokenizer.json", "take the one that belongs to the vectors");
    }
  }

 private:
  [[noreturn]] void unread(const std::string& what, const std::string& which) const {
    throw DataError(name_ + ": its " + what + " is " + excerpt(which) + ", which is not read",
                    "tokenizers of Llama's kind are: BPE over characters with byte fallback");
  }

  std::int32_t take_token(const std::string& text, const Json& number) {
    const auto token = number.get<std::int64_t>();
    if (token < 0 || token >= std::numeric_limits<std::int32_t>::max()) {
      throw DataError(name_ + ": token '" + excerpt(text) + "' has the number " + std::to_string(token));
    }
    out_.vocabulary_ = std::max(out_.vocabulary_, static_cast<std::int32_t>(token) + 1);
    return static_cast<std::int32_t>(token);
  }

  std::int32_t known(const std::string& text) const {
    const auto found = out_.tokens_.find(text);
    if (found == out_.tokens_.end()) throw DataError(name_ + ": token '" + excerpt(text) + "' has no number");
    return found->second;
  }

  void take_model(const Json& model) {
    if (model.at("type") != "BPE") unread("model", model.at("type").get<std::string>());
    for (const char* name : {"continuing_subword_prefix", "end_of_word_suffix"}) {
      if (has_text(model, name)) unread(name, model.at(name).get<std::string>());
    }
    for (const auto& entry : model.at("vocab").items()) {
      out_.tokens_[entry.key()] = take_token(entry.key(), entry.value());
    }
    std::int32_t rank = 0;
    for (const Json& merge : model.at("merges")) {
      const auto [left, right] = parts_of(merge);
      const std::uint64_t pair = pair_key(known(left), known(right));
      out_.merges_.emplace(pair, Tokenizer::Merge{rank++, known(left + right)});
    }
    out_.byte_fallback_ = is_set(model, "byte_fallback");
    out_.fuse_unknown_ = is_set(model, "fuse_unk");
    if (has_text(model, "unk_token")) out_.unknown_ = known(model.at("unk_token").get<std::string>());
  }

  /// "a b", or ["a", "b"] in later files.
  std::pair<std::string, std::string> parts_of(const Json& merge) const {
    if (merge.is_array()) return {merge.at(0).get<std::string>(), merge.at(1).get<std::string>()};
    const auto text = merge.get<std::string>();
    const std::size_t blank = text.find(' ');
    if (blank == std::string::npos) throw DataError(name_ + ": the merge '" + excerpt(text) + "' is not of two parts");
    return {text.substr(0, blank), text.substr(blank + 1)};
  }

  void take_normalizer(const Json& normalizer) {
    if (normalizer.is_null()) return;
    const auto type = normalizer.at("type").get<std::string>();
    if (type == "Sequence") {
      for (const Json& step : normalizer.at("normalizers")) take_normalizer(step);
    } else if (type == "Prepend") {
      out_.changes_.push_back({"", normalizer.at("prepend").get<std::string>()});
    } else if (type == "Replace" && has_text(normalizer.at("pattern"), "String")) {
      out_.changes_.push_back(
          {normalizer.at("pattern").at("String").get<std::string>(), normalizer.at("content").get<std::string>()});
    } else {
      unread("normalizer", type);
    }
  }

  void take_added(const Json& added) {
    for (const Json& token : added) {
      auto content = token.at("content").get<std::string>();
      for (const char* name : {"single_word", "lstrip", "rstrip"}) {
        if (is_set(token, name)) unread("token '" + excerpt(content) + "'", name);
      }
      if (!content.empty()) out_.special_.emplace_back(content, take_token(content, token.at("id")));
    }
    // Of two that begin alike the longer one is meant.
    std::stable_sort(out_.special_.begin(), out_.special_.end(),
                     [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
  }

  std::string name_;
  Tokenizer& out_;
};

Tokenizer::Tokenizer(const std::filesystem::path& path) { TokenizerReader(path, *this); }

std::vector<std::int32_t> Tokenizer::tokens(std::string_view text) const {
  std::vector<std::int32_t> out;
  while (!text.empty()) {
    std::size_t first = text.size();
    const std::pair<std::string, std::int32_t>* special = nullptr;
    for (const auto& candidate : special_) {
      const std::size_t place = text.substr(0, first + candidate.first.size()).find(candidate.first);
      if (place >= first) continue;  // npos too
      first = place;
      special = &candidate;
    }
    add_tokens(text.substr(0, first), out);
    if (special == nullptr) break;
    out.push_back(special->second);
    text.remove_prefix(first + special->first.size());
  }
  return out;
}

void Tokenizer::add_tokens(std::string_view text, std::vector<std::int32_t>& out) const {
  const std::vector<std::int32_t> tokens = merged(characters(normalised(text)));
  out.insert(out.end(), tokens.begin(), tokens.end());
}

std::string Tokenizer::normalised(std::string_view text) const {
  std::string result(text);
  if (result.empty()) return result;
  for (const Change& change : changes_) {
    result = change.from.empty() ? change.to + result : replaced(result, change.from, change.to);
  }
  return result;
}

std::vector<std::int32_t> Tokenizer::characters(std::string_view text) const {
  std::vector<std::int32_t> out;
  bool unknown_before = false;
  for (std::size_t bytes = 0; !text.empty(); text.remove_prefix(bytes)) {
    bytes = character_bytes(text);
    const std::string_view character = text.substr(0, bytes);
    if (const auto found = tokens_.find(std::string(character)); found != tokens_.end()) {
      out.push_back(found->second);
      unknown_before = false;
      continue;
    }
    std::vector<std::int32_t> as_bytes;
    for (const char byte : character) {
      const auto found = byte_fallback_ ? tokens_.find(byte_token(byte)) : tokens_.end();
      if (found != tokens_.end()) as_bytes.push_back(found->second);
    }
    if (as_bytes.size() == bytes) {
      out.insert(out.end(), as_bytes.begin(), as_bytes.end());
      unknown_before = false;
    } else if (unknown_ >= 0) {
      if (!unknown_before || !fuse_unknown_) out.push_back(unknown_);
      unknown_before = true;
    }
  }
  return out;
}

const Tokenizer::Merge* Tokenizer::merge_of(std::int32_t left, std::int32_t right) const {
  const auto found = merges_.find(pair_key(left, right));
  return found == merges_.end() ? nullptr : &found->second;
}

/// The pair of least rank is merged first, the leftmost of equals, until there is none. The tokens are a linked list;
/// a queued pair of which a token has changed since is no pair any more.
std::vector<std::int32_t> Tokenizer::merged(std::vector<std::int32_t> tokens) const {
  constexpr std::int32_t gone = -1;
  const auto size = static_cast<std::int64_t>(tokens.size());
  std::vector<std::int64_t> next(tokens.size()), last(tokens.size());
  using Pair = std::tuple<std::int32_t, std::int64_t, std::int32_t>;  // rank, place, token
  std::priority_queue<Pair, std::vector<Pair>, std::greater<>> queue;
  const auto at = [](auto& list, std::int64_t place) -> auto& { return list[static_cast<std::size_t>(place)]; };
  const auto enqueue = [&](std::int64_t place) {
    const std::int64_t right = place < 0 ? size : at(next, place);
    if (right >= size) return;
    if (const Merge* merge = merge_of(at(tokens, place), at(tokens, right))) {
      queue.emplace(merge->rank, place, merge->token);
    }
  };
  for (std::int64_t place = 0; place < size; ++place) {
    at(next, place) = place + 1;
    at(last, place) = place - 1;
  }
  for (std::int64_t place = 0; place < size; ++place) enqueue(place);
  while (!queue.empty()) {
    const auto [rank, place, token] = queue.top();
    queue.pop();
    const std::int64_t right = at(next, place);
    if (at(tokens, place) == gone || right >= size) continue;
    const Merge* merge = merge_of(at(tokens, place), at(tokens, right));
    if (merge == nullptr || merge->rank != rank) continue;
    at(tokens, place) = token;
    at(tokens, right) = gone;
    at(next, place) = at(next, right);
    if (at(next, place) < size) at(last, at(next, place)) = place;
    enqueue(at(last, place));
    enqueue(place);
  }
  std::erase(tokens, gone);
  return tokens;
}

}  // namespace embrace
