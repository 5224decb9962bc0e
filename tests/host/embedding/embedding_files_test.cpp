// Embeddings as files: what is written comes back, in every format; what others made badly is refused with its place.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cmath>
#include <fstream>
#include <functional>
#include <limits>
#include <set>

#include "host/digest.hpp"
#include "host/embedding/array_with_ids.hpp"
#include "host/embedding/embedding_file.hpp"
#include "host/embedding/export.hpp"
#include "host/embedding/nearest.hpp"
#include "host/embedding/read_embedding.hpp"
#include "host/embedding/word2vec.hpp"
#include "host/error.hpp"
#include "host/files.hpp"
#include "tests/temporary_folder.hpp"

namespace embrace {
namespace {

namespace fs = std::filesystem;
using test::TemporaryFolder;

Matrix matrix(std::int64_t rows, std::int64_t columns, const std::vector<float>& values) {
  Matrix result(rows, columns);
  std::copy(values.begin(), values.end(), result.data());
  return result;
}

Embedding small(std::vector<std::string> item_ids = {"1", "50", "9223372036854775807"}) {
  return {.item_ids = std::move(item_ids),
          .items = matrix(3, 2, {1, 0.1F, -3, 4, 5e-30F, 6}),
          .user_ids = {"7", "8"},
          .users = matrix(2, 2, {0.5F, 1, 2, 0.25F}),
          .item_bias = std::vector<float>{0.5F, 0, -1},
          .user_bias = std::vector<float>{1, 2},
          .offset = 3.5F,
          .about = {{"method", "als"}, {"data", "a \"name\""}}};
}

void expect_equal(const Matrix& a, const Matrix& b) {
  ASSERT_EQ(a.rows(), b.rows());
  ASSERT_EQ(a.columns(), b.columns());
  EXPECT_TRUE(std::equal(a.data(), a.data() + a.size(), b.data()));
}

void expect_equal(const Embedding& a, const Embedding& b) {
  EXPECT_EQ(a.item_ids, b.item_ids);
  EXPECT_EQ(a.user_ids, b.user_ids);
  expect_equal(a.items, b.items);
  expect_equal(a.users, b.users);
  EXPECT_EQ(a.item_bias, b.item_bias);
  EXPECT_EQ(a.user_bias, b.user_bias);
  EXPECT_EQ(a.offset, b.offset);
  EXPECT_EQ(a.about, b.about);
}

void write(const fs::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
}

/// What the DataError says; empty when there is none.
std::string refusal(const fs::path& file) {
  try {
    read_embedding(file);
  } catch (const DataError& error) {
    EXPECT_EQ(error.code(), ExitCode::data);
    EXPECT_TRUE(std::string(error.what()).starts_with(file.parent_path().string())) << error.what();
    return error.what();
  }
  return "";
}

void expect_refused(const fs::path& file, const std::string& reason) {
  const std::string said = refusal(file);
  EXPECT_NE(said.find(reason), std::string::npos) << "expected: " << reason << "\nsaid: " << said;
}

std::string safetensors(const std::string& header, const std::string& data) {
  const std::uint64_t length = header.size();
  return std::string(reinterpret_cast<const char*>(&length), sizeof length) + header + data;
}

template <typename T>
std::string bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

/// A file with this header over two items of two numbers, ids 1 and 2.
std::string two_items(const std::string& header) {
  return safetensors(header, bytes_of<std::int64_t>({1, 2}) + bytes_of<float>({1, 2, 3, 4}));
}

std::string tensor(const std::string& name, const std::string& type, const std::string& shape, int begin, int end) {
  return "\"" + name + "\":{\"dtype\":\"" + type + "\",\"shape\":[" + shape + "],\"data_offsets\":[" +
         std::to_string(begin) + "," + std::to_string(end) + "]}";
}

const std::string good_ids = tensor("item_ids", "I64", "2", 0, 16);
const std::string good_items = tensor("items", "F32", "2,2", 16, 32);

TEST(Safetensors, WhatIsWrittenComesBack) {
  const TemporaryFolder folder;
  const std::string digest = write_embedding(folder / "a", small());
  EXPECT_EQ(digest, sha256(read_file(folder / "a")));
  expect_equal(read_embedding(folder / "a"), small());
  for (const auto& ids : std::vector<std::vector<std::string>>{
           {"a", "b c", "ü"}, {"1", "2", "x"}, {"9223372036854775808", "-1", "0"}, {"1e3", "+1", " 1"}}) {
    write_embedding(folder / "a", small(ids));
    expect_equal(read_embedding(folder / "a"), small(ids));
  }
  Embedding items_only = small();
  items_only.user_ids.clear();
  items_only.users = {};
  items_only.user_bias.clear();
  items_only.item_bias.clear();
  items_only.offset = 0;
  write_embedding(folder / "a", items_only);
  expect_equal(read_embedding(folder / "a"), items_only);
}

TEST(Safetensors, NumbersLieAtMultiplesOfTheirSize) {
  const TemporaryFolder folder;
  write_embedding(folder / "a", small({"a", "bc", "d"}));
  const std::string bytes = read_file(folder / "a");
  std::uint64_t length = 0;
  bytes.copy(reinterpret_cast<char*>(&length), sizeof length);
  EXPECT_EQ(length % 8, 0U);
  const TensorFile file(folder / "a");
  EXPECT_EQ(file.names(), (std::vector<std::string>{"item_bias", "item_id_offsets", "item_ids", "items", "offset",
                                                    "user_bias", "user_ids", "users"}));
  EXPECT_EQ(file.type("item_ids"), "U8");
  EXPECT_EQ(file.text("item_ids"), "abcd");
  EXPECT_EQ(file.whole_numbers("item_id_offsets"), (std::vector<std::int64_t>{0, 1, 3, 4}));
}

TEST(Safetensors, VectorsThatAreNotFiniteAreNeverWritten) {
  const TemporaryFolder folder;
  for (const auto& spoil : std::vector<std::function<void(Embedding&)>>{
           [](Embedding& e) { e.items(1, 1) = std::numeric_limits<float>::quiet_NaN(); },
           [](Embedding& e) { e.users(0, 1) = std::numeric_limits<float>::infinity(); },
           [](Embedding& e) { e.item_bias[2] = std::numeric_limits<float>::quiet_NaN(); },
           [](Embedding& e) { e.offset = std::numeric_limits<float>::infinity(); }}) {
    Embedding e = small();
    spoil(e);
    EXPECT_THROW(write_embedding(folder / "a", e), Diverged);
    EXPECT_FALSE(fs::exists(folder / "a"));
  }
}

TEST(Safetensors, OtherTypesAreConverted) {
  const TemporaryFolder folder;
  const std::string ids32 = bytes_of<std::uint32_t>({1, 4000000000U});
  const auto file = [&](const std::string& type, const std::string& numbers) {
    const int end = 8 + static_cast<int>(numbers.size());
    write(folder / "a",
          safetensors("{" + tensor("item_ids", "U32", "2", 0, 8) + "," + tensor("items", type, "2,2", 8, end) + "}",
                      ids32 + numbers));
    return read_embedding(folder / "a");
  };
  const Matrix expected = matrix(2, 2, {1, -2, 0.5F, 4});
  for (const auto& [type, numbers] : std::vector<std::pair<std::string, std::string>>{
           {"F16", bytes_of<std::uint16_t>({0x3c00, 0xc000, 0x3800, 0x4400})},
           {"BF16", bytes_of<std::uint16_t>({0x3f80, 0xc000, 0x3f00, 0x4080})},
           {"F64", bytes_of<double>({1, -2, 0.5, 4})},
           {"F32", bytes_of<float>({1, -2, 0.5, 4})}}) {
    const Embedding e = file(type, numbers);
    expect_equal(e.items, expected);
    EXPECT_EQ(e.item_ids, (std::vector<std::string>{"1", "4000000000"}));
  }
  file("F64", bytes_of<double>({1, 3.4e38, 0, 1e-320}));
  EXPECT_THROW(file("F64", bytes_of<double>({1, 1e39, 0, 0})), DataError) << "no float is so large";
}

TEST(Safetensors, WhatDoesNotFitIsRefused) {
  const TemporaryFolder folder;
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"{" + good_ids + "}", "16 bytes behind"},
      {"{" + good_items + "}", "hole before"},
      {"{" + good_ids + "," + tensor("items", "F32", "2,2", 16, 48) + "}", "outside the file"},
      {"{" + good_ids + "," + tensor("items", "F32", "2,2", 32, 16) + "}", "outside the file"},
      {"{" + good_ids + "," + tensor("items", "F32", "2,2", 8, 24) + "}", "over another"},
      {"{" + good_ids + "," + tensor("items", "F32", "2,3", 16, 32) + "}", "what its shape says"},
      {"{" + good_ids + "," + tensor("items", "F32", "4611686018427387904,4", 16, 32) + "}", "what its shape says"},
      {"{" + good_ids + "," + tensor("items", "F32", "-2,-2", 16, 32) + "}", "no list of sizes"},
      {"{" + good_ids + "," + tensor("items", "F32", "2.0,2", 16, 32) + "}", "no list of sizes"},
      {"{" + good_ids + "," + tensor("items", "F32", "4", 16, 32) + "}", "1 extents, not 2"},
      {"{" + good_ids + "," + tensor("items", "I32", "2,2", 16, 32) + "}", "is of I32"},
      {"{" + good_ids + "," + tensor("items", "F4", "4611686018427387904,4", 16, 32) + "}", "is of F4"},
      {"{" + tensor("item_ids", "F64", "2", 0, 16) + "," + good_items + "}", "is of F64"},
      {"{" + tensor("item_ids", "X", "4611686018427387904", 0, 16) + "," + good_items + "}", "is of X"},
      {"{" + tensor("item_ids", "U8", "16", 0, 16) + "," + good_items + "}", "no tensor 'item_id_offsets'"},
      {"{" + tensor("ids", "I64", "2", 0, 16) + "," + good_items + "}", "no tensor 'item_ids'; it has ids, items"},
      {"{" + good_ids + "," + tensor("weights", "F32", "2,2", 16, 32) + "}", "no tensor 'items'"},
      {"{" + good_ids + "," + good_ids + "}", "gives 'item_ids' twice"},
      {"{" + good_ids + "," + good_items + ",\"__metadata__\":{\"a\":1}}", "is no text"},
      {"{" + good_ids + "," + good_items + ",\"__metadata__\":[]}", "__metadata__ is no object"},
      {"{" + good_ids + ",\"items\":[]}", "not described by an object"},
      {"{" + good_ids + ",\"items\":{}}", "has no dtype"},
      {"{" + good_ids + ",\"items\":{\"dtype\":\"F32\",\"shape\":[2,2]}}", "not two places"},
      {"{" + good_ids + ",\"items\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[16,32,32]}}",
       "not two places"},
      {"{" + good_ids + ",\"items\":{\"dtype\":\"F32\",\"shape\":[[[[[2]]]]],\"data_offsets\":[16,32]}}",
       "nested too deep"},
      {"{" + good_ids, "is no JSON"},
      {"{\"\xff\":1}", "is no JSON"},
      {"{}", "32 bytes behind"}};
  for (const auto& [header, reason] : cases) {
    write(folder / "a", two_items(header));
    expect_refused(folder / "a", reason);
  }
  write(folder / "a", two_items("{" + good_ids + "," + good_items + "}"));
  EXPECT_EQ(read_embedding(folder / "a").item_ids, (std::vector<std::string>{"1", "2"})) << "the good one is read";
}

