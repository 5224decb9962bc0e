// Every operation of bench/cases on its small shapes, on every backend that has it, against its plain reference.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "bench/cases/operation.hpp"
#include "bench/devices.hpp"

namespace embrace::cases {
namespace {

struct Entry {
  const Operation* operation;
  Shape shape;
  DeviceCode code = DeviceCode::ours;
};

void PrintTo(const Entry& entry, std::ostream* out) {
  *out << entry.operation->name << '/' << entry.shape.name << (entry.code == DeviceCode::thrust ? " by Thrust" : "");
}

std::vector<Entry> entries() {
  std::vector<Entry> list;
  for (const Operation& operation : operations()) {
    for (const Shape& shape : operation.small) list.push_back({&operation, shape});
  }
  return list;
}

std::vector<Entry> processor_entries() {
  std::vector<Entry> list;
  for (const Entry& entry : entries()) {
    if (entry.operation->cpu) list.push_back(entry);
  }
  return list;
}

std::vector<Entry> device_entries() {
  std::vector<Entry> list;
  if (usable_devices().size() < 2) return list;
  for (Entry entry : entries()) {
    if (entry.operation->on_device) list.push_back(entry);
    entry.code = DeviceCode::thrust;
    if (entry.operation->by_thrust) list.push_back(entry);
  }
  return list;
}

std::string entry_name(const testing::TestParamInfo<Entry>& info) {
  std::string name = info.param.operation->name + "_" + info.param.shape.name +
                     (info.param.code == DeviceCode::thrust ? "_by_thrust" : "");
  for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  return name;
}

class Operations : public testing::TestWithParam<Entry> {};
class DeviceOperations : public Operations {};

TEST_P(Operations, GivesTheReferencesAnswerForAnyNumberOfThreads) {
  const auto& [operation, shape, code] = GetParam();
  for (const std::uint64_t seed : {1U, 2U}) {
    const Inputs input = operation->inputs(shape, seed);
    const std::vector<double> reference = operation->reference(input);
    for (const int count : {1, 3}) {
      Threads threads(count);
      const TimedRun timed = operation->cpu(input, threads);
      EXPECT_GE(timed.run(), 0);
      EXPECT_GE(timed.run(), 0);  // a second run must not see the first one's leavings
      EXPECT_EQ(difference(timed.answer(), reference, operation->bound), "") << operation->bound_reason;
    }
  }
}

TEST_P(DeviceOperations, GiveTheReferencesAnswer) {
  const auto on = make_operations(usable_devices().at(1));
  const auto& [operation, shape, code] = GetParam();
  for (const std::uint64_t seed : {1U, 2U}) {
    const Inputs input = operation->inputs(shape, seed);
    const TimedRun timed = on->prepare(*operation, code, input);
    EXPECT_GE(timed.run(), 0);
    on->flush_caches();
    EXPECT_GE(timed.run(), 0);  // a second run must not see the first one's leavings
    EXPECT_EQ(difference(timed.answer(), operation->reference(input), operation->bound), "") << operation->bound_reason;
  }
}

INSTANTIATE_TEST_SUITE_P(Small, Operations, testing::ValuesIn(processor_entries()), entry_name);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(DeviceOperations);
INSTANTIATE_TEST_SUITE_P(Small, DeviceOperations, testing::ValuesIn(device_entries()), entry_name);

TEST(Difference, SeesEveryKindOfWrongAnswer) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(difference({1, 2}, {1, 2}, 0), "");
  EXPECT_EQ(difference({1, 2.05}, {1, 2}, 0.1), "");
  EXPECT_NE(difference({1, 2.2}, {1, 2}, 0.1), "");
  EXPECT_NE(difference({1}, {1, 2}, 0.1), "");
  EXPECT_NE(difference({nan}, {1}, 1e9), "");
  EXPECT_NE(difference({1}, {nan}, 1e9), "");
}

}  // namespace
}  // namespace embrace::cases
