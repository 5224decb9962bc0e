// Embeddings through the program: kept beside records, exported, looked into.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "host/digest.hpp"
#include "host/embedding/embedding_file.hpp"
#include "host/embedding/read_embedding.hpp"
#include "host/files.hpp"
#include "tests/program.hpp"
#include "tests/temporary_folder.hpp"

namespace embrace {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using test::embrace_run;
using test::Ended;
using test::TemporaryFolder;

std::vector<Json> records(const fs::path& folder) {
  std::vector<Json> list;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".json") list.push_back(Json::parse(read_file(entry.path())));
  }
  return list;
}

fs::path file_of(const fs::path& folder, const Json& record) {
  return folder / (record["id"].get<std::string>() + ".safetensors");
}

class Embeddings : public testing::Test {
 protected:
  Ended run(const std::string& methods, std::vector<std::string> more = {"--keep-embeddings"}) {
    std::vector<std::string> arguments = {"run", "-d", data_, "--split", "cold-items:4", "--folds", "1", "-m", methods};
    arguments.insert(arguments.end(), {"--set", "factors=5", "-o", (folder_ / "out").string()});
    arguments.insert(arguments.end(), more.begin(), more.end());
    return embrace_run(arguments);
  }
  /// user,item,rating of a part of the fold.
  std::vector<std::array<std::string, 3>> part(const std::string& name) {
    embrace_run(
        {"data", "split", data_, "--split", "cold-items:4", "--folds", "1", "-o", (folder_ / "split").string()});
    std::istringstream lines(read_file(folder_ / "split/fold-1" / name));
    std::vector<std::array<std::string, 3>> rows;
    std::string line;
    std::getline(lines, line);
    while (std::getline(lines, line)) {
      std::istringstream fields(line);
      std::array<std::string, 3>& row = rows.emplace_back();
      for (std::string& field : row) std::getline(fields, field, ',');
    }
    return rows;
  }
  /// A file of items 1, 2 and 3 and user 1, and a table of the ratings behind it with titles.
  void make_small() {
    Embedding e;
    e.item_ids = {"1", "2", "3"};
    e.items = Matrix(3, 2);
    e.user_ids = {"1"};
    e.users = Matrix(1, 2);
    const std::vector<float> items = {1, 0, 1, 0.1F, 0, 1};
    std::copy(items.begin(), items.end(), e.items.data());
    e.users(0, 0) = 2;
    e.offset = 3;
    write_embedding(folder_ / "small", e);
    fs::create_directory(folder_ / "data");
    std::ofstream(folder_ / "data/ratings.csv")
        << "userId,movieId,rating,timestamp\n1,1,5.0,1\n2,2,4.0,1\n2,3,4.0,1\n2,4,4.0,1\n3,4,1.0,1\n";
    std::ofstream(folder_ / "data/movies.csv")
        << "movieId,title,genres\n1,Toy Story (1995),Comedy\n2,\"Matrix, The (1999)\",Action\n3,Sabrina (1995),Drama\n"
           "4,Sabrina (1954),Drama\n";
  }
  Ended look(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin() + 1, (folder_ / "small").string());
    return embrace_run(arguments);
  }

  const std::string data_ = "synth:60x80x2000";
  TemporaryFolder folder_;
};

TEST_F(Embeddings, AreKeptOfWhatHasATrainingRating) {
  ASSERT_EQ(run("als,bias").code, 0);
  std::set<std::string> users, items;
  for (const auto& row : part("train.csv")) {
    users.insert(row[0]);
    items.insert(row[1]);
  }
  ASSERT_LT(items.size(), 80U) << "a quarter of the items is cold";
  for (const Json& record : records(folder_ / "out")) {
    EXPECT_EQ(record["status"], "ok");
    if (record["method"] == "bias") {
      EXPECT_FALSE(record.contains("embedding"));
      EXPECT_FALSE(fs::exists(file_of(folder_ / "out", record)));
      EXPECT_NE(record["notes"].dump().find("no vectors"), std::string::npos);
      continue;
    }
    const fs::path file = file_of(folder_ / "out", record);
    EXPECT_EQ(record["embedding"]["sha256"], sha256(read_file(file)));
    EXPECT_EQ(record["embedding"]["width"], 5);
    const Embedding e = read_embedding(file);
    EXPECT_EQ(std::set<std::string>(e.item_ids.begin(), e.item_ids.end()), items);
    EXPECT_EQ(std::set<std::string>(e.user_ids.begin(), e.user_ids.end()), users);
    EXPECT_EQ(e.about.at("method"), "als");
    EXPECT_EQ(e.about.at("information"), "ratings");
    EXPECT_EQ(e.about.at("split"), "cold-items:4");
    EXPECT_EQ(e.about.at("fold"), "1");
    EXPECT_EQ(e.about.at("seed"), "1");
    EXPECT_EQ(e.about.at("record"), record["id"].get<std::string>());
  }
  EXPECT_EQ(embrace_run({"validate", (folder_ / "out").string()}).code, 0);
}