TEST(Safetensors, IdsBiasesAndUsersMustFitTheVectors) {
  const TemporaryFolder folder;
  const std::string vectors = bytes_of<float>({1, 2, 3, 4});
  const auto with = [&](const std::vector<std::int64_t>& ids, const std::string& more, const std::string& bytes) {
    const int end = static_cast<int>(8 * ids.size());
    write(folder / "a", safetensors("{" + tensor("item_ids", "I64", std::to_string(ids.size()), 0, end) + "," +
                                        tensor("items", "F32", "2,2", end, end + 16) + more + "}",
                                    bytes_of(ids) + vectors + bytes));
  };
  with({1, 1}, "", "");
  expect_refused(folder / "a", "row 1: the id '1' is there already, in row 0");
  with({1, 2, 3}, "", "");
  expect_refused(folder / "a", "has 2 item vectors, but 3 ids");
  with({1, 2}, "," + tensor("item_bias", "F32", "3", 32, 44), std::string(12, '\0'));
  expect_refused(folder / "a", "3 item biases, but 2 ids");
  with({1, 2}, "," + tensor("user_bias", "F32", "1", 32, 36), std::string(4, '\0'));
  expect_refused(folder / "a", "1 user biases, but 0 ids");
  with({1, 2}, "," + tensor("users", "F32", "1,2", 32, 40), std::string(8, '\0'));
  expect_refused(folder / "a", "no tensor 'user_ids'");
  with({1, 2}, "," + tensor("user_ids", "I64", "1", 32, 40), std::string(8, '\0'));
  expect_refused(folder / "a", "no tensor 'users'");
  with({1, 2}, "," + tensor("user_ids", "I64", "1", 32, 40) + "," + tensor("users", "F32", "1,1", 40, 44),
       std::string(12, '\0'));
  expect_refused(folder / "a", "its user vectors have 1 numbers, its item vectors 2");
  with({1, 2}, "," + tensor("offset", "F32", "2", 32, 40), std::string(8, '\0'));
  expect_refused(folder / "a", "'offset' is not one number");
  with({1, 2}, "," + tensor("offset", "F32", "", 32, 36), bytes_of<float>({std::numeric_limits<float>::quiet_NaN()}));
  expect_refused(folder / "a", "offset: is not finite");
}

