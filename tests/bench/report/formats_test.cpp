// Reports in every format, with hostile names and numbers.
#include "bench/report/report.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "host/error.hpp"
#include "host/metrics/estimate.hpp"
#include "tests/bench/report/made_records.hpp"

namespace embrace {
namespace {

using test::record_of;
using test::scored;
using test::set_rmse;
using test::with_ids;

TEST(ReportFormats, CsvAndJsonCarryTheFixedFieldsInFullPrecision) {
  const double value = 0.9123456789012345;
  Record gpu = scored("als", value);
  gpu.information = "+movie";
  const Report report = make_report(with_ids({scored("als", 0.95), gpu}));
  const std::string csv = render(report, Format::csv, false, 0);
  EXPECT_EQ(csv.rfind("data,split,method,information,task,device,runs,status,rmse,rmse_low,rmse_high,train_seconds,"
                      "train_seconds_spread,updates_per_second,speedup_vs_cpu,",
                      0),
            0U)
      << csv;
  EXPECT_NE(csv.find("ml-100k,kfold:5,als,+movie,rating,cpu,1,ok,0.9123456789012345,"), std::string::npos) << csv;
  const auto json = nlohmann::json::parse(render(report, Format::json, false, 0));
  EXPECT_EQ(json["schema"], "embrace.report/1");
  const auto& row = json["rows"][1];
  EXPECT_EQ(row["information"], "+movie");
  EXPECT_EQ(row["rmse"], value);
  EXPECT_TRUE(row.contains("rmse_low"));
  EXPECT_FALSE(row.contains("speedup_vs_cpu"));
  EXPECT_FALSE(row.contains("train_seconds_spread"));
  EXPECT_EQ(row["best"], "rmse");
}

TEST(ReportFormats, MetricsAreOrderedByKindAndCutOff) {
  Record r = record_of("ials", "ratings");
  for (const char* name : {"hr@10", "ndcg@100", "recall@20", "ndcg@20", "recall@10", "mae", "rmse", "hr@10:sampled"}) {
    set_rmse(r, 0.5, 0.01, name);
  }
  EXPECT_EQ(make_report(with_ids({r})).metric_names(),
            (std::vector<std::string>{"rmse", "mae", "recall@10", "recall@20", "ndcg@20", "ndcg@100", "hr@10",
                                      "hr@10:sampled"}));
}

TEST(ReportFormats, SyntheticDataShowWhatCanBeReached) {
  Record r = scored("als", 0.9);
  r.data.best_rmse = 0.8125;
  const Report report = make_report(with_ids({r}));
  EXPECT_NE(render(report, Format::terminal, false, 0).find("Best reachable RMSE on ml-100k: 0.8125"),
            std::string::npos);
}

TEST(ReportFormats, PeopleReadTheSameNumbersEverywhere) {
  const Report report = make_report(with_ids({scored("als", 0.90), scored("sgd", 0.95)}));
  const Interval interval = *report.rows[0].accuracy.at("rmse").interval;
  char spread[16];
  std::snprintf(spread, sizeof spread, "%.4f", (interval.high - interval.low) / 2);
  for (const Format format : {Format::terminal, Format::md, Format::html, Format::latex}) {
    const std::string text = render(report, format, false, 0);
    EXPECT_NE(text.find("0.9000"), std::string::npos);
    EXPECT_NE(text.find(spread), std::string::npos);
    EXPECT_NE(text.find("excludes zero"), std::string::npos) << "the legend";
  }
  EXPECT_NE(render(report, Format::md, false, 0).find("**0.9000 ± "), std::string::npos);
  EXPECT_NE(render(report, Format::latex, false, 0).find("\\textbf{0.9000} $\\pm$ "), std::string::npos);
  EXPECT_NE(render(report, Format::html, false, 0).find("class=\"number best\""), std::string::npos);
  EXPECT_NE(render(report, Format::terminal, true, 0).find("\033[1m0.9000"), std::string::npos);
  const std::string plain = render(report, Format::terminal, false, 0);
  EXPECT_NE(plain.find("*0.9000 +- "), std::string::npos);
  for (const char c : plain) ASSERT_TRUE(c == '\n' || (c >= 32 && c < 127)) << "no color means plain ASCII";
}

TEST(ReportFormats, TerminalColumnsLineUpAndNarrowOnesBreakIntoBlocks) {
  Record wide = scored("an-\xc3\xa9l\xc3\xa8ve", 0.9);
  wide.accuracy["mae"] = wide.accuracy["rmse"];
  const Report report = make_report(with_ids({wide, scored("b", 1.0)}));
  for (const int width : {0, 60}) {
    std::istringstream lines(render(report, Format::terminal, false, width));
    std::size_t rules = 0;
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with("---")) continue;
      ++rules;
      EXPECT_TRUE(width == 0 || line.size() <= 60U) << line;
    }
    EXPECT_EQ(rules > 1, width > 0);
  }
}

