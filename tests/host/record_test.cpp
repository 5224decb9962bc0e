// Records: round trips, what may not be written, and hostile texts.
#include "host/record.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "host/error.hpp"

namespace embrace {
namespace {

Record full_record() {
  Record r;
  r.id = "0123456789abcdef";
  r.data = {"ml-100k", std::string(64, 'a'), 943, 1682, 100000, 0.9};
  r.split = {"kfold:5", 3, 18446744073709551615U, std::string(64, 'b'), 80000, 20000};
  r.method = "sgd";
  r.family = "factorization";
  r.information = "+user+movie";
  r.task = Task::ranking;
  r.seed = 12345678901234567890U;
  r.hyper = {{"factors", 64.0}, {"learning_rate", 0.1}};
  r.positive = 4;
  r.at = {10, 20};
  r.lock_free = true;
  r.device = {DeviceKind::cpu, "Some \"CPU\" @ 3 GHz", 2};
  r.accuracy["ndcg@10"] = {0.1234567890123456, 0.12, 0.13, 943, {0.125, 1.0 / 3}};
  r.accuracy["hr@10"] = {0.5, 0.4, 0.6, 943, {0.5, 0.75}};
  r.users_without_targets = 4;
  r.cost = Record::Cost{0.25, 1.5, 0.125, {0.75, 0.75}, 2, 1e6, 1234567};
  r.objective = {2.5, 1.25};
  r.embedding = Record::KeptEmbedding{std::string(64, 'e'), 1682, 943, 64};
  r.provenance = {{"version", "0.1.0"}, {"dirty", "true"}, {"extra", "kept"}, {"command", "embrace run -d x"}};
  r.notes = {"one note"};
  return r;
}

nlohmann::ordered_json full_json() { return nlohmann::ordered_json::parse(to_json(full_record())); }

TEST(Record, AJudgesSectionGoesThereAndBack) {
  Record record = full_record();
  record.judge = Record::Judge{.source = "shuffled:als",
                               .mode = "items",
                               .width = 32,
                               .draw = 2,
                               .embedding = 60,
                               .judge = 30,
                               .validation = 10,
                               .source_seconds = 0.5,
                               .bytes_per_item = 128,
                               .parameters = 164,
                               .validation_value = 0.75,
                               .setting = {{"bias_penalty", 6.0}, {"weight_penalty", 0.03}},
                               .edges = {"bias_penalty"},
                               .gates = {{"frozen", true}, {"random-zero", false}}};
  const std::string text = to_json(record);
  EXPECT_TRUE(schema_violations(text).empty());
  EXPECT_EQ(to_json(record_from_json(text, "x")), text);
  auto json = nlohmann::ordered_json::parse(text);
  json["judge"]["gates"]["frozen"] = "yes";
  json["judge"]["parts"].erase("judge");
  const std::vector<std::string> violations = schema_violations(json.dump());
  ASSERT_EQ(violations.size(), 2U);
  EXPECT_EQ(violations[0], "judge.parts.judge: missing");
  EXPECT_EQ(violations[1], "judge.gates.frozen: must be true or false");
}

TEST(Record, RoundTripKeepsEverything) {
  const Record a = full_record(), b = record_from_json(to_json(a), "x");
  EXPECT_EQ(to_json(a), to_json(b));
  EXPECT_EQ(b.seed, a.seed);
  EXPECT_EQ(b.split.seed, a.split.seed);
  EXPECT_EQ(b.hyper, a.hyper);
  EXPECT_EQ(b.at, a.at);
  EXPECT_EQ(b.positive, a.positive);
  EXPECT_EQ(b.data.best_rmse, a.data.best_rmse);
  EXPECT_EQ(b.provenance, a.provenance);
  EXPECT_EQ(b.notes, a.notes);
  EXPECT_EQ(b.objective, a.objective);
  EXPECT_TRUE(b.lock_free);
  EXPECT_EQ(b.users_without_targets, 4);
  ASSERT_TRUE(b.cost);
  EXPECT_EQ(b.cost->epoch_seconds, a.cost->epoch_seconds);
  EXPECT_EQ(b.cost->peak_bytes, a.cost->peak_bytes);
  ASSERT_TRUE(b.embedding);
  EXPECT_EQ(b.embedding->sha256, a.embedding->sha256);
  EXPECT_EQ(b.accuracy.at("ndcg@10").value, a.accuracy.at("ndcg@10").value) << "all digits";
  EXPECT_EQ(b.accuracy.at("ndcg@10").draws.size(), 2U);
  EXPECT_TRUE(schema_violations(to_json(a)).empty());
}

TEST(Record, DrawsAreKeptToAThousandthOfTheirSpread) {
  Record record = full_record();
  std::vector<double> draws(1000);
  for (std::size_t b = 0; b < draws.size(); ++b) draws[b] = 0.9 + 0.01 * std::sin(static_cast<double>(b * b));
  record.accuracy = {{"rmse", {0.9, 0.89, 0.91, 943, draws}}};
  const std::string text = to_json(record);
  const std::vector<double> read = record_from_json(text, "x").accuracy.at("rmse").draws;
  ASSERT_EQ(read.size(), draws.size());
  const double half_step = 0.02 / 4095 / 2;
  const double digits = 5e-8 * 1.01;  // low and step are written to 7 significant digits
  for (std::size_t b = 0; b < draws.size(); ++b) ASSERT_NEAR(read[b], draws[b], half_step + digits) << b;
  EXPECT_LT(text.size(), 4000U);
}

TEST(Record, DrawsWithoutSpreadStayEqual) {
  Record record = full_record();
  record.accuracy = {{"rmse", {0.5, 0.5, 0.5, 1, {0.5, 0.5, 0.5}}}};
  EXPECT_EQ(record_from_json(to_json(record), "x").accuracy.at("rmse").draws, (std::vector<double>{0.5, 0.5, 0.5}));
}

TEST(Record, DrawsMeanWhatTheSchemaSays) {
  auto json = full_json();
  json["bootstrap"]["values"]["hr@10"] = {{"low", 0.5}, {"step", 0.001}, {"digits", "AABC"}};  // B is 1, C is 2
  EXPECT_EQ(record_from_json(json.dump(), "x").accuracy.at("hr@10").draws,
            (std::vector<double>{0.5, 0.5 + 0.001 * 66}));
}

TEST(Record, DrawsAsNumbersAreReadAsWell) {
  auto json = full_json();
  json["bootstrap"]["values"]["hr@10"] = {0.5, 0.75};
  EXPECT_EQ(record_from_json(json.dump(), "x").accuracy.at("hr@10").draws, (std::vector<double>{0.5, 0.75}));
}

TEST(Record, HasTheFieldsThatScriptsRelyOn) {
  const auto json = full_json();
  const std::vector<std::string> order = {"schema",
                                          "id",
                                          "status",
                                          "data",
                                          "split",
                                          "method",
                                          "family",
                                          "information",
                                          "task",
                                          "seed",
                                          "hyper",
                                          "positive",
                                          "at",
                                          "lock_free",
                                          "device",
                                          "accuracy",
                                          "users_without_targets",
                                          "cost",
                                          "objective",
                                          "embedding",
                                          "notes",
                                          "provenance",
                                          "bootstrap"};
  std::vector<std::string> keys;
  for (const auto& entry : json.items()) keys.push_back(entry.key());
  EXPECT_EQ(keys, order);
  EXPECT_EQ(json["schema"], "embrace.record/1");
  EXPECT_TRUE(json["hyper"]["factors"].is_number_integer());
  EXPECT_TRUE(json["at"].is_array());
  EXPECT_EQ(json["provenance"]["dirty"], true);
  EXPECT_EQ(json["bootstrap"]["draws"], 2);
  EXPECT_EQ(json["bootstrap"]["kind"], "bayesian over users");
  EXPECT_EQ(json["accuracy"]["hr@10"]["n"], 943);
  Record rating = full_record();
  rating.task = Task::rating;
  rating.positive.reset();
  rating.cost.reset();
  rating.data.best_rmse.reset();
  rating.accuracy.clear();
  rating.status = Status::failed;
  rating.reason = "disk on fire";
  const auto plain = nlohmann::json::parse(to_json(rating));
  for (const char* absent : {"at", "positive", "cost", "bootstrap", "users_without_targets"}) {
    EXPECT_FALSE(plain.contains(absent)) << absent;
  }
  EXPECT_EQ(plain["reason"], "disk on fire");
  EXPECT_TRUE(schema_violations(to_json(rating)).empty());
}

TEST(Record, AChoiceIsWrittenByName) {
  Record record = full_record();
  record.hyper = {{"factors", 64.0}, {"loss", "bpr"}};
  const std::string text = to_json(record);
  EXPECT_EQ(nlohmann::json::parse(text)["hyper"]["loss"], "bpr");
  EXPECT_EQ(record_from_json(text, "x").hyper, record.hyper);
}

TEST(Record, SaysWhichSideOfWhichContestItIs) {
  Record record = full_record();
  EXPECT_FALSE(record_from_json(to_json(record), "x").contest);
  record.contest = {"libmf-sgd", ContestSide::theirs};
  const std::optional<Record::Contest> read = record_from_json(to_json(record), "x").contest;
  ASSERT_TRUE(read);
  EXPECT_EQ(read->name, "libmf-sgd");
  EXPECT_EQ(read->side, ContestSide::theirs);
}

TEST(Record, EarlierContestsAreReadAsTheyWereMeant) {
  for (const auto& [family, side] :
       {std::pair{"peer", ContestSide::theirs}, std::pair{"operation", ContestSide::ours}}) {
    auto json = full_json();
    json["family"] = family;
    json["provenance"]["contest"] = "duckdb-csr";
    const std::optional<Record::Contest> read = record_from_json(json.dump(), "x").contest;
    ASSERT_TRUE(read);
    EXPECT_EQ(read->name, "duckdb-csr");
    EXPECT_EQ(read->side, side);
  }
}

TEST(Record, NothingThatIsNotFiniteIsEverWritten) {
  for (const double bad : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    std::vector<Record> records(7, full_record());
    records[0].accuracy["hr@10"].low = bad;
    records[1].accuracy["hr@10"].draws[1] = bad;
    records[2].hyper[0].second = bad;
    records[3].cost->epoch_seconds[0] = bad;
    records[4].objective[0] = bad;
    records[5].positive = bad;
    records[6].data.best_rmse = bad;
    for (const Record& record : records) EXPECT_THROW(to_json(record), std::logic_error);
  }
}

TEST(Record, BytesThatAreNotUtf8AreReplaced) {
  Record record = full_record();
  record.data.name = "Am\xe9lie \xff";
  record.provenance["command"] = std::string("a\0b\n\xf0\x9f", 6);
  record.provenance["bad\xe9"] = "x";
  const std::string text = to_json(record);
  EXPECT_TRUE(schema_violations(text).empty());
  EXPECT_EQ(record_from_json(text, "x").data.name, "Am\xef\xbf\xbdlie \xef\xbf\xbd");
}

using Change = std::function<void(nlohmann::ordered_json&)>;

std::vector<std::string> violations_after(const Change& change) {
  auto json = full_json();
  change(json);
  return schema_violations(json.dump());
}

void expect_violation(const std::string& part, const Change& change) {
  const auto found = violations_after(change);
  ASSERT_EQ(found.size(), 1U) << part << (found.empty() ? "" : ": " + found[0] + (found.size() > 1 ? found[1] : ""));
  EXPECT_EQ(found[0].rfind(part, 0), 0U) << found[0];
}

TEST(Schema, EveryMissingFieldIsNamed) {
  for (const char* name : {"schema", "id", "status", "data", "split", "method", "family", "information", "task", "seed",
                           "hyper", "at", "device", "cost", "provenance"}) {
    expect_violation(std::string(name) + ": missing", [&](auto& j) { j.erase(name); });
  }
  const std::vector<std::pair<const char*, std::vector<const char*>>> inner = {
      {"data", {"name", "sha256", "users", "items", "ratings"}},
      {"split", {"name", "fold", "seed", "sha256", "train", "test"}},
      {"device", {"kind", "name", "threads"}},
      {"embedding", {"sha256", "items", "users", "width"}},
      {"cost",
       {"prepare_seconds", "train_seconds", "epoch_seconds", "epochs", "updates_per_second", "score_seconds",
        "peak_bytes"}}};
  for (const auto& [object, names] : inner) {
    for (const char* name : names) {
      expect_violation(std::string(object) + "." + name + ": missing", [&, o = object](auto& j) { j[o].erase(name); });
      expect_violation(std::string(object) + "." + name + ": must be",
                       [&, o = object](auto& j) { j[o][name] = nlohmann::ordered_json::object(); });
    }
  }
  for (const char* name : {"value", "low", "high", "n"}) {
    expect_violation(std::string("accuracy.hr@10.") + name + ": missing",
                     [&](auto& j) { j["accuracy"]["hr@10"].erase(name); });
  }
}

TEST(Schema, WrongValuesAreNamed) {
  expect_violation("schema: ", [](auto& j) { j["schema"] = "embrace.record/2"; });
  expect_violation("status: 'fine'", [](auto& j) { j["status"] = "fine"; });
  expect_violation("reason: missing", [](auto& j) { j["status"] = "failed"; });
  expect_violation("task: ", [](auto& j) { j["task"] = "sorting"; });
  expect_violation("device.kind: ", [](auto& j) { j["device"]["kind"] = "tpu"; });
  expect_violation("data.users: ", [](auto& j) { j["data"]["users"] = -1; });
  expect_violation("data.users: ", [](auto& j) { j["data"]["users"] = 1.5; });
  expect_violation("data.users: ", [](auto& j) { j["data"]["users"] = 18446744073709551615U; });
  expect_violation("seed: ", [](auto& j) { j["seed"] = -1; });
  expect_violation("hyper.factors: ", [](auto& j) { j["hyper"]["factors"] = "64"; });
  expect_violation("at: ", [](auto& j) { j["at"] = {20, 10}; });
  expect_violation("at: ", [](auto& j) { j["at"] = {0}; });
  expect_violation("at: ", [](auto& j) { j["at"] = "10,20"; });
  expect_violation("accuracy.hr@10: low", [](auto& j) { j["accuracy"]["hr@10"]["low"] = 0.55; });
  expect_violation("accuracy.hr@10: high", [](auto& j) { j["accuracy"]["hr@10"]["high"] = 0.45; });
  expect_violation("accuracy.hr@10: must be", [](auto& j) { j["accuracy"]["hr@10"] = 0.5; });
  expect_violation("bootstrap.values.hr@10: has 3", [](auto& j) { j["bootstrap"]["values"]["hr@10"] = {1, 2, 3}; });
  expect_violation("bootstrap.values.mae: has no", [](auto& j) { j["bootstrap"]["values"]["mae"] = {1, 2}; });
  expect_violation("bootstrap.values.hr@10: must", [](auto& j) { j["bootstrap"]["values"]["hr@10"] = {1, "2"}; });
  expect_violation("bootstrap.values.hr@10: must", [](auto& j) { j["bootstrap"]["values"]["hr@10"] = "AAAA"; });
  for (const char* digits : {"AAA", "AA=A", "AA\\A"}) {
    expect_violation("bootstrap.values.hr@10.digits: must",
                     [&](auto& j) { j["bootstrap"]["values"]["hr@10"]["digits"] = digits; });
  }
  expect_violation("bootstrap.values.hr@10: has 1",
                   [](auto& j) { j["bootstrap"]["values"]["hr@10"]["digits"] = "AA"; });
  expect_violation("bootstrap.values.hr@10.step: must",
                   [](auto& j) { j["bootstrap"]["values"]["hr@10"]["step"] = -1; });
  expect_violation("bootstrap.values.hr@10: has draws that are not finite",
                   [](auto& j) { j["bootstrap"]["values"]["hr@10"]["step"] = 1e306; });
  expect_violation("bootstrap.values.hr@10.low: missing",
                   [](auto& j) { j["bootstrap"]["values"]["hr@10"].erase("low"); });
  expect_violation("cost.train_seconds: ", [](auto& j) { j["cost"]["train_seconds"] = -1; });
  expect_violation("cost.epoch_seconds: ", [](auto& j) { j["cost"]["epoch_seconds"] = {1, "2"}; });
  expect_violation("provenance.dirty: ", [](auto& j) { j["provenance"]["dirty"] = "yes"; });
  expect_violation("provenance.version: ", [](auto& j) { j["provenance"]["version"] = 1; });
  expect_violation("notes: ", [](auto& j) { j["notes"] = {1}; });
  expect_violation("method: is null", [](auto& j) { j["method"] = nullptr; });
  expect_violation("unknown.1: is null", [](auto& j) { j["unknown"] = {1, nullptr}; });
  expect_violation("unknown.deep: is null", [](auto& j) { j["unknown"]["deep"] = nullptr; });
  for (const char* id : {"", "0123456789ABCDEF", "0123456789abcde", "../../../etc/passwd", "0123456789abcdeg"}) {
    expect_violation("id: ", [&](auto& j) { j["id"] = id; });
  }
  expect_violation("id: ", [](auto& j) { j["id"] = std::string(65, 'a'); });
}

TEST(Schema, UnknownFieldsAreIgnored) {
  EXPECT_TRUE(violations_after([](auto& j) {
                j["energy"] = {{"joules", 5}};
                j["device"]["memory"] = 80;
                j["provenance"]["cores"] = 4;
              }).empty());
}

TEST(Schema, AllViolationsAreListedAtOnce) {
  EXPECT_EQ(violations_after([](auto& j) {
              j["id"] = "x";
              j["status"] = "y";
              j["task"] = "z";
              j.erase("seed");
            }).size(),
            4U);
}

TEST(Schema, HostileTextsEndQuicklyWithAReason) {
  const std::string good = to_json(full_record());
  std::string many_keys = "{";
  for (int i = 0; i < 300000; ++i) many_keys += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\":1";
  std::string nan = good, huge = good, twice = good;
  nan.replace(nan.find("0.4"), 3, "NaN");
  huge.replace(huge.find("0.4"), 3, "1e999");
  twice.insert(twice.find("\"id\""), "\"id\": \"fedcba9876543210\", ");
  const std::vector<std::string> texts = {"",
                                          "null",
                                          "[]",
                                          "7",
                                          "{",
                                          "{}",
                                          good.substr(0, good.size() / 2),
                                          good + "x",
                                          nan,
                                          huge,
                                          twice,
                                          std::string(100000, '['),
                                          std::string(3000000, '['),
                                          "{\"a\":" + std::string(200000, '['),
                                          many_keys + "}",
                                          "[" + std::string(4000000, '0'),
                                          std::string((16U << 20U) + 1, ' '),
                                          std::string("{\"id\0\": 1}", 10),
                                          "{\"id\": \"\xff\"}",
                                          "\xef\xbb\xbf{}"};
  for (const std::string& text : texts) {
    const auto violations = schema_violations(text);
    ASSERT_FALSE(violations.empty()) << text.substr(0, 60);
    for (const std::string& violation : violations) ASSERT_LT(violation.size(), 400U);
    EXPECT_THROW(record_from_json(text, "file.json"), SchemaError);
  }
  EXPECT_EQ(schema_violations(twice), std::vector<std::string>{"id: given twice"});
}

TEST(Schema, ArraysOfAnyLengthAreRead) {
  EXPECT_TRUE(violations_after([](auto& j) { j["cost"]["epoch_seconds"] = std::vector<int>(1000000, 1); }).empty());
}

TEST(Schema, EveryTruncationIsRefused) {
  const std::string good = to_json(full_record());
  for (std::size_t size = 0; size + 2 < good.size(); ++size) {
    ASSERT_THROW(record_from_json(good.substr(0, size), "torn.json"), SchemaError) << size;
  }
}

TEST(Schema, TheErrorNamesFileAndField) {
  try {
    record_from_json("{}", "some/file.json");
    FAIL();
  } catch (const SchemaError& error) {
    EXPECT_EQ(std::string(error.what()).rfind("some/file.json: schema: missing (and ", 0), 0U) << error.what();
    EXPECT_EQ(error.code(), ExitCode::schema);
  }
}

}  // namespace
}  // namespace embrace