TEST(Safetensors, TextIdsMustBeTextAndDivideIt) {
  const TemporaryFolder folder;
  const auto with = [&](const std::string& text, const std::vector<std::int64_t>& bounds) {
    const int ids = static_cast<int>(8 * bounds.size()), items = ids + 16;
    write(folder / "a", safetensors("{" + tensor("item_id_offsets", "I64", std::to_string(bounds.size()), 0, ids) +
                                        "," + tensor("items", "F32", "2,2", ids, items) + "," +
                                        tensor("item_ids", "U8", std::to_string(text.size()), items,
                                               items + static_cast<int>(text.size())) +
                                        "}",
                                    bytes_of(bounds) + bytes_of<float>({1, 2, 3, 4}) + text));
  };
  with("abc", {0, 1, 3});
  EXPECT_EQ(read_embedding(folder / "a").item_ids, (std::vector<std::string>{"a", "bc"}));
  with("007x", {0, 3, 4});
  EXPECT_EQ(read_embedding(folder / "a").item_ids, (std::vector<std::string>{"7", "x"})) << "whole numbers, shortest";
  for (const auto& bounds : std::vector<std::vector<std::int64_t>>{
           {}, {0}, {0, 1}, {0, 1, 2}, {1, 2, 3}, {0, 4, 3}, {0, -1, 3}, {0, 1, std::int64_t{1} << 62}}) {
    with("abc", bounds);
    const std::string said = refusal(folder / "a");
    EXPECT_NE(said, "") << testing::PrintToString(bounds);
  }
  with("abc", {0, 0, 3});
  expect_refused(folder / "a", "row 0: the id is empty");
  with("a\nc", {0, 2, 3});
  expect_refused(folder / "a", "has a control character");
  with("a\xc2\x85", {0, 1, 3});
  expect_refused(folder / "a", "has a control character");
  with("a\xff\xfe", {0, 1, 3});
  expect_refused(folder / "a", "is not UTF-8");
  with("7007", {0, 1, 4});
  expect_refused(folder / "a", "is there already");
  with("a" + std::string(1025, 'b'), {0, 1, 1026});
  expect_refused(folder / "a", "longer than 1024 bytes");
}

