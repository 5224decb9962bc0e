#include "cuda/device/device.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>

#include "host/error.hpp"
#include "host/span.hpp"

namespace embrace::gpu {
namespace {

constexpr std::size_t staging_bytes = std::size_t{4} << 20U;  // long enough that the bus, not the call, takes the time

std::atomic<std::int64_t> held{0};

/// Asks, and does not wait.
bool has_passed(cudaEvent_t event) {
  cudaError_t status = cudaEventQuery(event);
  if (status == cudaErrorNotReady) {
    cudaGetLastError();  // which is no error, and not to be found by the next check
    return false;
  }
  EMBRACE_CHECK(status);
  return true;
}

}  // namespace

Device::Device(int number) : number_(number) {
  try {
    EMBRACE_CHECK(cudaSetDevice(number));
    EMBRACE_CHECK(cudaDeviceGetAttribute(&multiprocessors_, cudaDevAttrMultiProcessorCount, number));
    EMBRACE_CHECK(cudaDeviceGetAttribute(&cache_bytes_, cudaDevAttrL2CacheSize, number));
    EMBRACE_CHECK(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking));
    // Freed memory stays with the process until this object ends: an epoch that allocates does not wait for the driver.
    EMBRACE_CHECK(cudaDeviceGetDefaultMemPool(&pool_, number));
    std::uint64_t keep_all = ~std::uint64_t{0};
    EMBRACE_CHECK(cudaMemPoolSetAttribute(pool_, cudaMemPoolAttrReleaseThreshold, &keep_all));
    EMBRACE_CHECK(cublasCreate(&blas_));
    EMBRACE_CHECK(cublasSetStream(blas_, stream_));
  } catch (...) {
    close();
    throw;
  }
}

Device::~Device() { close(); }

void Device::close() noexcept {
  if (stream_ != nullptr) complain(cudaStreamSynchronize(stream_), "cudaStreamSynchronize");
  if (blas_ != nullptr && cublasDestroy(blas_) != CUBLAS_STATUS_SUCCESS) complain(cudaErrorUnknown, "cublasDestroy");
  for (Staging& staging : staging_) {
    if (staging.idle != nullptr) complain(cudaEventDestroy(staging.idle), "cudaEventDestroy");
    if (staging.memory != nullptr) complain(cudaFreeHost(staging.memory), "cudaFreeHost");
  }
  if (stream_ != nullptr) complain(cudaStreamDestroy(stream_), "cudaStreamDestroy");
  if (pool_ != nullptr) complain(cudaMemPoolTrimTo(pool_, 0), "cudaMemPoolTrimTo");
}

void Device::synchronize() const { EMBRACE_CHECK(cudaStreamSynchronize(stream_)); }

std::int64_t Device::free_bytes() const {
  std::size_t free = 0, total = 0;
  EMBRACE_CHECK(cudaMemGetInfo(&free, &total));
  std::uint64_t reserved = 0, used = 0;
  EMBRACE_CHECK(cudaMemPoolGetAttribute(pool_, cudaMemPoolAttrReservedMemCurrent, &reserved));
  EMBRACE_CHECK(cudaMemPoolGetAttribute(pool_, cudaMemPoolAttrUsedMemCurrent, &used));
  return static_cast<std::int64_t>(free + (reserved - used));
}

void* Device::allocate(std::size_t bytes) {
  if (bytes == 0) return nullptr;
  void* memory = nullptr;
  EMBRACE_CHECK(cudaMallocAsync(&memory, bytes, stream_));
  used_ += static_cast<std::int64_t>(bytes);
  held += static_cast<std::int64_t>(bytes);
  peak_ = std::max(peak_, used_);
  return memory;
}

void Device::release(void* memory, std::size_t bytes) noexcept {
  complain(cudaFreeAsync(memory, stream_), "cudaFreeAsync");
  used_ -= static_cast<std::int64_t>(bytes);
  held -= static_cast<std::int64_t>(bytes);
}

std::int64_t bytes_held() { return held; }

void Device::make_staging() {
  for (Staging& staging : staging_) {
    if (staging.memory == nullptr) EMBRACE_CHECK(cudaMallocHost(&staging.memory, staging_bytes));
    if (staging.idle == nullptr) {
      EMBRACE_CHECK(cudaEventCreateWithFlags(&staging.idle, cudaEventDisableTiming));
    }
  }
}

