// Predictions and scores of vectors and biases, against plain loops in double. Vectors are whole numbers, biases
// halves: every float sum is exact, so equality is demanded.
#include "cuda/learning/embedding.hpp"

#include "host/random.hpp"
#include "host/span.hpp"
#include "tests/cuda/gpu_test.hpp"

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

}  // namespace
}  // namespace embrace::gpu