TEST(Safetensors, ALyingHeaderLengthIsRefused) {
  const TemporaryFolder folder;
  std::string bytes = two_items("{" + good_ids + "," + good_items + "}");
  for (const std::uint32_t length : {std::uint32_t{1} << 20U, std::uint32_t{0xffffffffU}}) {
    bytes.replace(0, 4, reinterpret_cast<const char*>(&length), 4);
    write(folder / "a", bytes);
    expect_refused(folder / "a", "header is longer than the file");
  }
  // A sparse file of the size that the header claims: refused by the limit, not by memory.
  const std::uint32_t length = std::uint32_t{1} << 30U;
  bytes.replace(0, 4, reinterpret_cast<const char*>(&length), 4);
  write(folder / "a", bytes);
  fs::resize_file(folder / "a", std::uintmax_t{1} << 31U);
  expect_refused(folder / "a", "larger than 16 MiB");
}

/// Cutting a file anywhere, or changing any of its bytes, gives an error or an embedding, and never anything else.
TEST(Files, TornOrDamagedAnywhereIsAnErrorOrAnEmbedding) {
  const TemporaryFolder folder;
  write_embedding(folder / "a", small({"a", "bc", "d"}));
  write_array_with_ids(folder / "b", small().items, small().item_ids);
  write_word2vec(folder / "c", small().items, small().item_ids);
  fs::copy_file(folder / "b.ids", folder / "torn.ids");
  for (const char* name : {"a", "b", "c"}) {
    const std::string whole = read_file(folder / name);
    const std::size_t text_may_end = name[0] == 'c' ? whole.find_last_of(' ') : whole.size();
    for (std::size_t size = 0; size < whole.size(); ++size) {
      write(folder / "torn", whole.substr(0, size));
      // A number of text may be cut and still be one.
      if (size <= text_may_end) {
        EXPECT_NE(refusal(folder / "torn"), "") << name << ", " << size << " bytes";
      } else {
        refusal(folder / "torn");
      }
      for (const char byte : {'\xff', '9'}) {
        std::string damaged = whole;
        damaged[size] = byte;
        write(folder / "torn", damaged);
        refusal(folder / "torn");
      }
    }
  }
}