TEST(ReportFormats, HostileNamesAreHarmlessEverywhere) {
  Record r = scored("=cmd|' /C calc'!A0", 0.9);
  r.data.name = "<script>alert(1)</script>";
  r.split.name = "a|b&c_d%e#f$g{h}i\\j~k^l";
  r.information = "+1+cmd()";
  r.status = Status::failed;
  r.reason = "esc \033[31m red, \"quoted\"\nnext \xe2\x80\xae turned \xff";
  const Report report = make_report(with_ids({r}));
  for (const Format format : {Format::terminal, Format::md, Format::csv, Format::html, Format::latex}) {
    const std::string text = render(report, format, false, 0);
    EXPECT_EQ(text.find('\033'), std::string::npos);
    EXPECT_EQ(text.find("\xe2\x80\xae"), std::string::npos);
    EXPECT_EQ(text.find('\xff'), std::string::npos);
  }
  const std::string html = render(report, Format::html, false, 0);
  EXPECT_EQ(html.find("<script"), std::string::npos);
  EXPECT_NE(html.find("&lt;script&gt;"), std::string::npos);
  EXPECT_EQ(html.find("http:"), std::string::npos);
  const std::string md = render(report, Format::md, false, 0);
  EXPECT_EQ(md.find("<script"), std::string::npos);
  EXPECT_NE(md.find("a\\|b&amp;c\\_d%e\\#f\\$g\\{h\\}i\\\\j\\~k^l"), std::string::npos) << md;
  const std::string latex = render(report, Format::latex, false, 0);
  EXPECT_NE(latex.find("b\\&c\\_d\\%e\\#f\\$g\\{h\\}i\\textbackslash{}j\\textasciitilde{}k\\textasciicircum{}l"),
            std::string::npos)
      << latex;
  const std::string csv = render(report, Format::csv, false, 0);
  EXPECT_NE(csv.find(",'=cmd|' /C calc'!A0,'+1+cmd(),"), std::string::npos) << csv;
  EXPECT_NE(csv.find("\"\"quoted\"\""), std::string::npos);
  const auto json = nlohmann::json::parse(render(report, Format::json, false, 0));
  EXPECT_EQ(json["rows"][0]["method"], "=cmd|' /C calc'!A0") << "JSON is for programs";
}

// A record may hold any finite number; what follows from it need not be one.
TEST(ReportFormats, NumbersBeyondAllBoundsAreNoNullAndNoRowOfDigits) {
  std::vector<Record> records = {scored("als", 0.9), scored("als", 0.9, 0.001, 1), scored("sgd", 0.9),
                                 scored("sgd", 0.9, 0.001, 1)};
  for (Record& r : records) {
    const double sign = r.split.fold == 0 ? 1 : r.method == "als" ? 1 : -1;
    r.cost->train_seconds = 1.5e308 / (1 + r.split.fold);
    r.cost->updates_per_second = 1.5e308;
    Accuracy& a = r.accuracy["rmse"];
    a.value = sign * 1.5e308;
    a.low = -1.7e308;
    a.high = 1.7e308;
    for (double& draw : a.draws) draw = sign * 1.5e308;
  }
  const Report report = make_report(with_ids(records));
  EXPECT_EQ(report.rows[0].updates_per_second, 1.5e308);
  for (const Format format : {Format::terminal, Format::md, Format::html, Format::latex, Format::csv, Format::json}) {
    const std::string text = render(report, format, false, 0);
    EXPECT_EQ(text.find("null"), std::string::npos);
    EXPECT_EQ(text.find("nan"), std::string::npos);
    EXPECT_EQ(text.find("inf,"), std::string::npos);
    EXPECT_EQ(text.find("00000000000"), std::string::npos) << text;
  }
}

TEST(ReportFormats, NamesAreKnownAndNearOnesSuggested) {
  EXPECT_EQ(parse_format("latex"), Format::latex);
  EXPECT_EQ(parse_format("md"), Format::md);
  EXPECT_THROW(parse_format("jsn"), UsageError);
}

}  // namespace
}  // namespace embrace
