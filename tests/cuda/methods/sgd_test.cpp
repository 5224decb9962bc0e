// The schedule of sgd, its epoch against plain loops in double and against the CPU's inner loop in the same order, and
// the trainer against its twin.
#include <algorithm>
#include <cstring>
#include <limits>
#include <set>

#include "cuda/learning/first_vectors.hpp"
#include "cuda/methods/sgd_epoch.hpp"
#include "cuda/trainers.hpp"
#include "host/error.hpp"
#include "host/math/normal_equations.hpp"
#include "host/methods/registry.hpp"
#include "host/methods/sgd_kernel.hpp"
#include "host/span.hpp"
#include "tests/cuda/gpu_test.hpp"
#include "tests/planted.hpp"
#include "tests/reference/plain_mean.hpp"
#include "tests/reference/sgd_reference.hpp"

namespace embrace::gpu {
namespace {

using test::Data;
using test::Pairs;

constexpr std::uint64_t seed = 11;
constexpr double regularization = 1.2, nu = 0.5, bias_regularization = 3;
constexpr float rate = 0.02F;

/// Pairs that meet with probability `density`, except that `full`, when it is a user, rates everything.
Data random_data(std::int64_t users, std::int64_t items, double density, std::int64_t full = -1) {
  Pairs pairs;
  const Random random(3, Stream::synthetic);
  for (std::int64_t u = 0; u < users; ++u) {
    for (std::int64_t i = 0; i < items; ++i) {
      const auto pair = static_cast<std::uint64_t>(u * items + i);
      if (u == full || random.uniform(pair, 0) < density) pairs.add(u, i, 1 + std::floor(5 * random.uniform(pair, 1)));
    }
  }
  return {users, items, pairs};
}

SgdSchedule schedule_of(const Data& data, std::int64_t groups) {
  return make_sgd_schedule(data.ratings.view(), data.by_item.view(), test::plain_mean(data.ratings.view()),
                           Random(seed, Stream::sampling), groups);
}

/// Places of the ratings in the order in which one thread alone would take them.
std::vector<std::size_t> serial_order(const SgdSchedule& schedule, std::uint32_t epoch) {
  const Random random(seed, Stream::shuffle);
  const SgdOrder order{schedule.groups, epoch};
  const std::int64_t groups = schedule.groups, strips = schedule.strips(), warps = SgdSchedule::warps;
  const auto rounds = random.bits(order.counter_of_rounds(), epoch);
  std::vector<std::size_t> places;
  for (std::int64_t round = 0; round < groups; ++round) {
    for (std::int64_t group = 0; group < groups; ++group) {
      const std::int64_t item_group = (group + SgdOrder::permuted(round, groups, rounds)) % groups;
      const auto steps = random.bits(order.counter_of_pair(group, item_group), epoch);
      for (std::int64_t step = 0; step < warps; ++step) {
        for (std::int64_t warp = 0; warp < warps; ++warp) {
          const std::int64_t turn = (warp + SgdOrder::permuted(step, warps, steps)) % warps;
          const std::int64_t block = (group * warps + warp) * strips + item_group * warps + turn;
          const std::int64_t first = schedule.offsets[static_cast<std::size_t>(block)];
          const std::int64_t size = schedule.offsets[static_cast<std::size_t>(block) + 1] - first;
          const std::int64_t start = SgdOrder::start(size, random.bits(order.counter_of_block(block), epoch));
          for (std::int64_t n = 0; n < size; ++n)
            places.push_back(static_cast<std::size_t>(first + (start + n) % size));
        }
      }
    }
  }
  return places;
}

TEST(SgdScheduleTest, OrdersAreOneToOneAndDiffer) {
  std::set<std::vector<std::int64_t>> orders;
  for (std::int64_t size = 1; size <= 256; size *= 2) {
    for (std::uint64_t draw = 0; draw < 20; ++draw) {
      std::vector<std::int64_t> order;
      for (std::int64_t i = 0; i < size; ++i) {
        order.push_back(SgdOrder::permuted(i, size, Random(1, Stream::shuffle).bits(draw)));
      }
      if (size == 256) orders.insert(order);
      std::sort(order.begin(), order.end());
      for (std::int64_t i = 0; i < size; ++i) ASSERT_EQ(order[static_cast<std::size_t>(i)], i) << size;
    }
  }
  EXPECT_EQ(orders.size(), 20U);
}

TEST(SgdScheduleTest, EveryRatingIsTakenOnceAnEpoch) {
  const Data data = random_data(70, 90, 0.3, 5);
  for (const std::int64_t groups : {1, 2, 8}) {
    const SgdSchedule schedule = schedule_of(data, groups);
    std::multiset<std::pair<std::int32_t, std::int32_t>> taken;
    std::vector<std::vector<std::size_t>> orders;
    for (const std::uint32_t epoch : {0U, 1U}) orders.push_back(serial_order(schedule, epoch));
    EXPECT_NE(orders[0], orders[1]);
    for (const std::size_t p : orders[0]) {
      const auto& [u, i, value] = schedule.ratings[p];
      taken.emplace(u, i);
      const auto row = data.ratings.view().row_indices(u);
      const auto place = std::lower_bound(row.begin(), row.end(), i) - row.begin();
      EXPECT_EQ(value, static_cast<float>(
                           static_cast<double>(data.ratings.view().row_values(u)[static_cast<std::size_t>(place)]) -
                           test::plain_mean(data.ratings.view())));
    }
    EXPECT_EQ(static_cast<std::int64_t>(taken.size()), data.ratings.entries());
    EXPECT_EQ(std::set(taken.begin(), taken.end()).size(), taken.size());
  }
}

TEST(SgdScheduleTest, BlocksOfDifferentStripsShareNoRow) {
  const SgdSchedule schedule = schedule_of(random_data(70, 90, 0.3, 5), 4);
  const std::int64_t strips = schedule.strips();
  std::vector<std::int64_t> user_strip(70, -1), item_strip(90, -1);
  for (std::int64_t block = 0; block < strips * strips; ++block) {
    std::set<std::int32_t> ended;
    for (auto e = static_cast<std::size_t>(schedule.offsets[static_cast<std::size_t>(block)]);
         e < static_cast<std::size_t>(schedule.offsets[static_cast<std::size_t>(block) + 1]); ++e) {
      auto& of_user = user_strip[static_cast<std::size_t>(schedule.ratings[e].user)];
      auto& of_item = item_strip[static_cast<std::size_t>(schedule.ratings[e].item)];
      EXPECT_TRUE(of_user == -1 || of_user == block / strips);
      EXPECT_TRUE(of_item == -1 || of_item == block % strips);
      of_user = block / strips;
      of_item = block % strips;
      EXPECT_FALSE(ended.contains(schedule.ratings[e].user)) << "a user's ratings lie together";
      const bool last = e + 1 == static_cast<std::size_t>(schedule.offsets[static_cast<std::size_t>(block) + 1]);
      if (!last && schedule.ratings[e + 1].user != schedule.ratings[e].user) ended.insert(schedule.ratings[e].user);
    }
  }
}

TEST(SgdScheduleTest, StripsAreAsEqualAsTheLargestRowAllows) {
  const Data data = random_data(400, 300, 0.1, 17);
  const SgdSchedule schedule = schedule_of(data, 4);
  const std::int64_t strips = schedule.strips();
  std::int64_t heaviest = 0;
  for (std::int64_t s = 0; s < strips; ++s) {
    heaviest = std::max(heaviest, schedule.offsets[static_cast<std::size_t>((s + 1) * strips)] -
                                      schedule.offsets[static_cast<std::size_t>(s * strips)]);
  }
  // Greedy by falling size: at most 4/3 of the best, which is at least the mean and the largest row (Graham 1969).
  EXPECT_LE(heaviest, std::max<std::int64_t>(300, data.ratings.entries() / strips) * 4 / 3);
}

TEST(SgdScheduleTest, GroupsFollowTheData) {
  EXPECT_EQ(sgd_groups(0, 0, 0), 1);
  EXPECT_EQ(sgd_groups(943, 1682, 100'000), 8);
  EXPECT_EQ(sgd_groups(6040, 3706, 1'000'209), 32);
  EXPECT_EQ(sgd_groups(138'493, 26'744, 20'000'263), 128);
  EXPECT_EQ(sgd_groups(1, 1'000'000, 1'000'000), 1);
  EXPECT_EQ(sgd_groups(10'000'000, 1'000'000, 1'000'000'000), SgdSchedule::most_groups);
}

/// A model with the same numbers on the device, in a plain reference, and in the shape that the CPU's loop takes.
struct Models {
  Device& device;
  const Data& data;
  std::int64_t width;
  DeviceMatrix user_factors, item_factors;
  DeviceBuffer<float> user_bias, item_bias;
  DeviceBuffer<SgdDecay> user_decay, item_decay;
  Matrix cpu_users, cpu_items;
  std::vector<float> cpu_user_bias, cpu_item_bias;
  test::SgdRows users, items;

  Models(Device& on, const Data& ratings, std::int64_t factors)
      : device(on), data(ratings), width(padded_width(factors)) {
    make(data.ratings, 0, factors, user_factors, user_bias, user_decay, cpu_users, cpu_user_bias, users);
    make(data.by_item, data.ratings.rows(), factors, item_factors, item_bias, item_decay, cpu_items, cpu_item_bias,
         items);
  }
  void make(const Csr& rows, std::int64_t first, std::int64_t factors, DeviceMatrix& matrix, DeviceBuffer<float>& bias,
            DeviceBuffer<SgdDecay>& decay, Matrix& cpu, std::vector<float>& cpu_bias, test::SgdRows& plain) {
    const std::int64_t n = rows.rows();
    const auto size = static_cast<std::size_t>(n);
    const DeviceBuffer<std::int64_t> offsets(device, Span(rows.offsets));
    matrix = DeviceMatrix(device, n, factors);
    draw_factors(device, seed, first, offsets.span(), 0.1, matrix.view());
    bias = {device, n};
    bias.clear();
    decay = {device, n};
    set_sgd_decay(device, offsets.span(), regularization, nu, bias_regularization, decay.span());
    const Matrix drawn = download(device, matrix);
    cpu = Matrix(n, width);
    cpu_bias.assign(size, 0);
    plain = {std::vector(size, std::vector<double>(static_cast<std::size_t>(factors))), std::vector<double>(size),
             std::vector<double>(size), std::vector<double>(size)};
    for (std::int64_t r = 0; r < n; ++r) {
      const auto row = static_cast<std::size_t>(r);
      for (std::int64_t k = 0; k < factors; ++k) {
        cpu(r, k) = drawn(r, k);
        plain.factors[row][static_cast<std::size_t>(k)] = static_cast<double>(drawn(r, k));
      }
      test::set_decay(plain, row, static_cast<double>(rows.view().row_size(r)), regularization, nu,
                      bias_regularization);
    }
  }
  SgdResult descend_on_device(DeviceSgd& sgd, std::uint32_t epoch) {
    return descend(device, sgd, {user_factors.view(), user_bias.span(), user_decay.span()},
                   {item_factors.view(), item_bias.span(), item_decay.span()}, {seed, epoch, rate});
  }
  double descend_plainly(const SgdSchedule& schedule, const std::vector<std::size_t>& order) {
    double squares = 0;
    for (const std::size_t e : order) {
      const double error = test::sgd_step(users, items, static_cast<std::size_t>(schedule.ratings[e].user),
                                          static_cast<std::size_t>(schedule.ratings[e].item),
                                          static_cast<double>(schedule.ratings[e].value), static_cast<double>(rate));
      squares += error * error;
    }
    return squares;
  }
  double descend_on_cpu(const SgdSchedule& schedule, const std::vector<std::size_t>& order) {
    const auto floats = [](const std::vector<double>& from) { return std::vector<float>(from.begin(), from.end()); };
    const auto decay_u = floats(users.decay), decay_i = floats(items.decay);
    const auto bias_u = floats(users.bias_decay), bias_i = floats(items.bias_decay);
    std::vector<UserRun> runs;
    std::vector<std::int32_t> rated;
    std::vector<float> values;
    for (const std::size_t e : order) {
      runs.push_back({schedule.ratings[e].user, 1, static_cast<std::int64_t>(runs.size())});
      rated.push_back(schedule.ratings[e].item);
      values.push_back(schedule.ratings[e].value);
    }
    return descend({cpu_users.data(), cpu_items.data(), cpu_user_bias.data(), cpu_item_bias.data(), decay_u.data(),
                    decay_i.data(), bias_u.data(), bias_i.data(), rated.data(), values.data(), width, rate},
                   runs);
  }
  /// Largest difference of a number of the device from that of the reference, or from that of the CPU. A NaN stays.
  double from_reference() const {
    return std::max(differ(
                        user_factors, user_bias, [&](auto r, auto k) { return users.factors[r][k]; }, users.bias),
                    differ(
                        item_factors, item_bias, [&](auto r, auto k) { return items.factors[r][k]; }, items.bias));
  }
  double from_cpu() const {
    const auto element = [](const Matrix& m) {
      return [&m](std::size_t r, std::size_t k) {
        return static_cast<double>(m(static_cast<std::int64_t>(r), static_cast<std::int64_t>(k)));
      };
    };
    return std::max(differ(user_factors, user_bias, element(cpu_users), cpu_user_bias),
                    differ(item_factors, item_bias, element(cpu_items), cpu_item_bias));
  }
  template <typename Element, typename Bias>
  double differ(const DeviceMatrix& factors, const DeviceBuffer<float>& bias, Element element,
                const Bias& expected_bias) const {
    double largest = 0;
    const auto note = [&](double a, double b) {
      if (!(std::fabs(a - b) <= largest))
        largest = std::isnan(a - b) ? std::numeric_limits<double>::infinity() : std::fabs(a - b);
    };
    const Matrix found = download(device, factors);
    const std::vector<float> biases = bias.download();
    for (std::size_t r = 0; r < biases.size(); ++r) {
      note(static_cast<double>(biases[r]), static_cast<double>(expected_bias[r]));
      for (std::int64_t k = 0; k < found.columns(); ++k) {
        note(static_cast<double>(found(static_cast<std::int64_t>(r), k)), element(r, static_cast<std::size_t>(k)));
      }
    }
    return largest;
  }
};

class SgdEpochTest : public test::GpuTest {
 protected:
  // Numbers are below 5 and most below 1. A step rounds a product of k terms, about k^½ 2^-24 of |p| |q| < 1, and two
  // sums; its effect is shrunk by the rate, 0.02. A row takes up to 90 steps: 90 · 0.02 · 8 · 6e-8 < 1e-6 for 64
  // factors, and 5e-8 · 90^½ for the sums.
  static constexpr double tolerance = 5e-6;

  void expect_equal(const Data& data, std::int64_t factors, std::int64_t groups) {
    const SgdSchedule schedule = schedule_of(data, groups);
    DeviceSgd sgd(device(), schedule);
    Models models(device(), data, factors);
    const auto n = static_cast<double>(std::max<std::int64_t>(1, data.ratings.entries()));
    for (const std::uint32_t epoch : {0U, 1U}) {
      const std::vector<std::size_t> order = serial_order(schedule, epoch);
      const SgdResult result = models.descend_on_device(sgd, epoch);
      EXPECT_EQ(result.unbounded, 0);
      EXPECT_NEAR(result.squares / n, models.descend_plainly(schedule, order) / n, tolerance);
      EXPECT_LE(models.from_reference(), tolerance) << factors << " factors, " << groups << " groups, epoch " << epoch;
      EXPECT_NEAR(result.squares / n, models.descend_on_cpu(schedule, order) / n, tolerance);
      EXPECT_LE(models.from_cpu(), tolerance) << factors << " factors, " << groups << " groups, epoch " << epoch;
    }
  }
};

TEST_F(SgdEpochTest, AnyNumberOfFactors) {
  const Data data = random_data(40, 50, 0.3, 7);
  for (const std::int64_t factors : {1, 2, 3, 5, 31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 257, 513, 1023, 1024}) {
    expect_equal(data, factors, 1);
  }
  Models models(device(), data, 1025);
  DeviceSgd sgd(device(), schedule_of(data, 1));
  EXPECT_THROW(models.descend_on_device(sgd, 0), Unsupported);
}

TEST_F(SgdEpochTest, AnyShapeAndNumberOfGroups) {
  for (const std::int64_t users : {0, 1, 31, 32, 33, 64}) {
    for (const std::int64_t items : {0, 1, 33, 64}) {
      const Data data = random_data(users, items, 0.4);
      for (const std::int64_t groups : {1, 4}) expect_equal(data, 6, groups);
    }
  }
}

TEST_F(SgdEpochTest, OneUserOrOneItemWithAllTheRatings) {
  expect_equal(random_data(40, 90, 0, 21), 33, 2);
  Pairs pairs;
  for (std::int64_t u = 0; u < 90; ++u) pairs.add(u, 4, static_cast<double>(u % 5 + 1));
  expect_equal(Data(90, 9, pairs), 33, 2);
}

TEST_F(SgdEpochTest, PairsRatedMoreThanOnce) {
  Pairs pairs;
  for (std::int64_t n = 0; n < 60; ++n) pairs.add(n % 3, n % 2, static_cast<double>(n % 5 + 1));
  expect_equal(Data(3, 2, pairs), 17, 1);
}

TEST_F(SgdEpochTest, MoreStripsThanRows) { expect_equal(random_data(40, 30, 0.3), 8, 16); }

TEST_F(SgdEpochTest, TheSameBitsEachTime) {
  const Data data = random_data(64, 80, 0.3, 7);
  DeviceSgd sgd(device(), schedule_of(data, 4));
  Models first(device(), data, 24), second(device(), data, 24);
  const SgdResult a = first.descend_on_device(sgd, 0), b = second.descend_on_device(sgd, 0);
  EXPECT_EQ(a.squares, b.squares);
  const Matrix x = download(device(), first.item_factors), y = download(device(), second.item_factors);
  EXPECT_EQ(std::memcmp(x.data(), y.data(), static_cast<std::size_t>(x.size()) * sizeof(float)), 0);
}

TEST_F(SgdEpochTest, NumbersOutOfBoundsAreSeen) {
  const Data data = random_data(40, 50, 0.3);
  DeviceSgd sgd(device(), schedule_of(data, 1));
  for (const float bad : {2e15F, -std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
    Models models(device(), random_data(41, 50, 0.3), 9);  // the last user has nobody's ratings: nothing spreads
    const std::vector<float> one = {bad};
    device().upload(Span<const float>(one), models.user_bias.span().part(40, 1));
    EXPECT_NE(models.descend_on_device(sgd, 0).unbounded, 0) << bad;
  }
}

/// Trainers of both kinds on the same problem.
struct Twins {
  Twins(const DevicePtr& device, const Data& data, const test::Settings& settings)
      : hyper(make_hyper(*find_method("sgd"), Task::rating, settings)), threads(1) {
    const Problem problem = data.problem(Task::rating, hyper, seed, threads);
    cpu = find_method("sgd")->cpu(problem);
    gpu = make_sgd(device, problem);
  }
  Hyper hyper;
  Threads threads;
  std::unique_ptr<Trainer> cpu, gpu;
};

class SgdTest : public test::GpuTest {};

TEST_F(SgdTest, BeginsWithTheCpusFactors) {
  Twins twins(shared(), random_data(40, 50, 0.1), {{"factors", 33}});
  const EmbeddingView a = *twins.cpu->embedding(), b = *twins.gpu->embedding();
  EXPECT_EQ(a.offset, b.offset);
  for (const auto& [x, y] : {std::pair(a.users, b.users), std::pair(a.items, b.items)}) {
    ASSERT_EQ(x.rows, y.rows);
    ASSERT_EQ(x.columns, y.columns);
    for (std::int64_t r = 0; r < x.rows; ++r) {
      // The last bit of a float may be rounded otherwise; |x| < 1.
      for (std::int64_t k = 0; k < x.columns; ++k) EXPECT_NEAR(x(r, k), y(r, k), 6e-8F);
    }
  }
}

TEST_F(SgdTest, FollowsTheFormulaOverTheEpochs) {
  // Every user rates one movie of its own: the order of updates does not matter, and the twins agree.
  Pairs pairs;
  for (std::int64_t p = 0; p < 40; ++p) pairs.add(p, (7 * p) % 40, static_cast<double>(p % 5 + 1));
  const Data data(40, 40, pairs);
  Twins twins(shared(), data, {{"factors", 20}, {"epochs", 4}, {"nu", 0.7}});
  for (int epoch = 0; epoch < 6; ++epoch) {
    const EpochResult a = twins.cpu->epoch(), b = twins.gpu->epoch();
    EXPECT_EQ(b.updates, 40);
    EXPECT_NEAR(a.objective, b.objective, 1e-5) << epoch;  // each step rounds values below 5 a few times at 2^-24
    const EmbeddingView x = *twins.cpu->embedding(), y = *twins.gpu->embedding();
    for (std::int64_t r = 0; r < 40; ++r) {
      EXPECT_NEAR(x.user_bias[static_cast<std::size_t>(r)], y.user_bias[static_cast<std::size_t>(r)], 1e-5F);
      for (std::int64_t k = 0; k < 20; ++k) EXPECT_NEAR(x.items(r, k), y.items(r, k), 1e-5F);
    }
  }
}

TEST_F(SgdTest, LearnsAsWellAsItsTwin) {
  const test::Planted planted;
  const Data data(test::Planted::users, test::Planted::items, planted.seen);
  Twins twins(shared(), data, {{"factors", 8}, {"epochs", 30}, {"regularization", 0.2}});
  for (int epoch = 0; epoch < 30; ++epoch) {
    twins.cpu->epoch();
    twins.gpu->epoch();
  }
  const auto error = [&](const Trainer& trainer) {
    std::vector<float> predicted(planted.unseen.users.size());
    trainer.predict({planted.unseen.users, planted.unseen.items}, predicted);
    return test::rmse(predicted, planted.unseen.values);
  };
  EXPECT_LT(error(*twins.gpu), 0.3);
  EXPECT_NEAR(error(*twins.gpu) / error(*twins.cpu), 1, 0.02);
}

TEST_F(SgdTest, DivergenceIsThrownInTheEpochWhereItHappens) {
  const test::Planted planted;
  const Data data(test::Planted::users, test::Planted::items, planted.seen);
  EXPECT_THROW(Twins(shared(), data, {{"learning_rate", 50}}).gpu->epoch(), Diverged);
}

}  // namespace
}  // namespace embrace::gpu
