#include "host/csv.hpp"

#include <gtest/gtest.h>

namespace embrace {
namespace {

TEST(Csv, NoCellIsAFormulaAndNoneIsRaw) {
  for (const auto& [raw, cell] : std::initializer_list<std::pair<std::string_view, std::string_view>>{
           {"plain", "plain"},
           {"", ""},
           {"a,b", "\"a,b\""},
           {"say \"so\"", "\"say \"\"so\"\"\""},
           {"two\nlines", "two lines"},
           {"=cmd()", "'=cmd()"},
           {"@SUM(A1)", "'@SUM(A1)"},
           {"-2+3", "'-2+3"},
           {"+A1", "'+A1"},
           {"=HYPERLINK(\"x\")", "\"'=HYPERLINK(\"\"x\"\")\""},
           {"\t=cmd()", " =cmd()"},
           {"-2.5e-3", "-2.5e-3"},
           {"+user+movie", "+user+movie"},
           {"\x1b[31mred", "\xEF\xBF\xBD[31mred"},
           {"\xC2\x9B", "\xEF\xBF\xBD"}}) {
    EXPECT_EQ(csv_cell(raw), cell);
  }
}

}  // namespace
}  // namespace embrace
