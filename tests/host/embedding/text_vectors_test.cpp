// Tokens and vectors of texts, on a tokenizer that is small enough to be worked through by hand.
#include "host/embedding/text_vectors.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>

#include "host/embedding/tensor_file.hpp"
#include "host/embedding/tokenizer.hpp"
#include "host/error.hpp"
#include "tests/temporary_folder.hpp"

namespace embrace {
namespace {

using Json = nlohmann::json;
using Tokens = std::vector<std::int32_t>;
using test::TemporaryFolder;

/// As Llama's: blanks are ▁, one stands before the text; é is two bytes; x is not in the vocabulary, nor are its bytes.
Json llama_like() {
  const Json special = {{"single_word", false}, {"lstrip", false}, {"rstrip", false}, {"normalized", false}};
  Json begin = special, end = special;
  begin["id"] = 1;
  begin["content"] = "<s>";
  end["id"] = 2;
  end["content"] = "<s>>";
  return {{"added_tokens", {begin, end}},
          {"normalizer",
           {{"type", "Sequence"},
            {"normalizers",
             {{{"type", "Prepend"}, {"prepend", "▁"}},
              {{"type", "Replace"}, {"pattern", {{"String", " "}}}, {"content", "▁"}}}}}},
          {"pre_tokenizer", nullptr},
          {"model",
           {{"type", "BPE"},
            {"unk_token", "<unk>"},
            {"fuse_unk", true},
            {"byte_fallback", true},
            {"vocab",
             {{"<unk>", 0},
              {"<s>", 1},
              {"<s>>", 2},
              {"<0xC3>", 3},
              {"<0xA9>", 4},
              {"▁", 5},
              {"a", 6},
              {"b", 7},
              {"c", 8},
              {"ab", 9},
              {"▁ab", 10},
              {"bc", 11},
              {"aa", 12}}},
            {"merges", {"a b", "b c", "▁ ab", "a a"}}}}};
}

class TextVectors : public testing::Test {
 protected:
  std::filesystem::path write(const Json& json) {
    std::ofstream(folder_ / "tokenizer.json") << json;
    return folder_ / "tokenizer.json";
  }
  std::filesystem::path weights(const std::vector<float>& values, std::int64_t rows) {
    const auto width = static_cast<std::int64_t>(values.size()) / rows;
    write_tensors(folder_ / "weights.safetensors", {},
                  {{"embedding.weight",
                    "F32",
                    {rows, width},
                    {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)}}});
    return folder_ / "weights.safetensors";
  }
  std::string refusal(const Json& json) {
    const auto file = write(json);
    try {
      const Tokenizer tokenizer(file);
    } catch (const DataError& error) {
      return error.what();
    }
    return "";
  }
  TemporaryFolder folder_;
};

TEST_F(TextVectors, MergesGoByRankThenFromTheLeft) {
  const Tokenizer tokenizer(write(llama_like()));
  EXPECT_EQ(tokenizer.vocabulary(), 13);
  EXPECT_EQ(tokenizer.tokens("abc"), (Tokens{10, 8})) << "a b comes before b c, and ▁ ab is none of them";
  EXPECT_EQ(tokenizer.tokens("bc"), (Tokens{5, 11}));
  EXPECT_EQ(tokenizer.tokens("a bc"), (Tokens{5, 6, 5, 11}));
  EXPECT_EQ(tokenizer.tokens("caaa"), (Tokens{5, 8, 12, 6}));
  EXPECT_EQ(tokenizer.tokens("aab"), (Tokens{5, 6, 9})) << "rank before place";
  EXPECT_EQ(tokenizer.tokens(""), Tokens{});
  EXPECT_EQ(tokenizer.tokens(" "), (Tokens{5, 5}));
}

TEST_F(TextVectors, CharactersWithoutATokenAreBytesOrUnknown) {
  const Tokenizer tokenizer(write(llama_like()));
  EXPECT_EQ(tokenizer.tokens("é"), (Tokens{5, 3, 4}));
  EXPECT_EQ(tokenizer.tokens("xxa"), (Tokens{5, 0, 6})) << "unknown ones are one token";
  EXPECT_EQ(tokenizer.tokens("\xc3"), (Tokens{5, 3})) << "half a character is its byte";
  Json json = llama_like();
  json["model"]["fuse_unk"] = false;
  EXPECT_EQ(Tokenizer(write(json)).tokens("xx"), (Tokens{5, 0, 0}));
  json["model"]["byte_fallback"] = false;
  EXPECT_EQ(Tokenizer(write(json)).tokens("é"), (Tokens{5, 0}));
  json["model"].erase("unk_token");
  EXPECT_EQ(Tokenizer(write(json)).tokens("éa"), (Tokens{5, 6}));
}

TEST_F(TextVectors, SpecialTokensStandForThemselvesAndDivideTheText) {
  const Tokenizer tokenizer(write(llama_like()));
  EXPECT_EQ(tokenizer.tokens("a<s>b"), (Tokens{5, 6, 1, 5, 7}));
  EXPECT_EQ(tokenizer.tokens("<s>>"), (Tokens{2})) << "the longer one of two";
  EXPECT_EQ(tokenizer.tokens("<s><s>a"), (Tokens{1, 1, 5, 6}));
}

TEST_F(TextVectors, MergesAsPairsAreTheSame) {
  Json json = llama_like();
  json["model"]["merges"] = Json::array({{"a", "b"}, {"b", "c"}, {"▁", "ab"}, {"a", "a"}});
  EXPECT_EQ(Tokenizer(write(json)).tokens("abc aab"), Tokenizer(write(llama_like())).tokens("abc aab"));
}

TEST_F(TextVectors, ALongTextTakesNoQuadraticTime) {
  const Tokenizer tokenizer(write(llama_like()));
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(tokenizer.tokens(std::string(300000, 'a')).size(), 150001U);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30));
}

