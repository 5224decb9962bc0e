// Defaults that follow from the data.
#include <gtest/gtest.h>

#include "host/methods/registry.hpp"

namespace embrace {
namespace {

double by_items(Task task, const DataShape& shape, const Hyper& others) {
  return (task == Task::rating ? 1 : 1000) * others["scale"] / static_cast<double>(shape.items);
}

Method ruled_method() {
  Method method{"ruled", {}, nullptr};
  method.info.hyper = {{"weight", 0.5, 500, 0, 1e6, false, "a weight"},
                       {"scale", 1853, 1853, 0, 1e6, false, "a scale"}};
  method.info.hyper[0].rule = {by_items, "scale / items"};
  return method;
}

using Settings = std::vector<std::pair<std::string, double>>;

TEST(DefaultRules, AValueFollowsFromTheDataAndFromWhatIsSet) {
  const Method method = ruled_method();
  EXPECT_EQ(make_hyper(method, Task::rating, {})["weight"], 0.5) << "on the usual data";
  EXPECT_EQ(make_hyper(method, Task::ranking, {})["weight"], 500);
  EXPECT_EQ(make_hyper(method, Task::rating, {}, {10, 7412, 100})["weight"], 0.25);
  EXPECT_EQ(make_hyper(method, Task::rating, Settings{{"scale", 7412}}, {10, 7412, 100})["weight"], 1);
}

TEST(DefaultRules, WhatIsSetStays) {
  EXPECT_EQ(make_hyper(ruled_method(), Task::rating, Settings{{"weight", 3}}, {10, 7412, 100})["weight"], 3);
}

TEST(DefaultRules, AValueHasFourDigits) {
  EXPECT_EQ(make_hyper(ruled_method(), Task::rating, {}, {10, 1700, 100})["weight"], 1.09);
  EXPECT_EQ(make_hyper(ruled_method(), Task::rating, {}, {10, 3000000, 100})["weight"], 0.0006177);
}

}  // namespace
}  // namespace embrace
