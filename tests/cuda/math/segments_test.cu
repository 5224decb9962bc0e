// Sums over segments against plain loops in double; small integers, so that every order gives the same floats.
#include <algorithm>

#include "cuda/learning/embedding_table.cuh"
#include "host/random.hpp"
#include "host/span.hpp"
#include "tests/cuda/gpu_test.hpp"

namespace embrace::gpu {
namespace {

class SegmentsTest : public test::GpuTest {};

/// Adds value * row `index` of a table; writes to row `key` and counts what it has written there.
struct Gather {
  SegmentsView list;
  std::int64_t batch;
  std::int64_t quads;
  Partials partials;
  DeviceMatrixView<const float> table;
  DeviceMatrixView<float> out;
  DeviceSpan<float> bias;
  DeviceSpan<float> extra;

  struct Segment {
    std::int64_t to;
  };
  __device__ Segment segment(std::uint32_t key) const { return {static_cast<std::int64_t>(key)}; }
  __device__ void add(const Segment&, Element element, std::int64_t quad, Sum& sum) const {
    add_scaled(element.value, quad_of(table, element.index, quad), sum.vector);
    sum.bias += element.value;
    sum.extra += 1.0F;
  }
  __device__ void finish(const Segment& segment, std::int64_t quad, const Sum& sum) const {
    float4& to = quad_of(out, segment.to, quad);
    add_scaled(1.0F, sum.vector, to);  // a segment that is finished twice shows
    if (quad == 0) {
      bias[segment.to] += sum.bias;
      extra[segment.to] += sum.extra;
    }
  }
};

struct List {
  std::vector<std::uint32_t> keys;
  std::vector<Element> elements;
  std::vector<std::int64_t> ends{0};  // of batches
  std::int64_t key_count = 0;
};

/// Batches of the given numbers of elements; keys as sizes of segments in turn: 1, 2, 31, 32, 33, 64, 100, the rest.
List list_of(const std::vector<std::int64_t>& batches, bool one_key, std::int64_t rows) {
  const Random random(3, Stream::sampling);
  const std::int64_t sizes[] = {1, 2, 31, 32, 33, 64, 100};
  List out;
  std::size_t turn = 0;
  for (const std::int64_t size : batches) {
    for (std::int64_t done = 0; done < size;) {
      const std::int64_t length = one_key ? size : std::min(size - done, sizes[turn++ % std::size(sizes)]);
      for (std::int64_t e = 0; e < length; ++e) {
        const auto a = static_cast<std::uint64_t>(out.keys.size());
        out.keys.push_back(static_cast<std::uint32_t>(out.key_count));
        out.elements.push_back({static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(rows), a)),
                                static_cast<float>(random.below(3, a, 1)) - 1.0F});
      }
      ++out.key_count;
      done += length;
    }
    out.ends.push_back(static_cast<std::int64_t>(out.keys.size()));
  }
  return out;
}

