// A CUDA call that fails ends its run and nothing else: the row says what failed, nothing stays on the device, the next
// run is whole. Each call of a run is made to fail in turn, for every method and task.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "bench/cuda_library.hpp"
#include "bench/experiment.hpp"
#include "bench/run.hpp"
#include "host/data/split/split_name.hpp"
#include "host/methods/registry.hpp"
#include "tests/small_settings.hpp"

namespace embrace {
namespace {

struct Case {
  const Method* method;
  Task task;
  std::vector<std::pair<std::string, double>> settings;
};
void PrintTo(const Case& one, std::ostream* out) {
  *out << one.method->name << ' ' << to_text(one.task);
  for (const auto& [name, value] : one.settings) *out << ' ' << name << '=' << value;
}

/// Every method, and the settings that take it through other kernels.
std::vector<Case> cases() {
  std::vector<Case> list;
  for (const Method& method : methods()) {
    if (method.info.traits.rating) list.push_back({&method, Task::rating, {}});
    if (method.info.traits.ranking) list.push_back({&method, Task::ranking, {}});
  }
  list.push_back({find_method("ials"), Task::ranking, {{"cg_steps", 2}}});
  list.push_back({find_method("ials"), Task::ranking, {{"block", 16}}});
  list.push_back({find_method("hybrid"), Task::ranking, {{"loss", 1}}});
  list.push_back({find_method("hybrid"), Task::ranking, {{"loss", 3}}});
  return list;
}

std::string case_name(const testing::TestParamInfo<Case>& info) {
  std::string name = info.param.method->name + "_" + to_text(info.param.task);
  for (const auto& [setting, value] : info.param.settings) {
    name += "_" + setting + "_" + std::to_string(std::lround(value));
  }
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

/// A small fold: enough for every kernel to be launched.
struct Input {
  Threads threads{1};
  Experiment experiment = make_experiment({.data = "synth:24x20x200", .split = parse_split("holdout:0.2")}, threads);
  FeatureSet features;
};

class Failures : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    if (usable_devices().size() < 2) GTEST_SKIP() << "no CUDA device: " << why_no_cuda();
    device_ = usable_devices()[1];
  }
  void TearDown() override {
    if (cuda_library().part != nullptr) cuda_library().part->backend.fail_after(-1);
  }

  Record run() {
    static Input input;
    const auto& [method, task, chosen] = GetParam();
    auto settings = test::small_settings(*method);
    settings.insert(settings.end(), chosen.begin(), chosen.end());
    if (!method->info.traits.closed_form) settings.emplace_back("epochs", 2);  // the second may not depend on the first
    const Hyper hyper = make_hyper(*method, task, settings);
    Record record;
    execute({.method = *method,
             .device = device_,
             .experiment = input.experiment,
             .features = input.features,
             .hyper = hyper,
             .task = task,
             .at = {10},
             .seed = 1},
            input.threads, record);
    return record;
  }

 private:
  DeviceInfo device_;
};

TEST_P(Failures, EveryCallThatFailsIsAFailedRowAndNothingLeaks) {
  const gpu::Backend& backend = cuda_library().part->backend;
  const std::int64_t before = backend.calls();
  const Record whole = run();
  if (whole.status == Status::unsupported) GTEST_SKIP() << whole.reason;
  ASSERT_EQ(whole.status, Status::ok) << whole.reason;
  const std::int64_t calls = backend.calls() - before;
  ASSERT_GT(calls, 20);
  for (std::int64_t n = 0; n < calls; ++n) {
    backend.fail_after(n);
    const Record record = run();
    ASSERT_EQ(record.status, Status::failed) << "call " << n << " of " << calls;
    ASSERT_NE(record.reason.find(" failed: "), std::string::npos) << record.reason;
    ASSERT_TRUE(record.accuracy.empty());
    ASSERT_EQ(backend.bytes_held(), 0) << "call " << n << ": " << record.reason;
  }
  backend.fail_after(-1);
  EXPECT_EQ(run().status, Status::ok);
}

INSTANTIATE_TEST_SUITE_P(All, Failures, testing::ValuesIn(cases()), case_name);

}  // namespace
}  // namespace embrace
