// A run tells a method that averages over its epochs which pairs it will ask for.
#include "bench/run.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "host/data/split/split_name.hpp"
#include "host/methods/registry.hpp"
#include "tests/drifting_method.hpp"

namespace embrace {
namespace {

TEST(Run, TestPairsAreWatchedWhereEpochsAreAveraged) {
  Threads threads(1);
  const Experiment experiment =
      make_experiment({.data = "synth:24x20x200", .split = parse_split("holdout:0.2")}, threads);
  const FoldData& data = experiment.data;
  const FeatureSet features;
  for (const bool averages : {true, false}) {
    Method method = test::drifting_method();
    method.info.traits.averages = averages;
    const Hyper hyper = make_hyper(method, Task::rating, {});
    const DeviceInfo cpu{.spec = "cpu", .kind = DeviceKind::cpu, .name = "cpu"};
    Record record;
    execute(
        {.method = method, .device = cpu, .experiment = experiment, .features = features, .hyper = hyper, .seed = 1},
        threads, record);
    ASSERT_EQ(record.status, Status::ok) << record.reason;
    double squares = 0;
    for (std::size_t p = 0; p < data.test_values.size(); ++p) {
      const double epochs = averages ? 2.5 : 4;  // the mean of 1, 2, 3, 4, or the last
      const double predicted = epochs + data.test_users[p] / 8.0 + data.test_items[p] / 64.0;
      squares += std::pow(std::clamp(predicted, 1.0, 5.0) - static_cast<double>(data.test_values[p]), 2);
    }
    // Sums of eighths and sixty-fourths are exact in float; the metric is a mean in double.
    EXPECT_NEAR(record.accuracy.at("rmse").value, std::sqrt(squares / static_cast<double>(data.test_values.size())),
                1e-9);
  }
}

}  // namespace
}  // namespace embrace