TEST_F(TextVectors, WhatIsNotReadIsNamed) {
  const auto changed = [](const std::function<void(Json&)>& change) {
    Json json = llama_like();
    change(json);
    return json;
  };
  const std::vector<std::pair<Json, std::string>> cases = {
      {changed([](Json& j) { j["model"]["type"] = "Unigram"; }), "its model is Unigram"},
      {changed([](Json& j) {
         j["pre_tokenizer"] = {{"type", "ByteLevel"}};
       }),
       "its pre_tokenizer is ByteLevel"},
      {changed([](Json& j) {
         j["normalizer"] = {{"type", "NFC"}};
       }),
       "its normalizer is NFC"},
      {changed([](Json& j) { j["added_tokens"][0]["lstrip"] = true; }), "lstrip"},
      {changed([](Json& j) { j["model"]["end_of_word_suffix"] = "</w>"; }), "end_of_word_suffix is </w>"},
      {changed([](Json& j) { j["model"]["merges"].push_back("a q"); }), "token 'q' has no number"},
      {changed([](Json& j) { j["model"]["merges"].push_back("aq"); }), "is not of two parts"},
      {changed([](Json& j) { j["model"]["merges"].push_back(1); }), "is no tokenizer.json"},
      {changed([](Json& j) { j["model"]["vocab"]["q"] = -1; }), "token 'q' has the number -1"},
      {changed([](Json& j) { j["model"]["vocab"]["q"] = "1"; }), "is no tokenizer.json"},
      {changed([](Json& j) { j.erase("model"); }), "is no tokenizer.json"},
      {Json(1), "is no tokenizer.json"}};
  for (const auto& [json, reason] : cases) {
    EXPECT_NE(refusal(json).find(reason), std::string::npos) << reason << "\nsaid: " << refusal(json);
  }
}

TEST_F(TextVectors, ATextIsTheMeanOfItsTokens) {
  write(llama_like());
  std::vector<float> values;
  for (int token = 0; token < 13; ++token) values.insert(values.end(), {static_cast<float>(token), -1});
  const std::vector<std::string> texts = {"abc", "", "bc"};
  const Matrix vectors = text_vectors(texts, weights(values, 13));
  ASSERT_EQ(vectors.rows(), 3);
  ASSERT_EQ(vectors.columns(), 2);
  EXPECT_EQ(vectors(0, 0), 9) << "(10 + 8) / 2";
  EXPECT_EQ(vectors(0, 1), -1);
  EXPECT_EQ(vectors(1, 0), 0);
  EXPECT_EQ(vectors(1, 1), 0) << "no tokens";
  EXPECT_EQ(vectors(2, 0), 8) << "(5 + 11) / 2";
  EXPECT_THROW(text_vectors(texts, weights(std::vector<float>(24, 0.0F), 12)), DataError) << "12 vectors, 13 tokens";
  std::filesystem::remove(folder_ / "tokenizer.json");
  EXPECT_THROW(text_vectors(texts, weights(values, 13)), DataError);
}

}  // namespace
}  // namespace embrace