TEST(Files, WhatIsNoRegularFileOrNoEmbeddingIsRefusedWithoutWaiting) {
  const TemporaryFolder folder;
  ASSERT_EQ(mkfifo((folder / "fifo").c_str(), 0600), 0);
  expect_refused(folder / "fifo", "is a FIFO");
  fs::create_directory(folder / "sub");
  expect_refused(folder / "sub", "is a folder");
  expect_refused(folder / "none", "No such file");
  write(folder / "a", "");
  expect_refused(folder / "a", "is empty");
  write(folder / "a", "PK\x03\x04rest");
  expect_refused(folder / "a", "is a zip archive; give safetensors");
  write(folder / "a", "user,item,rating\n1,2,3\n");
  expect_refused(folder / "a", ":1:1: the first line is not the number of vectors");
}

TEST(Word2vec, AFileOfSomebodyElseIsRead) {
  const TemporaryFolder folder;
  // The C program ends lines with a blank; others use tabs, exponents and CR LF.
  write(folder / "a", "3 2\r\n</s> 0.5 -1e-3 \r\n42\t1 2\t\r\nTränen 1E2  -.5\r\n");
  const Embedding e = read_embedding(folder / "a");
  EXPECT_EQ(e.item_ids, (std::vector<std::string>{"</s>", "42", "Tränen"}));
  expect_equal(e.items, matrix(3, 2, {0.5F, -1e-3F, 1, 2, 100, -0.5F}));
  EXPECT_FALSE(e.has_users());
}

