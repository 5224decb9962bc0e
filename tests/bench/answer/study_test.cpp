// embrace study from the outside: the answer is there, is made from records, and goes on where it was stopped.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "host/files.hpp"
#include "tests/program.hpp"
#include "tests/temporary_folder.hpp"

namespace embrace {
namespace {

namespace fs = std::filesystem;
using test::Ended;

TEST(Study, AnswersAndGoesOnWhereItWasStopped) {
  const test::TemporaryFolder folder;
  const fs::path out = folder / "answer";
  const std::vector<std::string> command = {"study", "-d", "synth:30x25x500", "--quick", "-q", "--threads", "2",
                                            "-o",    out};
  const Ended first = test::embrace_run(command);
  ASSERT_EQ(first.code, 0) << first.err;
  const auto json = nlohmann::json::parse(read_file(out / "study.json"));
  EXPECT_EQ(json["schema"], "embrace.study/1");
  EXPECT_FALSE(json["answers"].empty());
  for (const auto& answer : json["answers"]) {
    for (const char* field : {"question", "task", "setting", "sentence", "metric", "against"}) {
      EXPECT_TRUE(answer[field].is_string()) << field;
    }
    for (const char* field : {"gain", "low", "high"}) EXPECT_TRUE(answer[field].is_number()) << field;
    const std::string sentence = answer["sentence"];
    EXPECT_NE(first.out.find(sentence), std::string::npos) << sentence;
  }
  EXPECT_FALSE(json["gates"].empty());
  for (const std::string file : json["tables"]) EXPECT_TRUE(fs::exists(out / file)) << file;
  EXPECT_NE(read_file(out / "study.html").find("<table>"), std::string::npos);
  const std::string page = read_file(out / "study.md");

  const Ended second = test::embrace_run(command);
  EXPECT_EQ(second.code, 0) << second.err;
  EXPECT_EQ(second.out, first.out);
  EXPECT_EQ(read_file(out / "study.md"), page) << "nothing was trained again";
  EXPECT_EQ(test::embrace_run({"validate", (out / "records").string()}).code, 0);
}

TEST(Study, WantsDataThatAreThere) {
  const test::TemporaryFolder folder;
  EXPECT_EQ(test::embrace_run({"study", "-d", (folder / "none").string(), "-o", (folder / "out").string()}).code, 3);
}

}  // namespace
}  // namespace embrace
