#include "host/printable.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace embrace {
namespace {

// ESC, DEL, the one-character forms of CSI (U+009B) and NEL (U+0085), right-to-left override, line separator.
const std::string hostile = "a\x1b[31m\x7f\u009b2J\u0085\u202eb\u2028 é 漢";

bool is_harmless(const std::string& text) { return printable(text) == text; }

TEST(Printable, WhatMovesACursorIsReplaced) {
  EXPECT_FALSE(is_harmless(hostile));
  EXPECT_TRUE(is_harmless(printable(hostile)));
  EXPECT_EQ(printable("é 漢\n"), "é 漢 ");
  EXPECT_EQ(printable("\xff\xc2"), "\ufffd\ufffd");
}

TEST(Printable, JsonSaysTheSameWithoutIt) {
  const nlohmann::json value = {{"title", hostile}, {hostile, 1}};
  const std::string text = printable_json(value.dump());
  EXPECT_TRUE(is_harmless(text)) << text;
  EXPECT_EQ(nlohmann::json::parse(text), value);
  EXPECT_EQ(printable_json(value.dump(2)).find("{\n  \""), 0U) << "line breaks between tokens stay";
}

}  // namespace
}  // namespace embrace
