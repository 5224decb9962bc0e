// Sums of parts by node against plain loops: parts are whole numbers, whose sums are exact.
#include "cuda/learning/node_sums.hpp"

#include <algorithm>

#include "host/array.hpp"
#include "host/random.hpp"
#include "tests/cuda/gpu_test.hpp"

namespace embrace::gpu {
namespace {

/// A list whose parts lie in other rows than they are listed in; most of them are about node 1, none about the last.
struct Parts {
  static constexpr std::int64_t nodes = 37;

  Parts(std::int64_t count, std::int64_t factors) : rows(count + 2, factors), node(count), element(count) {
    const Random random(4, Stream::synthetic);
    for (std::int64_t k = 0; k < rows.size(); ++k) {
      rows.data()[k] = static_cast<float>(random.below(2000, static_cast<std::uint64_t>(k), 1)) - 1000.0F;
    }
    for (std::int64_t p = 0; p < count; ++p) {
      const auto id = static_cast<std::uint64_t>(p);
      node[p] = random.uniform(id, 2) < 0.6 ? 1 : static_cast<std::uint32_t>(random.below(nodes - 1, id, 3));
      element[p] = {static_cast<std::int32_t>(count - p), 1.0F};
    }
  }
  Matrix rows;  // the first and the last are no part
  Array<std::uint32_t> node;
  Array<Element> element;
};

class NodeSumsTest : public test::GpuTest {
 protected:
  void expect_the_sums_of_plain_loops(const Parts& parts) {
    const std::int64_t count = parts.node.size(), factors = parts.rows.columns();
    Matrix sums(Parts::nodes, factors), before(Parts::nodes, factors);
    std::fill_n(before.data(), before.size(), 7.0F);
    Array<float> counts(Parts::nodes, 0.0F);
    for (std::int64_t p = 0; p < count; ++p) {
      const float* row = parts.rows.row(parts.element[p].index);
      for (std::int64_t k = 0; k < factors; ++k) sums(parts.node[p], k) += row[k];
      counts[parts.node[p]] += 1;
    }
    DeviceMatrix rows(device(), parts.rows.rows(), factors), found(device(), Parts::nodes, factors);
    rows.upload(device(), parts.rows.view());
    DeviceBuffer<float> found_counts(device(), Parts::nodes);
    const Array<std::int64_t> ends{0, count};
    NodeSums node_sums(device(), count + 5, factors);
    for (const bool counted : {true, false}) {
      found.upload(device(), before.view());
      const PartList list = node_sums.list(count);
      device().upload(Span<const std::uint32_t>(parts.node), list.nodes);
      device().upload(Span<const Element>(parts.element), list.elements);
      device().upload(Span<const std::int64_t>(ends), list.ends);
      node_sums.sum(device(), count, rows.view(), found.view(), counted ? found_counts.span() : DeviceSpan<float>{});
      EXPECT_TRUE(same(download(device(), found), sums)) << count << " parts of " << factors;
      EXPECT_EQ(Array<float>(found_counts.download()), counts) << count << " parts of " << factors;
    }
  }
  static bool same(const Matrix& a, const Matrix& b) { return std::equal(a.data(), a.data() + a.size(), b.data()); }
};

// One piece and several for a node, of lengths around those of a piece; of vectors around those of a quad and a warp.
TEST_F(NodeSumsTest, SumsAndCountsAreThoseOfPlainLoops) {
  for (const std::int64_t count : {1, 31, 32, 33, 400}) {
    for (const std::int64_t factors : {1, 5, 64, 130}) expect_the_sums_of_plain_loops(Parts(count, factors));
  }
}

}  // namespace
}  // namespace embrace::gpu
