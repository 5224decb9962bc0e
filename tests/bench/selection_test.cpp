// What --set means when it has several values.
#include "bench/selection.hpp"

#include <gtest/gtest.h>

#include "host/error.hpp"
#include "host/methods/registry.hpp"

namespace embrace {
namespace {

using Texts = std::vector<std::vector<std::string>>;

TEST(Sweep, IsEachCombinationOfTheValues) {
  EXPECT_EQ(combinations({}), (Texts{{}}));
  EXPECT_EQ(combinations({"factors=16"}), (Texts{{"factors=16"}}));
  EXPECT_EQ(combinations({"factors=16,32,64"}), (Texts{{"factors=16"}, {"factors=32"}, {"factors=64"}}));
  EXPECT_EQ(combinations({"als.factors=16,32,epochs=5", "hybrid.loss=bpr,warp"}),
            (Texts{{"als.factors=16", "epochs=5", "hybrid.loss=bpr"},
                   {"als.factors=16", "epochs=5", "hybrid.loss=warp"},
                   {"als.factors=32", "epochs=5", "hybrid.loss=bpr"},
                   {"als.factors=32", "epochs=5", "hybrid.loss=warp"}}));
}

// Mistakes stay what they are without a sweep: parse_settings names them.
TEST(Sweep, LeavesMistakesToTheSettings) {
  const std::vector<const Method*> all = {find_method("als"), find_method("sgd")};
  for (const char* text : {"16,32", "factors", "factors=16,,32", "factors=16,factors=32"}) {
    for (const auto& texts : combinations({text})) EXPECT_THROW(parse_settings(texts, all), UsageError) << text;
  }
}

TEST(Sweep, OfAnotherMethodMakesNoRows) {
  const std::vector<const Method*> all = {find_method("als"), find_method("sgd")};
  const auto small = parse_settings({"als.factors=16"}, all), large = parse_settings({"als.factors=32"}, all);
  EXPECT_EQ(settings_for(*all[1], small), settings_for(*all[1], large));
  EXPECT_NE(settings_for(*all[0], small), settings_for(*all[0], large));
}

}  // namespace
}  // namespace embrace
