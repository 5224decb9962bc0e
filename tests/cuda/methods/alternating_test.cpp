// als and ials on a device against their twins on the CPU: the same initial vectors, the same systems.
#include <cmath>
#include <limits>

#include "cuda/trainers.hpp"
#include "host/error.hpp"
#include "host/matrix.hpp"
#include "host/methods/registry.hpp"
#include "host/span.hpp"
#include "tests/cuda/gpu_test.hpp"
#include "tests/planted.hpp"

namespace embrace::gpu {
namespace {

using test::Data;
using test::Pairs;
using test::Settings;

/// users × items; user 3 has rated all but the last item, item 1 all but the last user, others some. The last user and
/// item have no ratings.
Data ratings_of(std::int64_t users, std::int64_t items) {
  Pairs pairs;
  const Random random(7, Stream::synthetic);
  for (std::int64_t u = 0; u + 1 < users; ++u) {
    for (std::int64_t i = 0; i + 1 < items; ++i) {
      const auto pair = static_cast<std::uint64_t>(u * items + i);
      if (u == 3 || i == 1 || random.uniform(pair, 0) < 0.3)
        pairs.add(u, i, 1 + std::floor(5 * random.uniform(pair, 1)));
    }
  }
  return {users, items, pairs};
}

struct Case {
  std::string method;
  Settings settings;

  std::string name() const {
    std::string text = method;
    for (const auto& [setting, value] : settings) text += " " + setting + "=" + std::to_string(value);
    return text;
  }
  Case with(const Settings& more) const {
    Case result = *this;
    result.settings.insert(result.settings.end(), more.begin(), more.end());
    return result;
  }
};

/// The same problem on both backends.
class Twins {
 public:
  Twins(const DevicePtr& device, const Case& one, const Data& data)
      : method_(*find_method(one.method)),
        task_(method_.info.traits.rating ? Task::rating : Task::ranking),
        hyper_(make_hyper(method_, task_, one.settings)),
        threads_(2) {
    const Problem problem = data.problem(task_, hyper_, 11, threads_);
    cpu = method_.cpu(problem);
    gpu = one.method == "als" ? make_als(device, problem) : make_ials(device, problem);
  }

 private:
  const Method& method_;
  Task task_;
  Hyper hyper_;
  Threads threads_;