TEST(Word2vec, WhatIsWrongIsSaidWithItsLine) {
  const TemporaryFolder folder;
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"2 2\na 1.25 2.5\n", ":2:1: the file ends after 1 of 2 vectors"},
      {"1 2\na 1 2\nb 1 2\n", ":3:1: there are more vectors than the 1"},
      {"2 2\na 1 2\na 1 2\n", ":3:1: the id 'a' is there already, in line 2"},
      {"2 2\n7 1 2\n007 1 2\n", ":3:1: the id '7' is there already"},
      {"1 2\na 1\n", ":2:4: the line has fewer numbers than 2"},
      {"1 2\na 1 2 3\n", ":2:7: the line has more numbers than 2"},
      {"1 2\na 1 x\n", ":2:5: 'x' is no finite number"},
      {"1 2\na 1 2x\n", ":2:5: '2x' is no finite number"},
      {"1 2\na 1 nan\n", ":2:5: 'nan' is no finite number"},
      {"1 2\na 1 inf\n", ":2:5: 'inf' is no finite number"},
      {"1 2\na 1 1e39\n", ":2:5: '1e39' is no finite number"},
      {"1 2\nnew york 1 2\n", ":2:5: 'york' is no finite number of 32 bits; a token may have no blank"},
      {"2 2\na 1 2\n\nb 1 2\n", ":3:1: the id is empty"},
      {"1 2\na\x01 1 2\n", ":2:1: the id 'a\\x01' has a control character"},
      {"1 2\na\xff 1 2\n", ":2:1: the id 'a\\xff' is not UTF-8"},
      {"0 2\n", ":1:1: there are no vectors"},
      {"1 0\na\n", ":1:1: there are no vectors, or they have no width"},
      {"4000000000 4000000000\na 1 2\n", ":1:1: the file is too short"},
      {"9223372036854775807 1\na 1 2\n", ":1:1: the file is too short"},
      {"1 9223372036854775807\na 1 2\n", ":1:1: the file is too short"},
      {"-1 2\na 1 2\n", ":1:1: the first line is not"},
      {"1 2 3\na 1 2\n", ":1:1: the first line is not"},
      {"a 1 2\nb 1 2\n", ":1:1: the first line is not"}};
  for (const auto& [text, reason] : cases) {
    write(folder / "a", text);
    expect_refused(folder / "a", reason);
  }
}

TEST(ArrayWithIds, IdsComeFromTheFileBesideIt) {
  const TemporaryFolder folder;
  write_array_with_ids(folder / "v.npy", small().items, {"a", "b c", "5"});
  const Embedding e = read_embedding(folder / "v.npy");
  EXPECT_EQ(e.item_ids, (std::vector<std::string>{"a", "b c", "5"}));
  expect_equal(e.items, small().items);
  write(folder / "v.npy.ids", "a\r\nb\r\n5");
  EXPECT_EQ(read_embedding(folder / "v.npy").item_ids, (std::vector<std::string>{"a", "b", "5"}));
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"a\nb\n", "has 3 item vectors, but 2 ids"},
      {"a\nb\nc\nd\n", ".ids:4:1: there are more ids than the 3 vectors"},
      {"a\nb\na\n", ".ids:3:1: the id 'a' is there already, in line 1"},
      {"a\n\nb\n", ".ids:2:1: the id is empty"},
      {"a\nb\x7f\nc\n", ".ids:2:1: the id 'b\\x7f' has a control character"}};
  for (const auto& [ids, reason] : cases) {
    write(folder / "v.npy.ids", ids);
    expect_refused(folder / "v.npy", reason);
  }
  fs::remove(folder / "v.npy.ids");
  expect_refused(folder / "v.npy", "the ids of its rows are not there");
}

