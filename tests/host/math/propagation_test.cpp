#include "host/math/propagation.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "tests/planted.hpp"
#include "tests/reference/plain_lightgcn.hpp"
#include "tests/same_bits.hpp"

namespace embrace {
namespace {

using test::Data;
using test::Dense;
using test::Pairs;

/// Users 3 and 11 and item 4 have no ratings; user 0 has all other items, and one of them twice.
Data some_data() {
  const Random random(5, Stream::synthetic);
  Pairs pairs;
  for (std::int64_t u = 0; u < 12; ++u) {
    for (std::int64_t i = 0; i < 9; ++i) {
      if (u == 3 || u == 11 || i == 4) continue;
      if (u == 0 || random.uniform(static_cast<std::uint64_t>(9 * u + i)) < 0.3) pairs.add(u, i, 1);
    }
  }
  pairs.add(0, 8, 2);
  return {12, 9, pairs};
}

Matrix normals(std::int64_t rows, std::int64_t columns, std::uint32_t number) {
  const Random random(6, Stream::synthetic);
  Matrix m(rows, columns);
  for (std::int64_t e = 0; e < m.size(); ++e) {
    m.data()[e] = static_cast<float>(random.normal(static_cast<std::uint64_t>(e), number));
  }
  return m;
}

Matrix mean_of_layers(Propagation& graph, int layers, const Matrix& x, int threads = 2) {
  Threads pool(threads);
  Matrix out(x.rows(), x.columns());
  graph.mean_of_layers(layers, x.view(), out.view(), pool);
  return out;
}

TEST(Propagation, MeansOfLayersAreThoseOfTheDenseMatrix) {
  const Data data = some_data();
  Propagation graph(data.ratings.view(), data.by_item.view());
  const Dense a = test::plain_adjacency(data.ratings.view());
  for (const std::int64_t width : {1, 7, 64}) {
    const Matrix x = normals(21, width, 1);
    for (int layers = 0; layers <= 4; ++layers) {
      const Matrix out = mean_of_layers(graph, layers, x);
      const Dense expected = test::plain_mean_of_layers(a, layers, test::to_dense(x.view()));
      for (std::size_t r = 0; r < expected.size(); ++r) {
        for (std::size_t k = 0; k < expected[r].size(); ++k) {
          // A has norm 1 and rows of 11 entries at most: some ten roundings of numbers of size 4 a layer.
          EXPECT_NEAR(static_cast<double>(out(static_cast<std::int64_t>(r), static_cast<std::int64_t>(k))),
                      expected[r][k], 5e-6)
              << layers << " layers, node " << r << ", " << k << " of " << width;
        }
      }
    }
  }
}

TEST(Propagation, ItIsItsOwnTranspose) {
  const Data data = some_data();
  Propagation graph(data.ratings.view(), data.by_item.view());
  const Matrix x = normals(21, 5, 1), y = normals(21, 5, 2);
  for (int layers = 0; layers <= 3; ++layers) {
    const Matrix of_x = mean_of_layers(graph, layers, x), of_y = mean_of_layers(graph, layers, y);
    double one = 0, other = 0;
    for (std::int64_t e = 0; e < x.size(); ++e) {
      one += static_cast<double>(of_x.data()[e]) * static_cast<double>(y.data()[e]);
      other += static_cast<double>(x.data()[e]) * static_cast<double>(of_y.data()[e]);
    }
    EXPECT_NEAR(one, other, 1e-5) << layers;  // 105 products of size 1, each with some roundings
  }
}

TEST(Propagation, BitsDoNotDependOnThreads) {
  const test::Planted planted;
  const Data data(test::Planted::users, test::Planted::items, planted.seen);
  Propagation graph(data.ratings.view(), data.by_item.view());
  const Matrix x = normals(300, 33, 3);
  EXPECT_TRUE(test::same_bits_for_any_threads(
      [&](int threads) {
        const Matrix out = mean_of_layers(graph, 3, x, threads);
        return std::vector<float>(out.data(), out.data() + out.size());
      },
      3));
}

}  // namespace
}  // namespace embrace