 public:
  std::unique_ptr<Trainer> cpu;
  std::unique_ptr<Trainer> gpu;
};

double largest(ConstMatrixView m) {
  double value = 0;
  for (std::int64_t r = 0; r < m.rows; ++r) {
    for (std::int64_t c = 0; c < m.columns; ++c) value = std::max(value, std::fabs(static_cast<double>(m(r, c))));
  }
  return value;
}

void expect_near(ConstMatrixView a, ConstMatrixView b, double tolerance, const std::string& what) {
  ASSERT_EQ(a.rows, b.rows);
  ASSERT_EQ(a.columns, b.columns);
  const double scale = largest(a);
  for (std::int64_t r = 0; r < a.rows; ++r) {
    for (std::int64_t c = 0; c < a.columns; ++c) {
      ASSERT_NEAR(static_cast<double>(a(r, c)), static_cast<double>(b(r, c)), tolerance * scale)
          << what << ", row " << r << ", factor " << c;
    }
  }
}

ConstMatrixView column(Span<const float> bias) { return {bias.data(), bias.size(), 1, 1}; }

/// Vectors themselves are compared: from one start there is one solution, without a rotation that is free.
void expect_same_model(const Trainer& cpu, const Trainer& gpu, double tolerance, const std::string& what) {
  const EmbeddingView a = *cpu.embedding(), b = *gpu.embedding();
  expect_near(a.users, b.users, tolerance, what + ", users");
  expect_near(a.items, b.items, tolerance, what + ", items");
  expect_near(column(a.user_bias), column(b.user_bias), tolerance, what + ", user biases");
  expect_near(column(a.item_bias), column(b.item_bias), tolerance, what + ", item biases");
  ASSERT_NEAR(static_cast<double>(a.offset), static_cast<double>(b.offset), 1e-6) << what;
}

/// The methods and the ways in which they solve a row. Steps that do not reach the solution start from vectors of
/// length 3, so that systems are not all ridge, of which one step is enough.
const std::vector<Case> cases = {
    {"als", {}}, {"ials", {}}, {"ials", {{"cg_steps", 3}, {"spread", 1}}}, {"ials", {{"block", 32}, {"spread", 1}}}};

/// So that the systems of ials are as well-conditioned as those of als are by default.
Case well_posed(const Case& one, double factors) {
  return one.with(one.method == "ials" ? Settings{{"factors", factors}, {"regularization", 0.1}}
                                       : Settings{{"factors", factors}});
}

class AlternatingTest : public test::GpuTest {};

// Both backends solve the same systems in single precision and differ by the order of their sums: 2^-24 times the
// condition of the systems, which regularization keeps below 50, twice in an epoch; relative to the largest element.
constexpr double one_epoch = 1e-5;
// Sums over n ratings err by about √n 2^-24 more: 4e-6 for 4200.
constexpr double one_long_epoch = 5e-5;

TEST_F(AlternatingTest, InitialVectorsAreThoseOfTheCpu) {
  const Data data = ratings_of(20, 17);
  for (const Case& one : cases) {
    const Twins twins(shared(), one.with({{"factors", 37}}), data);
    expect_same_model(*twins.cpu, *twins.gpu, 1e-7, one.name());  // the last bit of a float
  }
}

void expect_same_epoch(const DevicePtr& device, const std::vector<double>& numbers_of_factors) {
  const Data data = ratings_of(60, 40);
  for (const Case& one : cases) {
    for (const double factors : numbers_of_factors) {
      const Case posed = well_posed(one, factors);
      const std::string what = posed.name();
      const Twins twins(device, posed, data);
      const EpochResult cpu = twins.cpu->epoch(), gpu = twins.gpu->epoch();
      expect_same_model(*twins.cpu, *twins.gpu, one_epoch, what);
      EXPECT_NEAR(gpu.objective, cpu.objective, one_epoch * std::fabs(cpu.objective)) << what;
      EXPECT_EQ(gpu.updates, cpu.updates);
    }
  }
}

// Each kernel is compiled for so many factors at most.
TEST_F(AlternatingTest, AnEpochIsThatOfTheCpu) { expect_same_epoch(shared(), {16, 31, 33, 96, 127, 160, 161}); }

TEST_F(AlternatingTest, AnEpochOfAnyNumberOfFactors) {
  expect_same_epoch(shared(), {1, 2, 15, 32, 63, 64, 65, 128, 129, 300});
}

TEST_F(AlternatingTest, AnEpochWithLongRowsIsThatOfTheCpu) {
  const Data data = ratings_of(5, 4200);  // user 3: 4199 ratings, two pieces; the others some 1300
  for (const Case& one : cases) {
    for (const double factors : {3, 20}) {
      const Twins twins(shared(), well_posed(one, factors), data);
      const EpochResult cpu = twins.cpu->epoch(), gpu = twins.gpu->epoch();
      expect_same_model(*twins.cpu, *twins.gpu, one_long_epoch, one.name());
      EXPECT_NEAR(gpu.objective, cpu.objective, one_long_epoch * std::fabs(cpu.objective)) << one.name();
    }
  }
}

TEST_F(AlternatingTest, SmallAndEmptyProblems) {
  for (const Case& one : cases) {
    for (const auto& [users, items] : {std::pair{1, 1}, {2, 2}, {5, 2}, {5, 33}, {32, 5}}) {
      const Data data = ratings_of(users, items);
      const Twins twins(shared(), well_posed(one, 32), data);
      const EpochResult cpu = twins.cpu->epoch(), gpu = twins.gpu->epoch();
      expect_same_model(*twins.cpu, *twins.gpu, one_epoch, one.name());
      EXPECT_NEAR(gpu.objective, cpu.objective, one_epoch * std::fabs(cpu.objective)) << one.name();
    }
  }
}

/// Trains both; the loss is flat around the minimum, where differences of the vectors enter by their squares.
void expect_same_training(const Twins& twins, int epochs, const std::string& what) {
  double last = std::numeric_limits<double>::infinity();
  for (int epoch = 0; epoch < epochs; ++epoch) {
    const double cpu = twins.cpu->epoch().objective, gpu = twins.gpu->epoch().objective;
    EXPECT_NEAR(gpu, cpu, 1e-4 * std::fabs(cpu)) << what << ", epoch " << epoch;
    EXPECT_LE(gpu, last * (1 + 1e-6)) << what << ", epoch " << epoch;
    last = gpu;
  }
}

TEST_F(AlternatingTest, WholeTrainingsAgreeAndTheLossNeverRises) {
  const test::Planted planted;
  const Data large(test::Planted::users, test::Planted::items, planted.seen), small = ratings_of(60, 40);
  for (const Case& one : cases) {
    expect_same_training(Twins(shared(), one.with({{"factors", 8}}), large), 8, one.name());
    expect_same_training(Twins(shared(), one.with({{"factors", 170}}), small), 4, one.name() + ", 170 factors");
  }
}

TEST_F(AlternatingTest, FoldingInIsThatOfTheCpu) {
  const Data data = ratings_of(60, 40);
  Data other = ratings_of(60, 40);  // users 0 to 29 have nothing, the others have their ratings
  const std::int64_t dropped = other.ratings.offsets[30];
  for (std::int64_t& offset : other.ratings.offsets) offset = std::max<std::int64_t>(0, offset - dropped);
  other.ratings.indices.erase(other.ratings.indices.begin(), other.ratings.indices.begin() + dropped);
  other.ratings.values.erase(other.ratings.values.begin(), other.ratings.values.begin() + dropped);
  for (const Case& one : cases) {
    for (const double factors : {20, 161}) {
      const Twins twins(shared(), well_posed(one, factors), data);
      for (Trainer* trainer : {twins.cpu.get(), twins.gpu.get()}) {
        trainer->epoch();
        trainer->fold_in(other.ratings.view());
      }
      expect_same_model(*twins.cpu, *twins.gpu, 2 * one_epoch, one.name());
    }
  }
}

TEST_F(AlternatingTest, ARowIsSolvedInOneWay) {
  const Data data = ratings_of(5, 5);
  const Method& method = *find_method("ials");
  const Hyper hyper = make_hyper(method, Task::ranking, Settings{{"cg_steps", 1}, {"block", 16}});
  Threads threads(1);
  const Problem problem = data.problem(Task::ranking, hyper, 11, threads);
  EXPECT_THROW(make_ials(shared(), problem), UsageError);
}

TEST_F(AlternatingTest, TheSameSeedGivesTheSameBits) {
  const Data data = ratings_of(5, 4200);
  for (const Case& one : cases) {
    const Case few = one.with({{"factors", 20}});
    const Twins first(shared(), few, data), second(shared(), few, data);
    EXPECT_EQ(first.gpu->epoch().objective, second.gpu->epoch().objective) << one.name();
    expect_same_model(*first.gpu, *second.gpu, 0, one.name());
  }
}

TEST_F(AlternatingTest, DivergenceIsThrownInTheEpochWhereItHappens) {
  Data data = ratings_of(20, 17);
  data.ratings.values[5] = std::numeric_limits<float>::infinity();
  const Twins twins(shared(), {"als", {}}, data);
  EXPECT_THROW(twins.gpu->epoch(), Diverged);
}

}  // namespace
}  // namespace embrace::gpu
