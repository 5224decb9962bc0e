// Charts are pictures that load nothing, and leave out what cannot be drawn.
#include "bench/report/chart.hpp"

#include <gtest/gtest.h>

namespace embrace {
namespace {

int count(const std::string& text, const std::string& what) {
  int found = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
  return found;
}

TEST(Chart, EachLineHasItsLabelAndItsFigures) {
  const Chart chart =
      interval_chart("gain", "what it adds", "gain",
                     {{"als", 0.02, Interval{0.01, 0.03}}, {"<b>", -0.01, Interval{-0.02, 0.001}, true}});
  EXPECT_EQ(chart.name, "gain");
  EXPECT_TRUE(chart.svg.starts_with("<svg"));
  EXPECT_TRUE(chart.svg.ends_with("</svg>\n"));
  EXPECT_EQ(count(chart.svg, "<circle"), 2);
  EXPECT_NE(chart.svg.find("als: 0.0200 (0.0100 to 0.0300)"), std::string::npos);
  EXPECT_EQ(chart.svg.find("<b>"), std::string::npos);
  EXPECT_NE(chart.svg.find("&lt;b&gt;"), std::string::npos);
}

TEST(Chart, WhatHasNoLogarithmIsLeftOut) {
  const Chart chart = scatter_chart("cost", "t", "seconds", "rmse", {{"a", 0.01, 0.9}, {"b", 10, 0.8}, {"c", 0, 0.7}});
  EXPECT_EQ(count(chart.svg, "<circle"), 2);
  EXPECT_EQ(chart.svg.find("nan"), std::string::npos);
  EXPECT_EQ(chart.svg.find("inf"), std::string::npos);
}

TEST(Chart, NothingAndOnePointCanBeDrawn) {
  EXPECT_TRUE(scatter_chart("c", "t", "x", "y", {}).svg.ends_with("</svg>\n"));
  for (const Chart& chart : {scatter_chart("c", "t", "x", "y", {{"a", 1, 2}}),
                             interval_chart("i", "t", "x", {{"a", 0}}), interval_chart("i", "t", "x", {})}) {
    EXPECT_EQ(chart.svg.find("nan"), std::string::npos) << chart.svg;
    EXPECT_EQ(chart.svg.find("inf"), std::string::npos) << chart.svg;
  }
}

}  // namespace
}  // namespace embrace