// Begins with memory whose last copy has left, so that the host does not wait for an upload just before this one.
void Device::upload_bytes(const void* from, void* to, std::size_t bytes) {
  make_staging();
  std::size_t turn = has_passed(staging_[0].idle) ? 0 : 1;
  for (std::size_t done = 0; done < bytes; done += staging_bytes, turn ^= 1U) {
    const std::size_t size = std::min(staging_bytes, bytes - done);
    if (!has_passed(staging_[turn].idle)) EMBRACE_CHECK(cudaEventSynchronize(staging_[turn].idle));
    std::memcpy(staging_[turn].memory, static_cast<const std::byte*>(from) + done, size);
    EMBRACE_CHECK(cudaMemcpyAsync(static_cast<std::byte*>(to) + done, staging_[turn].memory, size,
                                  cudaMemcpyHostToDevice, stream_));
    EMBRACE_CHECK(cudaEventRecord(staging_[turn].idle, stream_));
  }
}

void Device::download_bytes(const void* from, void* to, std::size_t bytes) {
  make_staging();
  const auto size_at = [&](std::size_t done) { return std::min(staging_bytes, bytes - done); };
  const auto fetch = [&](std::size_t done, Staging& staging) {
    EMBRACE_CHECK(cudaMemcpyAsync(staging.memory, static_cast<const std::byte*>(from) + done, size_at(done),
                                  cudaMemcpyDeviceToHost, stream_));
    EMBRACE_CHECK(cudaEventRecord(staging.idle, stream_));
  };
  if (bytes > 0) fetch(0, staging_[0]);
  for (std::size_t done = 0, turn = 0; done < bytes; done += staging_bytes, turn ^= 1U) {
    if (done + staging_bytes < bytes) fetch(done + staging_bytes, staging_[turn ^ 1U]);  // while this one is copied out
    EMBRACE_CHECK(cudaEventSynchronize(staging_[turn].idle));
    std::memcpy(static_cast<std::byte*>(to) + done, staging_[turn].memory, size_at(done));
  }
}

DeviceMatrix::DeviceMatrix(Device& device, std::int64_t rows, std::int64_t columns)
    : rows_(rows), columns_(columns), memory_(device, rows * stride(columns)) {
  memory_.clear();
}

void DeviceMatrix::upload(Device& device, ConstMatrixView from) {
  if (rows_ == 0 || columns_ == 0) return;
  const std::size_t width = static_cast<std::size_t>(columns_) * sizeof(float);
  EMBRACE_CHECK(cudaMemcpy2DAsync(memory_.span().data, static_cast<std::size_t>(stride(columns_)) * sizeof(float),
                                  from.data, static_cast<std::size_t>(from.stride) * sizeof(float), width,
                                  static_cast<std::size_t>(rows_), cudaMemcpyHostToDevice, device.stream()));
  device.synchronize();  // the caller's memory may be gone after this
}

void download(Device& device, DeviceMatrixView<const float> from, MatrixView to) {
  if (from.rows == 0 || from.columns == 0) return;
  EMBRACE_CHECK(cudaMemcpy2DAsync(to.data, static_cast<std::size_t>(to.stride) * sizeof(float), from.data,
                                  static_cast<std::size_t>(from.stride) * sizeof(float),
                                  static_cast<std::size_t>(from.columns) * sizeof(float),
                                  static_cast<std::size_t>(from.rows), cudaMemcpyDeviceToHost, device.stream()));
  device.synchronize();
}

Matrix download(Device& device, const DeviceMatrix& from) {
  Matrix host(from.rows(), from.columns());
  download(device, from.view(), host.view());
  return host;
}

DeviceCsr::DeviceCsr(Device& device, CsrView from) : rows_(from.rows), columns_(from.columns) {
  const auto entries = static_cast<std::size_t>(from.entries());
  const std::int64_t no_rows = 0;
  offsets_ = from.rows == 0
                 ? DeviceBuffer<std::int64_t>(device, {&no_rows, 1})
                 : DeviceBuffer<std::int64_t>(device, {from.offsets, static_cast<std::size_t>(from.rows) + 1});
  indices_ = {device, Span(from.indices, entries)};
  values_ = {device, Span(from.values, entries)};
}

Timer::Timer(Device& device) : device_(device) {
  EMBRACE_CHECK(cudaEventCreate(&begin_));
  try {
    EMBRACE_CHECK(cudaEventCreate(&end_));
  } catch (...) {
    complain(cudaEventDestroy(begin_), "cudaEventDestroy");
    throw;
  }
}

Timer::~Timer() {
  complain(cudaEventDestroy(begin_), "cudaEventDestroy");
  complain(cudaEventDestroy(end_), "cudaEventDestroy");
}

void Timer::start() { EMBRACE_CHECK(cudaEventRecord(begin_, device_.stream())); }

double Timer::seconds() {
  EMBRACE_CHECK(cudaEventRecord(end_, device_.stream()));
  EMBRACE_CHECK(cudaEventSynchronize(end_));
  float milliseconds = 0;
  EMBRACE_CHECK(cudaEventElapsedTime(&milliseconds, begin_, end_));
  return static_cast<double>(milliseconds) / 1e3;
}

}  // namespace embrace::gpu
