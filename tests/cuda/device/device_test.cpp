// The device layer: memory, copies, errors, and what happens when a call fails.
#include "cuda/device/device.hpp"

#include <numeric>

#include "cuda/device/memory_plan.hpp"
#include "host/error.hpp"
#include "host/span.hpp"
#include "tests/cuda/gpu_test.hpp"

namespace embrace::gpu {
namespace {

class DeviceTest : public test::GpuTest {};

TEST_F(DeviceTest, CopiesOfEverySizeComeBackUnchanged) {
  // 4 MiB is a staging buffer: nothing, less than one, exactly one, exactly two, and three with a remainder.
  for (const std::int64_t size : {0LL, 1LL, 31LL, 1LL << 20, 1LL << 21, (3LL << 20) + 5}) {
    std::vector<float> values(static_cast<std::size_t>(size));
    std::iota(values.begin(), values.end(), 0.0F);
    const DeviceBuffer<float> buffer = on_device(values);
    EXPECT_EQ(buffer.size(), size);
    EXPECT_EQ(buffer.download(), values) << size;
  }
}

TEST_F(DeviceTest, UploadHasReadItsSourceWhenItReturns) {
  std::vector<std::int32_t> values(100, 7);
  DeviceBuffer<std::int32_t> buffer(device(), 100);
  device().upload(Span<const std::int32_t>(values), buffer.span());
  std::fill(values.begin(), values.end(), 9);
  EXPECT_EQ(buffer.download(), std::vector<std::int32_t>(100, 7));
}

// They share the memory that they go through, and more than it holds: nothing may be written over before it has left.
TEST_F(DeviceTest, UploadsThatFollowEachOtherKeepTheirValues) {
  std::vector<DeviceBuffer<std::int32_t>> buffers;
  std::vector<std::vector<std::int32_t>> values;
  for (std::int32_t n = 0; n < 40; ++n) {
    values.emplace_back(static_cast<std::size_t>(n % 3 == 0 ? 700'001 : 17 * n + 1), n);
    buffers.push_back(on_device(values.back()));
    if (n == 20) {
      EXPECT_EQ(buffers[3].download(), values[3]);
    }
  }
  for (std::size_t n = 0; n < values.size(); ++n) EXPECT_EQ(buffers[n].download(), values[n]) << n;
}

TEST_F(DeviceTest, MatricesHaveAlignedRowsThatEndInZeros) {
  for (const std::int64_t columns : {0, 1, 3, 4, 5, 31, 33}) {
    Matrix host(3, columns);
    for (std::int64_t i = 0; i < host.size(); ++i) host.data()[i] = static_cast<float>(i + 1);
    DeviceMatrix matrix(device(), 3, columns);
    matrix.upload(device(), host.view());
    const DeviceMatrixView<float> view = matrix.view();
    EXPECT_EQ(view.stride % 4, 0);
    std::vector<float> padded(static_cast<std::size_t>(3 * view.stride));
    device().download(DeviceSpan<const float>{view.data, 3 * view.stride}, Span(padded));
    const Matrix back = download(device(), matrix);
    for (std::int64_t r = 0; r < 3; ++r) {
      for (std::int64_t c = 0; c < view.stride; ++c) {
        EXPECT_EQ(padded[static_cast<std::size_t>(r * view.stride + c)], c < columns ? host(r, c) : 0.0F);
        if (c < columns) {
          EXPECT_EQ(back(r, c), host(r, c));
        }
      }
    }
  }
}

TEST_F(DeviceTest, BytesAreCountedAndGivenBack) {
  const std::int64_t before = bytes_held();
  {
    DeviceBuffer<double> first(device(), 10);
    DeviceBuffer<double> second = std::move(first);
    EXPECT_EQ(device().used_bytes(), 80);
    EXPECT_EQ(bytes_held(), before + 80);
    second = DeviceBuffer<double>(device(), 5);
    EXPECT_EQ(device().peak_bytes(), 120);
  }
  EXPECT_EQ(device().used_bytes(), 0);
  EXPECT_EQ(bytes_held(), before);
}

TEST_F(DeviceTest, AnErrorNamesCallTextFileAndLineAndIsCleared) {
  try {
    EXPECT_EQ(cudaGetLastError(), cudaSuccess);
    EMBRACE_CHECK(cudaSetDevice(12345));
    FAIL() << "no error";
  } catch (const CudaError& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("cudaSetDevice(12345)"), std::string::npos) << text;
    EXPECT_NE(text.find("invalid device ordinal"), std::string::npos) << text;
    EXPECT_NE(text.find("device_test.cpp:"), std::string::npos) << text;
  }
  EXPECT_EQ(cudaGetLastError(), cudaSuccess);
}

TEST_F(DeviceTest, WantOfMemoryIsABadAllocAndLeavesNothing) {
  EXPECT_THROW(DeviceBuffer<char>(device(), std::int64_t{1} << 50), OutOfMemory);
  EXPECT_THROW(DeviceBuffer<char>(device(), std::int64_t{1} << 50), std::bad_alloc);
  EXPECT_EQ(device().used_bytes(), 0);
  DeviceBuffer<char> small(device(), 10);  // the device is as good as before
  small.clear();
  EXPECT_EQ(small.download(), std::vector<char>(10, 0));
}

TEST_F(DeviceTest, APlanIsRefusedBeforeAnythingIsAllocated) {
  MemoryPlan plan;
  plan.add("ratings", 3 << 20).add("factors", 1 << 20);
  EXPECT_NO_THROW(plan.require(device()));
  EXPECT_NE(plan.text(device()).find("cuda:0: 4.0 MiB planned (ratings 3.0, factors 1.0)"), std::string::npos)
      << plan.text(device());
  EXPECT_EQ(plan.at_least("sorting", 3 << 20).bytes(), 4 << 20);  // memory that is planned for more does for that, too
  EXPECT_EQ(plan.at_least("sorting", 5 << 20).bytes(), 5 << 20);
  plan.add("the rest", device().free_bytes());
  EXPECT_THROW(plan.require(device()), OutOfMemory);
  EXPECT_EQ(device().used_bytes(), 0);
}

TEST_F(DeviceTest, EveryCallCanFailAndNothingLeaks) {
  const std::int64_t before = bytes_held();
  const auto work = [] {
    Device another(0);
    const std::vector<float> ones(5, 1.0F);
    const DeviceBuffer<float> buffer(another, Span<const float>(ones));
    Timer timer(another);
    timer.start();
    EXPECT_GE(timer.seconds(), 0.0);
    EXPECT_EQ(buffer.download(), ones);
  };
  const std::int64_t begin = Calls::made();
  work();
  const std::int64_t calls = Calls::made() - begin;
  ASSERT_GT(calls, 15);
  for (std::int64_t n = 0; n < calls; ++n) {
    Calls::fail_after(n);
    EXPECT_THROW(work(), std::exception) << "call " << n;
    EXPECT_EQ(bytes_held(), before) << "call " << n;
  }
  Calls::fail_after(-1);
  work();
}

}  // namespace
}  // namespace embrace::gpu