TEST_F(Embeddings, TheDigestOfTheRatingsIsThatOfTheirLines) {
  ASSERT_EQ(run("als").code, 0);
  auto rows = part("train.csv");
  std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
    return std::pair(std::stol(a[0]), std::stol(a[1])) < std::pair(std::stol(b[0]), std::stol(b[1]));
  });
  std::string lines;
  for (const auto& row : rows) lines += row[0] + "," + row[1] + "," + row[2] + "\n";
  const Json record = records(folder_ / "out").front();
  EXPECT_EQ(read_embedding(file_of(folder_ / "out", record)).about.at("ratings_sha256"), sha256(lines));
}

TEST_F(Embeddings, ScoresOfTheFileAreTheAnswersOfTheMethod) {
  ASSERT_EQ(embrace_run({"run", "-d", data_, "--split", "holdout:0.2", "--task", "ranking", "-m", "ials,sgd,hybrid",
                         "-o", (folder_ / "out").string(), "--keep-embeddings", "--keep-answers"})
                .code,
            0);
  int methods = 0;
  for (const Json& record : records(folder_ / "out")) {
    if (record["status"] != "ok") continue;
    ++methods;
    const Embedding e = read_embedding(file_of(folder_ / "out", record));
    const Ended best =
        embrace_run({"recommend", file_of(folder_ / "out", record).string(), e.user_ids[3], "-n", "3", "--json"});
    ASSERT_EQ(best.code, 0) << best.err;
    const Json found = Json::parse(best.out);
    EXPECT_EQ(found["recommendations"].size(), 3U);
    for (const Json& entry : found["recommendations"]) {
      const auto id = entry["item"].get<std::string>();
      const auto item = std::find(e.item_ids.begin(), e.item_ids.end(), id) - e.item_ids.begin();
      double score = static_cast<double>(e.offset);
      for (std::int64_t c = 0; c < e.items.columns(); ++c) {
        score += static_cast<double>(e.users(3, c)) * static_cast<double>(e.items(item, c));
      }
      if (!e.user_bias.empty()) score += static_cast<double>(e.user_bias[3]);
      if (!e.item_bias.empty()) score += static_cast<double>(e.item_bias[item]);
      EXPECT_NEAR(entry["score"].get<double>(), score, 1e-9 * (1 + std::abs(score)));
    }
  }
  EXPECT_GE(methods, 2);
}

TEST_F(Embeddings, WhatWasAskedForAndIsMissingIsMadeAgain) {
  ASSERT_EQ(run("als,bias", {}).code, 0);
  EXPECT_NE(run("als,bias").err.find("2 ok;"), std::string::npos) << "the records are there, their vectors are not";
  EXPECT_NE(run("als,bias").err.find("2 of these resumed"), std::string::npos);
  for (const Json& record : records(folder_ / "out")) fs::remove(file_of(folder_ / "out", record));
  EXPECT_NE(run("als,bias").err.find("1 of these resumed"), std::string::npos) << "bias has none to keep";
  EXPECT_NE(run("als,bias", {}).err.find("2 of these resumed"), std::string::npos) << "not asked for";
}

