// Predictions, scores and lists of vectors and biases, against plain loops in double. Vectors are whole numbers, biases
// halves: every float sum is exact, so equality is demanded.
#include "cuda/learning/embedding.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "host/random.hpp"
#include "host/span.hpp"
#include "host/sparse.hpp"
#include "tests/cuda/plain_lists.hpp"

namespace embrace::gpu {
namespace {

/// A model with known numbers on both sides.
struct Model {
  Matrix users, items;
  std::vector<float> user_bias, item_bias;
  DeviceEmbedding device;

  Model(Device& on, std::int64_t user_count, std::int64_t item_count, std::int64_t factors, bool biases)
      : users(user_count, factors), items(item_count, factors) {
    fill(users.data(), users.size(), 1);
    fill(items.data(), items.size(), 2);
    device.users = DeviceMatrix(on, user_count, factors);
    device.items = DeviceMatrix(on, item_count, factors);
    device.users.upload(on, users.view());
    device.items.upload(on, items.view());
    if (!biases) return;
    user_bias.resize(static_cast<std::size_t>(user_count));
    item_bias.resize(static_cast<std::size_t>(item_count));
    fill(user_bias.data(), user_bias.size(), 3);
    fill(item_bias.data(), item_bias.size(), 4);
    device.user_bias = {on, Span<const float>(user_bias)};
    device.item_bias = {on, Span<const float>(item_bias)};
    device.offset = 3.5F;
  }
  double score(std::int64_t u, std::int64_t i) const {
    double sum = static_cast<double>(device.offset);
    if (!user_bias.empty()) {
      sum += static_cast<double>(user_bias[static_cast<std::size_t>(u)]) +
             static_cast<double>(item_bias[static_cast<std::size_t>(i)]);
    }
    for (std::int64_t k = 0; k < users.columns(); ++k) {
      sum += static_cast<double>(users(u, k)) * static_cast<double>(items(i, k));
    }
    return sum;
  }
  static void fill(float* values, std::integral auto size, std::uint32_t b) {
    const Random random(7, Stream::initial);
    for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(size); ++i)
      values[i] = static_cast<float>(random.below(9, i, b)) - 4.0F;
  }
};

class EmbeddingTest : public test::GpuTest {};

TEST_F(EmbeddingTest, PairsOfEveryWidthAndNumber) {
  for (const std::int64_t factors : {0, 1, 2, 3, 31, 32, 33, 63, 64, 65, 127, 128, 1023}) {
    const Model model(device(), 40, 50, factors, factors % 2 == 0);
    for (const std::int64_t size : {0, 1, 31, 32, 33, 64, 1000}) {
      std::vector<std::int32_t> users, items;
      for (std::int64_t p = 0; p < size; ++p) {
        users.push_back(static_cast<std::int32_t>(p * 7 % 40));
        items.push_back(static_cast<std::int32_t>(p * 11 % 50));
      }
      DeviceBuffer<float> out(device(), size);
      predict_pairs(device(), model.device.view(), on_device(users).span(), on_device(items).span(), out.span());
      const std::vector<float> predicted = out.download();
      for (std::size_t p = 0; p < predicted.size(); ++p) {
        ASSERT_EQ(static_cast<double>(predicted[p]), model.score(users[p], items[p])) << factors << " factors, " << p;
      }
    }
  }
}

TEST_F(EmbeddingTest, ScoresOfAllItems) {
  for (const std::int64_t factors : {0, 1, 31, 32, 33, 64, 65, 127}) {
    for (const std::int64_t items : {0, 1, 31, 32, 33, 64}) {
      const Model model(device(), 20, items, factors, factors % 2 == 1);
      for (const std::vector<std::int32_t>& users : {std::vector<std::int32_t>{}, {5}, {19, 0, 0, 3, 7, 18, 1, 2, 4}}) {
        DeviceMatrix out(device(), static_cast<std::int64_t>(users.size()), items);
        score_items(device(), model.device.view(), on_device(users).span(), out.view());
        const Matrix scores = download(device(), out);
        for (std::int64_t r = 0; r < scores.rows(); ++r) {
          for (std::int64_t i = 0; i < items; ++i) {
            ASSERT_EQ(static_cast<double>(scores(r, i)), model.score(users[static_cast<std::size_t>(r)], i))
                << factors << " factors, " << items << " items, row " << r << ", item " << i;
          }
        }
      }
    }
  }
}

/// Users that are not in order, some of them twice.
std::vector<std::int32_t> some_users(std::int64_t count, std::int64_t of) {
  std::vector<std::int32_t> users;
  for (std::int64_t r = 0; r < count; ++r) users.push_back(static_cast<std::int32_t>((of - 1 - r * 7 % of) % of));
  return users;
}

// Whole numbers of nine kinds have many ties, of three factors more than of any other number.
TEST_F(EmbeddingTest, ListsOfEveryShape) {
  const auto expect = [&](std::int64_t users, std::int64_t items, std::int64_t factors, std::int64_t depth) {
    constexpr std::int64_t all = 210;
    const Model model(device(), all, items, factors, factors % 2 == 1);
    const std::vector<std::int32_t> chosen = some_users(users, all);
    test::expect_lists(
        device(), chosen, test::some_masks(all, items), depth,
        [&](std::int64_t r, std::int64_t i) { return model.score(chosen[static_cast<std::size_t>(r)], i); },
        [&](const Ranking& ranking) { rank_items(device(), model.device.view(), ranking); });
  };
  for (const std::int64_t factors : {0, 1, 3, 4, 7, 8, 9, 33, 64, 127}) expect(20, 150, factors, 10);
  for (const std::int64_t users : {1, 15, 16, 17, 127, 128, 129, 200}) expect(users, 150, 3, 10);
  for (const std::int64_t items : {0, 1, 31, 127, 128, 129, 256, 1100}) expect(20, items, 3, 10);
  for (const std::int64_t depth : {1, 2, 33, 100}) expect(20, 700, 3, depth);
  expect(3, 1500, 3, longest_list);
  expect(0, 150, 3, 10);
}

// Lists of so many users that their candidates are held in parts.
TEST_F(EmbeddingTest, LongListsOfManyUsers) {
  constexpr std::int64_t users = 4100, items = 5;
  const Model model(device(), users, items, 2, true);
  std::vector<std::int32_t> all;
  for (std::int32_t u = 0; u < users; ++u) all.push_back(u);
  test::expect_lists(
      device(), all, test::some_masks(users, items), longest_list,
      [&](std::int64_t r, std::int64_t i) { return model.score(r, i); },
      [&](const Ranking& ranking) { rank_items(device(), model.device.view(), ranking); });
}

/// Numbers that are no whole ones.
Matrix normal_numbers(std::int64_t rows, std::int64_t columns, std::uint32_t b) {
  const Random random(5, Stream::initial);
  Matrix numbers(rows, columns);
  for (std::int64_t i = 0; i < numbers.size(); ++i)
    numbers.data()[i] = static_cast<float>(random.normal(static_cast<std::uint64_t>(i), b));
  return numbers;
}

// In parts of the catalogue and of the users that are not those of the ranking.
TEST_F(EmbeddingTest, ListsHaveTheBitsOfTheScores) {
  constexpr std::int64_t users = 30, items = 900, depth = 50;
  const Matrix user = normal_numbers(users, 13, 1), item = normal_numbers(items, 13, 2);
  DeviceEmbedding model{DeviceMatrix(device(), users, 13), DeviceMatrix(device(), items, 13), {}, {}, 0.3F};
  model.users.upload(device(), user.view());
  model.items.upload(device(), item.view());
  model.item_bias = on_device(std::vector<float>(item.data(), item.data() + items));
  const std::vector<std::int32_t> chosen = some_users(users, users);
  DeviceMatrix out(device(), users, items);
  for (std::int64_t r = 0; r < users; ++r) {
    const auto one = on_device(std::vector<std::int32_t>{chosen[static_cast<std::size_t>(r)]});
    DeviceMatrixView<float> row{out.view().row(r), 1, items, items};
    score_items(device(), model.view(), one.span(), row);
  }
  const Matrix scores = download(device(), out);
  test::expect_lists(
      device(), chosen, test::some_masks(users, items), depth,
      [&](std::int64_t r, std::int64_t i) { return static_cast<double>(scores(r, i)); },
      [&](const Ranking& ranking) { rank_items(device(), model.view(), ranking); });
}

TEST_F(EmbeddingTest, ListsOfScoresThatAreNotFinite) {
  const Model model(device(), 3, 200, 2, true);
  const DeviceCsr mask(device(), csr_from_triples(3, 200, {}, {}, {}).view());
  const auto users = on_device(std::vector<std::int32_t>{0, 1, 2});
  const auto wrong = [&](const DeviceEmbeddingView& view) {
    DeviceBuffer<ScoredItem> lists(device(), 3 * 4);
    rank_items(device(), view, {users.span(), mask.view(), 4, lists.span()});
    const std::vector<ScoredItem> found = lists.download();
    return std::all_of(found.begin() + 4, found.begin() + 8,
                       [](const ScoredItem& place) { return std::isnan(place.score); });
  };
  EXPECT_FALSE(wrong(model.device.view()));
  for (const float value : {std::numeric_limits<float>::infinity(), std::nanf("")}) {
    DeviceEmbeddingView view = model.device.view();
    std::vector<float> bias = model.item_bias;
    bias.back() = value;
    const auto item_bias = on_device(bias);
    view.item_bias = item_bias.span();
    EXPECT_TRUE(wrong(view));
    view = model.device.view();
    bias = model.user_bias;
    bias[1] = value;
    const auto user_bias = on_device(bias);
    view.user_bias = user_bias.span();
    EXPECT_TRUE(wrong(view));
    view = model.device.view();
    Matrix items = model.items;
    items(199, 1) = value;
    DeviceMatrix on(device(), 200, 2);
    on.upload(device(), items.view());
    view.items = std::as_const(on).view();
    EXPECT_TRUE(wrong(view));
  }
}

}  // namespace
}  // namespace embrace::gpu