TEST(Export, EveryFormatHoldsTheSameNumbers) {
  const TemporaryFolder folder;
  const Embedding e = small({"1", "a,\"b\"", "=x"});
  const auto names = [&](ExportFormat format) {
    std::set<std::string> found;
    for (const fs::path& file : export_embedding(e, format, folder.path(), {{"1", "Toy\tStory"}})) {
      EXPECT_TRUE(fs::exists(file));
      found.insert(file.filename().string());
    }
    return found;
  };
  EXPECT_EQ(names(ExportFormat::npy), (std::set<std::string>{"items.npy", "items.npy.ids", "item_bias.npy", "users.npy",
                                                             "users.npy.ids", "user_bias.npy"}));
  expect_equal(read_embedding(folder / "items.npy").items, e.items);
  EXPECT_EQ(read_embedding(folder / "users.npy").item_ids, e.user_ids);
  EXPECT_EQ(names(ExportFormat::word2vec), (std::set<std::string>{"items.txt", "users.txt"}));
  const Embedding back = read_embedding(folder / "items.txt");
  expect_equal(back.items, e.items);
  EXPECT_EQ(back.item_ids, e.item_ids);
  EXPECT_EQ(names(ExportFormat::csv), (std::set<std::string>{"items.csv", "users.csv"}));
  EXPECT_EQ(read_file(folder / "items.csv"), "id,bias,1,2\n1,0.5,1,0.1\n\"a,\"\"b\"\"\",0,-3,4\n=x,-1,5e-30,6\n");
  EXPECT_EQ(names(ExportFormat::projector), (std::set<std::string>{"vectors.tsv", "metadata.tsv"}));
  EXPECT_EQ(read_file(folder / "vectors.tsv"), "1\t0.1\n-3\t4\n5e-30\t6\n");
  EXPECT_EQ(read_file(folder / "metadata.tsv"), "id\ttitle\n1\tToy Story\na,\"b\"\t\n=x\t\n");
  export_embedding(e, ExportFormat::projector, folder.path(), {});
  EXPECT_EQ(read_file(folder / "metadata.tsv"), "1\na,\"b\"\n=x\n") << "one column has no header";
  EXPECT_THROW(export_embedding(small({"1", "a b", "c"}), ExportFormat::word2vec, folder.path(), {}), UsageError);
}

TEST(Nearest, ByCosineAndZerosAreNobodysNeighbours) {
  const Matrix vectors = matrix(5, 2, {1, 0, 2, 2, 0, 0, -3, 0, 10, 1});
  const auto rows = nearest(vectors, 0, 10);
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].row, 4);
  EXPECT_DOUBLE_EQ(rows[0].score, 10 / std::sqrt(101.0));
  EXPECT_EQ(rows[1].row, 1);
  EXPECT_DOUBLE_EQ(rows[1].score, 2 / std::sqrt(8.0));
  EXPECT_EQ(rows[2].row, 3);
  EXPECT_EQ(nearest(vectors, 0, 2).size(), 2U);
  EXPECT_TRUE(nearest(vectors, 2, 10).empty());
}

TEST(Nearest, RecommendationsAreScoredWithBiases) {
  const Embedding e = small();
  // 3.5 + bias + <(0.5, 1), item>: 3.5 + 1 + {0.5 + 0.6, 0 + 2.5, -1 + 6}
  const auto rows = recommended(e, 0, {false, false, false}, 2);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].row, 2);
  EXPECT_NEAR(rows[0].score, 9.5, 1e-6);
  EXPECT_EQ(rows[1].row, 1);
  EXPECT_NEAR(rows[1].score, 7.0, 1e-6);
  EXPECT_EQ(recommended(e, 0, {false, false, true}, 1)[0].row, 1);
}

}  // namespace
}  // namespace embrace