TEST_F(SegmentsTest, SumsOfSegmentsOfEverySize) {
  constexpr std::int64_t rows = 9;
  for (const std::int64_t factors : {1, 5, 31, 32, 33, 64, 130}) {
    Matrix table(rows, factors);
    for (std::int64_t k = 0; k < table.size(); ++k) table.data()[k] = static_cast<float>(k % 7) - 3.0F;
    DeviceMatrix on_gpu(device(), rows, factors);
    on_gpu.upload(device(), table.view());
    for (const bool one_key : {false, true}) {
      for (const auto& batches : std::vector<std::vector<std::int64_t>>{
               {0}, {1}, {31}, {32}, {33}, {64}, {0, 5, 0, 300}, {17, 95, 64, 1000}, {40, 24, 1, 31, 33}}) {
        const List list = list_of(batches, one_key, rows);
        const auto count = static_cast<std::int64_t>(batches.size()), size = list.ends.back();
        Segments segments(device(), count, size);
        SortBuffers sums(device(), size + 1);
        device().upload(Span<const std::uint32_t>(list.keys), segments.keys());
        device().upload(Span<const Element>(list.elements), segments.elements());
        device().upload(Span<const std::int64_t>(list.ends), segments.batch_elements());
        segments.cut(device(), count, size, sums);
        DeviceMatrix out(device(), list.key_count, factors);
        DeviceBuffer<float> bias(device(), list.key_count), extra(device(), list.key_count);
        bias.clear();
        extra.clear();
        const std::int64_t quads = on_gpu.view().stride / 4;
        DeviceBuffer<Sum> partials(device(), Partials::size(size, quads));
        for (std::int64_t batch = 0; batch < count; ++batch) {
          // Groups stride over pieces that are more than the blocks were made for.
          sum_segments(device(), {size, one_key ? 1 : list.key_count / 3}, quads,
                       Gather{segments.view(),
                              batch,
                              quads,
                              {partials.span(), quads},
                              on_gpu.view(),
                              out.view(),
                              bias.span(),
                              extra.span()});
        }
        std::vector<std::vector<double>> expected(static_cast<std::size_t>(list.key_count),
                                                  std::vector<double>(static_cast<std::size_t>(factors) + 2));
        for (std::size_t e = 0; e < list.keys.size(); ++e) {
          auto& to = expected[list.keys[e]];
          const auto value = static_cast<double>(list.elements[e].value);
          for (std::int64_t k = 0; k < factors; ++k) {
            to[static_cast<std::size_t>(k)] += value * static_cast<double>(table(list.elements[e].index, k));
          }
          to[static_cast<std::size_t>(factors)] += value;
          to[static_cast<std::size_t>(factors) + 1] += 1;
        }
        const Matrix sums_of = download(device(), out);
        const auto biases = bias.download(), extras = extra.download();
        for (std::size_t key = 0; key < expected.size(); ++key) {
          for (std::int64_t k = 0; k < factors; ++k) {
            ASSERT_EQ(static_cast<double>(sums_of(static_cast<std::int64_t>(key), k)),
                      expected[key][static_cast<std::size_t>(k)])
                << "key " << key << " factor " << k << " of " << factors << ", " << size << " elements";
          }
          ASSERT_EQ(static_cast<double>(biases[key]), expected[key][static_cast<std::size_t>(factors)]);
          ASSERT_EQ(static_cast<double>(extras[key]), expected[key][static_cast<std::size_t>(factors) + 1]);
        }
      }
    }
  }
}

TEST_F(SegmentsTest, SortsByLowBitsAndKeepsTheOrderOfEqualKeys) {
  const Random random(4, Stream::sampling);
  for (const std::int64_t size : {0, 1, 31, 32, 33, 64, 5000}) {
    std::vector<std::uint32_t> keys;
    std::vector<Element> elements;
    for (std::int64_t i = 0; i < size; ++i) {
      keys.push_back(static_cast<std::uint32_t>(random.below(200, static_cast<std::uint64_t>(i))));
      elements.push_back({static_cast<std::int32_t>(i), 0.5F * static_cast<float>(i)});
    }
    DeviceBuffer<std::uint32_t> key_buffer = on_device(keys);
    DeviceBuffer<Element> element_buffer = on_device(elements);
    SortBuffers sorts(device(), size + 1);
    sorts.sort(device(), key_buffer.span(), element_buffer.span(), 8);
    std::stable_sort(elements.begin(), elements.end(), [&](const Element& a, const Element& b) {
      return keys[static_cast<std::size_t>(a.index)] < keys[static_cast<std::size_t>(b.index)];
    });
    const auto sorted = element_buffer.download();
    const auto sorted_keys = key_buffer.download();
    for (std::size_t i = 0; i < elements.size(); ++i) {
      ASSERT_EQ(sorted[i].index, elements[i].index);
      ASSERT_EQ(sorted[i].value, elements[i].value);
      ASSERT_EQ(sorted_keys[i], keys[static_cast<std::size_t>(elements[i].index)]);
    }
  }
}

}  // namespace
}  // namespace embrace::gpu
