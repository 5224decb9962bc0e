// Folders of records, with what else lies there.
#include "bench/report/report.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "host/error.hpp"
#include "host/files.hpp"
#include "tests/bench/report/made_records.hpp"

namespace embrace {
namespace {

namespace fs = std::filesystem;
using test::scored;
using test::with_ids;

class Files : public testing::Test {
 protected:
  Files() : folder_(fs::temp_directory_path() / ("embrace_report_" + std::to_string(getpid()))) {
    fs::create_directories(folder_);
  }
  ~Files() override { fs::remove_all(folder_); }
  void put(const std::string& name, const std::string& text) { std::ofstream(folder_ / name) << text; }
  fs::path folder_;
};

TEST_F(Files, RecordsAreFoundAndOthersIgnored) {
  const std::vector<Record> records = with_ids({scored("als", 0.9), scored("sgd", 0.9)});
  for (const Record& r : records) put(r.id + ".json", to_json(r));
  put("report.json", "{\"schema\": \"embrace.report/1\", \"rows\": []}");
  put("notes.json", "not json at all");
  put(".0000000000000003.json.Ab12", "{\"schema\": \"embrace.record/1\"");
  put("0000000000000001.answers.csv.gz", "x");
  fs::create_directories(folder_ / "inner.json");
  fs::create_directories(folder_ / ".hidden");
  put(".hidden/0000000000000003.json", "torn");
  fs::create_directory_symlink(folder_, folder_ / "inner.json" / "loop");
  EXPECT_EQ(read_records({folder_}).size(), 2U);
  put("inner.json/" + records[1].id + ".json", to_json(records[1]));
  fs::remove(folder_ / (records[1].id + ".json"));
  EXPECT_EQ(read_records({folder_}).size(), 2U) << "records of folders inside";
  EXPECT_EQ(read_records({folder_ / "0000000000000001.json"}).size(), 1U);
}

// A study has thousands: in one file a line each they take a third of the room, and are as good.
TEST_F(Files, PackedRecordsAreReadAsTheyWere) {
  const std::vector<Record> records = with_ids({scored("als", 0.9), scored("sgd", 0.8)});
  std::string lines;
  for (const Record& r : records) {
    std::string text = to_json(r);
    text.erase(std::remove(text.begin(), text.end(), '\n'), text.end());
    lines += text + "\n";
  }
  put("records.jsonl.gz", gzip(lines));
  const std::vector<Record> read = read_records({folder_});
  ASSERT_EQ(read.size(), 2U);
  for (std::size_t r = 0; r < 2; ++r) EXPECT_EQ(to_json(read[r]), to_json(records[r]));
  EXPECT_EQ(read_records({folder_ / "records.jsonl.gz"}).size(), 2U);
  put("records.jsonl.gz", gzip(lines + lines.substr(0, 100)));
  try {
    read_records({folder_});
    ADD_FAILURE() << "a torn line must not pass";
  } catch (const SchemaError& error) {
    EXPECT_NE(std::string(error.what()).find("records.jsonl.gz:3"), std::string::npos) << error.what();
  }
}

TEST_F(Files, TornAndForeignVersionsAreNamed) {
  const Record record = with_ids({scored("als", 0.9)})[0];
  const std::string good = to_json(record);
  for (const std::string& text : {good.substr(0, 500), std::string(), std::string("{}")}) {
    put(record.id + ".json", text);
    try {
      read_records({folder_});
      FAIL() << "a torn record passed";
    } catch (const SchemaError& error) {
      EXPECT_NE(std::string(error.what()).find(record.id), std::string::npos);
    }
  }
  fs::remove(folder_ / (record.id + ".json"));
  put("renamed.json", good.substr(0, 500));
  EXPECT_THROW(read_records({folder_}), SchemaError) << "it says that it is a record";
  put("renamed.json", "{\"schema\": \"embrace.record/2\"}");
  EXPECT_THROW(read_records({folder_}), SchemaError);
}

TEST_F(Files, NoRecordsIsAnErrorOfTheData) {
  EXPECT_THROW(read_records({folder_}), DataError);
  EXPECT_THROW(read_records({folder_ / "missing"}), DataError);
  EXPECT_THROW(read_records({}), DataError);
}

}  // namespace
}  // namespace embrace
