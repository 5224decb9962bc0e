// item-knn and user-knn on the device against those on the CPU, which tests/host/methods/knn_test.cpp compares with
// plain loops in double.
#include <algorithm>
#include <string>

#include "cuda/trainers.hpp"
#include "host/error.hpp"
#include "tests/cuda/methods/feature_twins.hpp"

namespace embrace::gpu {
namespace {

using test::FeatureProblem;
using test::Settings;

/// About half of all pairs; the last user and the last item have none.
FeatureProblem half_rated(std::int64_t users, std::int64_t items) {
  FeatureProblem data = test::mixed_problem(users, items);
  data.with_user = data.with_item = data.with_context = false;
  return data;
}

struct Case {
  const char* method;
  test::DeviceFactory make;
  Task task;
};

/// A trainer after its epoch, and what it refers to but the data. `make` null: on the CPU.
struct Twin {
  Twin(const Case& of, test::DeviceFactory make, const DevicePtr& device, const FeatureProblem& data,
       const Settings& settings)
      : hyper(make_hyper(*find_method(of.method), of.task, settings)), threads(1) {
    const Problem problem = data.problem(hyper, of.task, 1, threads);
    trainer = make == nullptr ? find_method(of.method)->cpu(problem) : make(device, problem);
    result = trainer->epoch();
  }
  Hyper hyper;
  Threads threads;
  std::unique_ptr<Trainer> trainer;
  EpochResult result;
};

class KnnTwinTest : public testing::WithParamInterface<Case>, public test::GpuTest {
 protected:
  Twin on_cpu(const FeatureProblem& data, const Settings& settings) const {
    return {GetParam(), nullptr, nullptr, data, settings};
  }
  Twin on_gpu(const FeatureProblem& data, const Settings& settings) const {
    return {GetParam(), GetParam().make, shared(), data, settings};
  }
  std::vector<float> outputs(const Twin& twin, const FeatureProblem& data) const {
    return outputs_of(*twin.trainer, data, GetParam().task);
  }
  /// Rankings: the same similarities to the bit, and scores of whole rows that are summed in the same order. Ratings
  /// begin with biases that are summed in another order, half an ulp of 3 apart.
  void expect_agreement(const Twin& gpu, const Twin& cpu, const FeatureProblem& data) const {
    const std::vector<float> found = outputs(gpu, data), expected = outputs(cpu, data);
    EXPECT_LT(test::distance(found, expected), 1e-5);
    EXPECT_NEAR(gpu.result.objective, cpu.result.objective, 1e-6);
    EXPECT_EQ(gpu.result.updates, cpu.result.updates);
    if (GetParam().task == Task::ranking) {
      EXPECT_TRUE(
          std::equal(found.begin() + data.ratings.entries(), found.end(), expected.begin() + data.ratings.entries()));
    }
  }
};

INSTANTIATE_TEST_SUITE_P(
    Both, KnnTwinTest,
    testing::Values(Case{"item-knn", &make_item_knn, Task::rating}, Case{"item-knn", &make_item_knn, Task::ranking},
                    Case{"user-knn", &make_user_knn, Task::rating}, Case{"user-knn", &make_user_knn, Task::ranking}),
    [](const auto& test) { return std::string(test.param.method).substr(0, 4) + "_" + to_text(test.param.task); });

TEST_P(KnnTwinTest, PredictionsAndScoresAgreeWithTheCpu) {
  const FeatureProblem data = half_rated(40, 30);
  for (const Settings& settings :
       {Settings{{"neighbors", 7}, {"shrinkage", 3}, {"exponent", 0.4}, {"damping", 0.7}}, Settings{}}) {
    expect_agreement(on_gpu(data, settings), on_cpu(data, settings), data);
  }
}

TEST_P(KnnTwinTest, WhoIsFoldedInIsAsOnTheCpu) {
  constexpr std::int64_t users = 24, items = 30;
  const FeatureProblem data = half_rated(users, items);
  const Settings settings = {{"neighbors", 9}};
  const Twin cpu = on_cpu(data, settings), gpu = on_gpu(data, settings);
  const std::vector<float> before = outputs(gpu, data);
  std::vector<std::int32_t> row, column;
  std::vector<float> value;
  for (std::int32_t i = 0; i < items; i += 3) {
    row.push_back(users - 1);
    column.push_back(i);
    value.push_back(static_cast<float>(1 + i % 5));
  }
  {
    const Csr gone_soon = csr_from_triples(users, items, row, column, value);
    cpu.trainer->fold_in(gone_soon.view());
    gpu.trainer->fold_in(gone_soon.view());
  }
  expect_agreement(gpu, cpu, data);
  const std::vector<float> after = outputs(gpu, data);
  EXPECT_TRUE(std::equal(before.begin(), before.end() - items, after.begin())) << "users that nobody spoke of";
  EXPECT_FALSE(std::equal(before.end() - items, before.end(), after.end() - items));
}

TEST_P(KnnTwinTest, NothingToLearnFromIsFine) {
  FeatureProblem data = half_rated(2, 2);
  for (const std::int64_t size : {1, 3}) {
    data.set_ratings(size, size, {}, {}, {});
    expect_agreement(on_gpu(data, {}), on_cpu(data, {}), data);
    data.set_ratings(size, size, {0}, {0}, {4.0F});
    expect_agreement(on_gpu(data, {}), on_cpu(data, {}), data);
  }
}

TEST_P(KnnTwinTest, TheSameBitsAgain) {
  const FeatureProblem data = half_rated(40, 30);
  const Settings settings = {{"neighbors", 8}};
  const Twin one = on_gpu(data, settings), other = on_gpu(data, settings);
  const std::vector<float> outputs_of_one = outputs(one, data);
  EXPECT_EQ(outputs_of_one, outputs(other, data));
  EXPECT_EQ(one.trainer->epoch().objective, other.result.objective);
  EXPECT_EQ(outputs_of_one, outputs(one, data));
}

// What is on the device is what was planned, and what no device holds is refused before anything is there.
TEST_P(KnnTwinTest, MemoryIsPlanned) {
  const auto fresh = std::make_shared<Device>(0);
  const FeatureProblem data = half_rated(50, 60);
  const Twin twin(GetParam(), GetParam().make, fresh, data, {{"neighbors", 1000}});
  twin.trainer->epoch();
  const std::string words = twin.trainer->device_memory();  // "cuda:0: 12.4 MiB planned (…"
  const double planned = std::stod(words.substr(words.find(": ") + 2));
  EXPECT_LE(static_cast<double>(fresh->peak_bytes()) / 0x1p20, planned + 0.05) << "rounded to tenths: " << words;

  FeatureProblem large = half_rated(2, 2);
  large.set_ratings(300'000, 300'000, {0}, {0}, {1.0F});
  const std::int64_t before = fresh->used_bytes();
  try {
    const Twin refused(GetParam(), GetParam().make, fresh, large, {{"neighbors", 1e6}});  // 700 GB
    ADD_FAILURE() << refused.trainer->device_memory();
  } catch (const OutOfMemory& error) {
    EXPECT_NE(std::string(error.what()).find("; lower neighbors"), std::string::npos) << error.what();
  }
  EXPECT_EQ(fresh->used_bytes(), before);
}

}  // namespace
}  // namespace embrace::gpu