TEST_F(Embeddings, NeighborsAreFoundByIdAndByTitle) {
  make_small();
  const Ended by_id = look({"neighbors", "1", "--json"});
  ASSERT_EQ(by_id.code, 0) << by_id.err;
  const Json found = Json::parse(by_id.out);
  EXPECT_EQ(found["item"], "1");
  ASSERT_EQ(found["neighbors"].size(), 2U);
  EXPECT_EQ(found["neighbors"][0]["item"], "2");
  EXPECT_EQ(found["neighbors"][0]["rank"], 1);
  EXPECT_NEAR(found["neighbors"][0]["cosine"].get<double>(), 1 / std::sqrt(1.01), 1e-7);
  for (const char* title : {"Toy Story (1995)", "Toy Story", "toy story"}) {
    const Ended by_title = look({"neighbors", title, "-n", "1", "-d", (folder_ / "data").string()});
    ASSERT_EQ(by_title.code, 0) << by_title.err;
    EXPECT_EQ(by_title.out, "1  0.9950  2  Matrix, The (1999)\n");
  }
  EXPECT_EQ(look({"neighbors", "The Matrix", "-d", (folder_ / "data").string()}).code, 0) << "a moved article";
  EXPECT_EQ(look({"neighbors", "Sabrina", "-d", (folder_ / "data").string()}).code, 0) << "one of two has a vector";
}

TEST_F(Embeddings, AnItemThatIsNotThereGetsTheNearestNames) {
  make_small();
  const Ended none = look({"neighbors", "Toy Storey", "-d", (folder_ / "data").string()});
  EXPECT_EQ(none.code, 2);
  EXPECT_NE(none.err.find("there is no item 'Toy Storey'; nearest: 'Toy Story (1995)'"), std::string::npos) << none.err;
  EXPECT_NE(look({"neighbors", "Toy Story"}).err.find("titles need the data"), std::string::npos);
  const Ended cold = look({"neighbors", "Sabrina (1954)", "-d", (folder_ / "data").string()});
  EXPECT_EQ(cold.code, 2);
  EXPECT_NE(cold.err.find("Sabrina (1954) (4) has no vector"), std::string::npos) << cold.err;
  EXPECT_NE(look({"neighbors", "4", "-d", (folder_ / "data").string()}).err.find("has no vector"), std::string::npos);
}

TEST_F(Embeddings, RecommendationsLeaveOutWhatWasRated) {
  make_small();
  const auto items = [&](const Ended& ended) {
    EXPECT_EQ(ended.code, 0) << ended.err;
    std::vector<std::string> list;
    const Json found = Json::parse(ended.out);
    for (const Json& entry : found["recommendations"]) list.push_back(entry["item"]);
    return list;
  };
  EXPECT_EQ(items(look({"recommend", "1", "--json"})), (std::vector<std::string>{"1", "2", "3"}));
  EXPECT_EQ(items(look({"recommend", "1", "--json", "-d", (folder_ / "data").string()})),
            (std::vector<std::string>{"2", "3"}));
  EXPECT_EQ(items(look({"recommend", "1", "--json", "--keep-rated", "-d", (folder_ / "data").string()})),
            (std::vector<std::string>{"1", "2", "3"}));
  const Ended without = look({"recommend", "3", "-d", (folder_ / "data").string()});
  EXPECT_EQ(without.code, 2);
  EXPECT_NE(without.err.find("user 3 has no vector; no rating of this user's"), std::string::npos) << without.err;
  EXPECT_NE(look({"recommend", "99"}).err.find("user '99' has no vector"), std::string::npos);
}

TEST_F(Embeddings, ExportsNameTheirFilesAndFormats) {
  make_small();
  const std::string out = (folder_ / "exported").string();
  const Ended exported = look({"export", "--format", "projector", "-d", (folder_ / "data").string(), "-o", out});
  EXPECT_EQ(exported.code, 0) << exported.err;
  EXPECT_EQ(exported.out, out + "/vectors.tsv\n" + out + "/metadata.tsv\n");
  EXPECT_NE(read_file(folder_ / "exported/metadata.tsv").find("2\tMatrix, The (1999)\n"), std::string::npos);
  const Ended wrong = look({"export", "--format", "wordvec", "-o", out});
  EXPECT_EQ(wrong.code, 2);
  EXPECT_NE(wrong.err.find("did you mean 'word2vec'?"), std::string::npos) << wrong.err;
  std::ofstream(folder_ / "small") << "no vectors\n";
  EXPECT_EQ(look({"export", "--format", "npy", "-o", out}).code, 3);
}

}  // namespace
}  // namespace embrace
