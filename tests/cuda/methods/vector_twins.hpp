// The same training on the CPU and on a device, for methods of vectors that learn from batches of users.
#pragma once
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "host/error.hpp"
#include "tests/cuda/methods/feature_twins.hpp"

namespace embrace::test {

/// A trainer for rankings and all that it refers to, but the data.
struct VectorTwin {
  /// `make` null: on the CPU.
  VectorTwin(const Method& method, DeviceFactory make, const gpu::DevicePtr& device, const FeatureProblem& data,
             const Settings& settings)
      : hyper(make_hyper(method, Task::ranking, settings)), threads(1) {
    const Problem problem = data.problem(hyper, Task::ranking, 1, threads);
    trainer = make == nullptr ? method.cpu(problem) : make(device, problem);
  }
  void train(int epochs) {
    for (int e = 0; e < epochs; ++e) objectives.push_back(trainer->epoch().objective);
  }
  /// Users' and items' vectors, then the items' biases.
  std::vector<float> vectors() const {
    const EmbeddingView view = *trainer->embedding();
    std::vector<float> out;
    for (const ConstMatrixView& rows : {view.users, view.items}) {
      for (std::int64_t r = 0; r < rows.rows; ++r) out.insert(out.end(), rows.row(r), rows.row(r) + rows.columns);
    }
    out.insert(out.end(), view.item_bias.begin(), view.item_bias.end());
    return out;
  }

  Hyper hyper;
  Threads threads;
  std::unique_ptr<Trainer> trainer;
  std::vector<double> objectives;
};

/// Ratings alone, about half of all pairs; the last user and the last item have none.
inline FeatureProblem half_rated(std::int64_t users, std::int64_t items) {
  FeatureProblem data = mixed_problem(users, items);
  data.with_user = data.with_item = data.with_context = false;
  return data;
}

class VectorTwinTest : public GpuTest {
 protected:
  VectorTwinTest(const char* method, DeviceFactory make) : method_(*find_method(method)), make_(make) {}

  VectorTwin on_cpu(const FeatureProblem& data, const Settings& settings) const {
    return {method_, nullptr, nullptr, data, settings};
  }
  VectorTwin on_gpu(const FeatureProblem& data, const Settings& settings) const {
    return {method_, make_, shared(), data, settings};
  }

  void expect_agreement(const FeatureProblem& data, int epochs, const Settings& settings, double tolerance) const {
    VectorTwin cpu = on_cpu(data, settings), gpu = on_gpu(data, settings);
    cpu.train(epochs);
    gpu.train(epochs);
    EXPECT_LT(distance(gpu.vectors(), cpu.vectors()), tolerance);
    EXPECT_LT(distance(outputs_of(*gpu.trainer, data, Task::ranking), outputs_of(*cpu.trainer, data, Task::ranking)),
              tolerance);
    for (std::size_t e = 0; e < cpu.objectives.size(); ++e) {
      EXPECT_NEAR(gpu.objectives[e], cpu.objectives[e], tolerance * std::max(1.0, cpu.objectives[e])) << "epoch " << e;
    }
  }

  void expect_the_same_bits(const FeatureProblem& data, const Settings& settings) const {
    VectorTwin one = on_gpu(data, settings), other = on_gpu(data, settings);
    one.train(2);
    other.train(2);
    EXPECT_EQ(one.vectors(), other.vectors());
    EXPECT_EQ(one.objectives, other.objectives);
  }

  /// The last user, who has nothing, is then known to have every third item; vectors of the others stay as they are.
  void expect_fold_in(const Settings& settings, double tolerance) const {
    constexpr std::int64_t users = 30, items = 40;
    const FeatureProblem data = half_rated(users, items);
    VectorTwin cpu = on_cpu(data, settings), gpu = on_gpu(data, settings);
    cpu.train(1);
    gpu.train(1);
    std::vector<std::int32_t> row, column;
    for (std::int32_t i = 0; i < items; i += 3) {
      row.push_back(users - 1);
      column.push_back(i);
    }
    const Csr known = csr_from_triples(users, items, row, column, std::vector<float>(row.size(), 1.0F));
    const std::vector<float> before = gpu.vectors();
    cpu.trainer->fold_in(known.view());
    gpu.trainer->fold_in(known.view());
    const std::vector<float> after = gpu.vectors();
    EXPECT_LT(distance(after, cpu.vectors()), tolerance);
    const auto width = gpu.trainer->embedding()->users.columns;
    const std::int64_t others = (users - 1) * width, last = users * width;
    EXPECT_TRUE(std::equal(after.begin(), after.begin() + others, before.begin()));
    EXPECT_TRUE(std::equal(after.begin() + last, after.end(), before.begin() + last));
    EXPECT_EQ(before[static_cast<std::size_t>(others)], 0.0F);
    EXPECT_NE(after[static_cast<std::size_t>(others)], 0.0F);
  }

  /// What is on the device is what was planned.
  void expect_memory_as_planned(const FeatureProblem& data, const Settings& settings) const {
    const auto fresh = std::make_shared<gpu::Device>(0);
    VectorTwin twin(method_, make_, fresh, data, settings);
    twin.train(2);
    const std::string words = twin.trainer->device_memory();  // "cuda:0: 12.4 MiB planned (…"
    const double planned = std::stod(words.substr(words.find(": ") + 2));
    const double most = static_cast<double>(fresh->peak_bytes()) / 0x1p20;
    EXPECT_LE(most, planned + 0.05) << "rounded to tenths: " << words;
    EXPECT_GE(most, 0.9 * planned - 0.05) << "rounded to tenths: " << words;
  }

  /// The same; and what no device holds is refused before anything is there.
  void expect_planned_memory(const Settings& settings) const {
    expect_memory_as_planned(half_rated(90, 200), settings);
    const auto fresh = std::make_shared<gpu::Device>(0);
    constexpr std::int64_t users = 65'536, items = 4'000'000;  // 1 TB of scores a batch
    FeatureProblem large;
    large.set_ratings(users, items, {0}, {0}, {1.0F});
    large.with_user = large.with_item = large.with_context = false;
    Settings of_large = settings;
    of_large.emplace_back("batch", users);
    const std::int64_t before = fresh->used_bytes();
    try {
      const VectorTwin refused(method_, make_, fresh, large, of_large);
      ADD_FAILURE() << refused.trainer->device_memory();
    } catch (const OutOfMemory& error) {
      const std::string text = error.what();
      EXPECT_NE(text.find("above all its batch"), std::string::npos) << text;
      EXPECT_NE(text.find("; lower batch"), std::string::npos) << text;
    }
    EXPECT_EQ(fresh->used_bytes(), before);
  }

 private:
  const Method& method_;
  DeviceFactory make_;
};

}  // namespace embrace::test
