// Anyone can compute every metric again: from the kept answers and the split files alone, with plain code.
#include <gtest/gtest.h>
#include <zlib.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "host/files.hpp"
#include "tests/program.hpp"
#include "tests/temporary_folder.hpp"

namespace embrace {
namespace {

namespace fs = std::filesystem;
using test::embrace_run;
using test::TemporaryFolder;

std::string gunzip(const fs::path& file) {
  gzFile stream = gzopen(file.c_str(), "rb");
  std::string text;
  char buffer[1 << 14];
  int size = 0;
  while (stream != nullptr && (size = gzread(stream, buffer, sizeof buffer)) > 0) {
    text.append(buffer, static_cast<std::size_t>(size));
  }
  gzclose(stream);
  return text;
}

std::vector<std::vector<double>> rows_of(const std::string& text, const std::string& header) {
  std::istringstream stream(text);
  std::string line;
  std::getline(stream, line);
  EXPECT_EQ(line, header);
  std::vector<std::vector<double>> rows;
  while (std::getline(stream, line)) {
    std::vector<double> row;
    std::istringstream fields(line);
    for (std::string field; std::getline(fields, field, ',');) row.push_back(std::stod(field));
    rows.push_back(row);
  }
  return rows;
}

std::vector<nlohmann::json> records(const fs::path& folder) {
  std::vector<nlohmann::json> list;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".json") list.push_back(nlohmann::json::parse(read_file(entry.path())));
  }
  return list;
}

TEST(Answers, RatingMetricsFollowFromThem) {
  const TemporaryFolder folder;
  const auto run = embrace_run({"run", "-d", "synth:80x120x3000", "--split", "kfold:3", "-m", "user-mean,bias", "-o",
                                (folder / "out").string(), "--keep-answers"});
  ASSERT_EQ(run.code, 0) << run.err;
  ASSERT_EQ(
      embrace_run({"data", "split", "synth:80x120x3000", "--split", "kfold:3", "-o", (folder / "split").string()}).code,
      0);
  for (const auto& record : records(folder / "out")) {
    const auto answers = rows_of(gunzip(folder / "out" / (record["id"].get<std::string>() + ".answers.csv.gz")),
                                 "user,item,rating,prediction");
    std::set<std::vector<double>> test;
    const std::string fold = "fold-" + record["split"]["fold"].dump();
    for (const auto& row : rows_of(read_file(folder / "split" / fold / "test.csv"), "user,item,rating,timestamp")) {
      test.insert({row[0], row[1], row[2]});
    }
    double squares = 0, absolute = 0;
    for (const auto& row : answers) {
      EXPECT_TRUE(test.contains({row[0], row[1], row[2]}));
      EXPECT_GE(row[3], 1.0);
      EXPECT_LE(row[3], 5.0);
      squares += (row[2] - row[3]) * (row[2] - row[3]);
      absolute += std::abs(row[2] - row[3]);
    }
    ASSERT_EQ(answers.size(), test.size());
    const auto n = static_cast<double>(answers.size());
    // An answer is the shortest decimal that reads back as the same float, so it is up to half a float step from it:
    // 2^-22 / 2 below 4, 2^-22 below 8. A mean error moves by no more than a prediction does.
    const double step = 0x1p-22;
    EXPECT_NEAR(record["accuracy"]["rmse"]["value"].get<double>(), std::sqrt(squares / n), step);
    EXPECT_NEAR(record["accuracy"]["mae"]["value"].get<double>(), absolute / n, step);
    EXPECT_EQ(record["accuracy"]["rmse"]["n"].get<std::size_t>(), answers.size());
  }
}

TEST(Answers, RankingMetricsFollowFromThem) {
  const TemporaryFolder folder;
  const std::vector<std::string> data = {"synth:80x150x3000", "--split", "holdout:0.3"};
  const auto run = embrace_run({"run", "-d", data[0], data[1], data[2], "-m", "popularity,item-mean", "--task",
                                "ranking", "--at", "5,10", "-o", (folder / "out").string(), "--keep-answers"});
  ASSERT_EQ(run.code, 0) << run.err;
  ASSERT_EQ(embrace_run({"data", "split", data[0], data[1], data[2], "-o", (folder / "split").string()}).code, 0);
  std::map<double, std::set<double>> targets, seen;
  for (const auto& row : rows_of(read_file(folder / "split/fold-0/test.csv"), "user,item,rating,timestamp")) {
    targets[row[0]].insert(row[1]);
  }
  for (const auto& row : rows_of(read_file(folder / "split/fold-0/train.csv"), "user,item,rating,timestamp")) {
    seen[row[0]].insert(row[1]);
  }
  const auto all = records(folder / "out");
  ASSERT_EQ(all.size(), 2U);
  for (const auto& record : all) {
    const auto answers =
        rows_of(gunzip(folder / "out" / (record["id"].get<std::string>() + ".answers.csv.gz")), "user,rank,item,score");
    std::map<double, double> hits, gain;
    double last_user = -1, last_rank = 0, last_score = 0, last_item = 0;
    for (const auto& row : answers) {
      const double user = row[0], rank = row[1], item = row[2], score = row[3];
      EXPECT_FALSE(seen[user].contains(item)) << "a training item was ranked";
      if (user == last_user) {
        EXPECT_EQ(rank, last_rank + 1);
        EXPECT_TRUE(score < last_score || (score == last_score && item > last_item)) << "order or tie rule";
      } else {
        EXPECT_EQ(rank, 1);
      }
      last_user = user;
      last_rank = rank;
      last_score = score;
      last_item = item;
      if (rank <= 10 && targets[user].contains(item)) {
        hits[user] += 1;
        gain[user] += 1 / std::log2(rank + 1);
      }
    }
    double recall = 0, ndcg = 0;
    for (const auto& [user, items] : targets) {
      if (items.empty()) continue;
      double ideal = 0;
      for (std::size_t r = 1; r <= std::min<std::size_t>(10, items.size()); ++r)
        ideal += 1 / std::log2(static_cast<double>(r) + 1);
      recall += hits[user] / static_cast<double>(items.size());
      ndcg += gain[user] / ideal;
    }
    std::erase_if(targets, [](const auto& entry) { return entry.second.empty(); });
    const auto users = static_cast<double>(targets.size());
    EXPECT_NEAR(record["accuracy"]["recall@10"]["value"].get<double>(), recall / users, 1e-12);
    EXPECT_NEAR(record["accuracy"]["ndcg@10"]["value"].get<double>(), ndcg / users, 1e-12);
    EXPECT_EQ(record["accuracy"]["ndcg@10"]["n"].get<double>(), users);
  }
}

}  // namespace
}  // namespace embrace
