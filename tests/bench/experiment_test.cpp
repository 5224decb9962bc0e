// What is predicted for test pairs does not depend on their ratings.
#include "bench/experiment.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "host/data/split/split_name.hpp"
#include "host/methods/registry.hpp"
#include "tests/same_bits.hpp"
#include "tests/temporary_folder.hpp"

namespace embrace {
namespace {

namespace fs = std::filesystem;

struct Line {
  int user, item;
  float rating;
};

/// 30 users rate 24 of 40 movies from 1 to 5; for the friendliest users and the best movies a model predicts more.
std::vector<Line> some_ratings() {
  std::vector<Line> lines;
  for (int user = 0; user < 30; ++user) {
    for (int k = 0; k < 24; ++k) {
      const int item = (user * 7 + k * 3) % 40;
      lines.push_back({user, item, static_cast<float>(std::clamp(user / 6 + item / 8, 1, 5))});
    }
  }
  return lines;
}

void write(const fs::path& file, const std::vector<Line>& lines) {
  std::ofstream out(file);
  out << "user,item,rating\n";
  for (const Line& line : lines) out << line.user << "," << line.item << "," << line.rating << "\n";
}

class TestRatings : public testing::Test {
 protected:
  std::vector<float> predictions(const std::string& split, const char* method_name) {
    const Experiment experiment =
        make_experiment({.data = (folder_ / "data.csv").string(), .split = parse_split(split)}, threads_);
    const Method& method = *find_method(method_name);
    const Hyper hyper = make_hyper(method, Task::rating, {});
    const FeatureSet features;
    const auto trainer = method.cpu(problem_of(experiment, features, nullptr, Task::rating, hyper, 1, threads_));
    const int epochs = method.info.traits.closed_form ? 1 : 3;
    for (int epoch = 0; epoch < epochs; ++epoch) trainer->epoch();
    return predict_test(experiment, features, *trainer).values;
  }

  /// The same predictions whatever the ratings of the lines that are `tested` are; `put` writes the data.
  void expect_independent(const std::string& split, const std::vector<bool>& tested,
                          const std::function<void(const std::vector<Line>&)>& put) {
    const std::vector<Line> lines = some_ratings();
    for (const char* method : {"mean", "bias", "als", "sgd"}) {
      put(lines);
      const std::vector<float> expected = predictions(split, method);
      for (const float replaced : {10.0F, -3.0F, 2.0F}) {
        std::vector<Line> others = lines;
        for (std::size_t l = 0; l < lines.size(); ++l) {
          if (tested[l]) others[l].rating = replaced;
        }
        put(others);
        EXPECT_TRUE(test::same_bits(predictions(split, method), expected)) << method << ", " << replaced;
      }
    }
  }

  test::TemporaryFolder folder_;
  Threads threads_{2};
};

TEST_F(TestRatings, HaveNoPartInPredictionsOfARandomSplit) {
  const auto put = [&](const std::vector<Line>& lines) { write(folder_ / "data.csv", lines); };
  put(some_ratings());
  const Experiment experiment =
      make_experiment({.data = (folder_ / "data.csv").string(), .split = parse_split("holdout:0.2")}, threads_);
  std::vector<bool> tested(some_ratings().size());
  for (const std::int64_t position : experiment.fold.test) tested[static_cast<std::size_t>(position)] = true;
  expect_independent("holdout:0.2", tested, put);
}

TEST_F(TestRatings, HaveNoPartInPredictionsOfTwoFiles) {
  std::vector<bool> tested(some_ratings().size());
  for (std::size_t l = 0; l < tested.size(); l += 5) tested[l] = true;
  write(folder_ / "data.csv", some_ratings());
  const auto put = [&](const std::vector<Line>& lines) {
    std::vector<Line> parts[2];
    for (std::size_t l = 0; l < lines.size(); ++l) parts[tested[l] ? 1 : 0].push_back(lines[l]);
    write(folder_ / "train.csv", parts[0]);
    write(folder_ / "test.csv", parts[1]);
  };
  expect_independent("files:" + (folder_ / "train.csv").string() + "," + (folder_ / "test.csv").string(), tested, put);
}

}  // namespace
}  // namespace embrace
