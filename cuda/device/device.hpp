// Device: one CUDA device with a stream and a cuBLAS handle, made once per run and passed first. DeviceBuffer and what
// is built of it: memory that lives as long as its owner, allocated and freed in the order of the stream.
// All work goes to the device's own stream; the default stream is never used. Not for several threads at once.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "cuda/device/check.hpp"
#include "cuda/device/views.hpp"
#include "host/matrix.hpp"
#include "host/span.hpp"
#include "host/sparse.hpp"
#include "host/views.hpp"

namespace embrace::gpu {

class Device {
 public:
  explicit Device(int number);
  ~Device();
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  int number() const { return number_; }
  cudaStream_t stream() const { return stream_; }
  cublasHandle_t blas() const { return blas_; }  // row-major callers: cuda/math/product.hpp
  int multiprocessors() const { return multiprocessors_; }
  std::int64_t cache_bytes() const { return cache_bytes_; }  // level 2

  /// Waits until all work given so far is done; reports its errors.
  void synchronize() const;

  /// Bytes that an allocation could get now; bytes that buffers hold; the most they held at a time.
  std::int64_t free_bytes() const;
  std::int64_t used_bytes() const { return used_; }
  std::int64_t peak_bytes() const { return peak_; }

  /// Copies through pinned memory. `upload` has read `from` when it returns; `download` has filled `to`.
  template <typename T>
  void upload(Span<const T> from, DeviceSpan<T> to) {
    upload_bytes(from.data(), to.data, from.size_bytes());
  }
  template <typename T>
  void download(DeviceSpan<const T> from, Span<T> to) {
    download_bytes(from.data, to.data(), to.size_bytes());
  }

 private:
  template <typename T>
  friend class DeviceBuffer;
  void* allocate(std::size_t bytes);
  void release(void* memory, std::size_t bytes) noexcept;
  void upload_bytes(const void* from, void* to, std::size_t bytes);
  void download_bytes(const void* from, void* to, std::size_t bytes);
  void make_staging();
  void close() noexcept;

  struct Staging {
    void* memory = nullptr;  // pinned
    cudaEvent_t idle = nullptr;
  };
  int number_;
  int multiprocessors_ = 0;
  int cache_bytes_ = 0;
  cudaStream_t stream_ = nullptr;
  cudaMemPool_t pool_ = nullptr;
  cublasHandle_t blas_ = nullptr;
  std::array<Staging, 2> staging_;  // made at the first copy
  std::int64_t used_ = 0;
  std::int64_t peak_ = 0;
};
/// Bytes that the buffers of all devices hold; 0 when nothing leaks.
std::int64_t bytes_held();

/// Trainers share the device of their run.
using DevicePtr = std::shared_ptr<Device>;

/// Uninitialised elements on a device; movable only. The device must outlive it.
template <typename T>
class DeviceBuffer {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  DeviceBuffer() = default;
  DeviceBuffer(Device& device, std::int64_t size)
      : device_(&device), size_(size), data_(static_cast<T*>(device.allocate(bytes()))) {}
  DeviceBuffer(Device& device, Span<const T> from) : DeviceBuffer(device, static_cast<std::int64_t>(from.size())) {
    device.upload(from, span());
  }
  DeviceBuffer(DeviceBuffer&& other) noexcept { *this = std::move(other); }
  DeviceBuffer& operator=(DeviceBuffer&& other) noexcept {
    std::swap(device_, other.device_);
    std::swap(size_, other.size_);
    std::swap(data_, other.data_);
    return *this;
  }
  ~DeviceBuffer() {
    if (data_ != nullptr) device_->release(data_, bytes());
  }

  std::int64_t size() const { return size_; }
  DeviceSpan<T> span() { return {data_, size_}; }
  DeviceSpan<const T> span() const { return {data_, size_}; }
  /// All elements set to the bytes of zero.
  void clear() {
    if (size_ > 0) EMBRACE_CHECK(cudaMemsetAsync(data_, 0, bytes(), device_->stream()));
  }
  std::vector<T> download() const {
    std::vector<T> host(static_cast<std::size_t>(size_));
    if (size_ > 0) device_->download(span(), Span<T>(host));
    return host;
  }

 private:
  std::size_t bytes() const { return static_cast<std::size_t>(size_) * sizeof(T); }
  Device* device_ = nullptr;
  std::int64_t size_ = 0;
  T* data_ = nullptr;
};

/// Zeros at first. Rows begin on 16 bytes and end in columns of zeros up to the stride, so that kernels may read rows
/// in four floats at a time.
class DeviceMatrix {
 public:
  DeviceMatrix() = default;
  DeviceMatrix(Device& device, std::int64_t rows, std::int64_t columns);

  static std::int64_t stride(std::int64_t columns) { return (columns + 3) / 4 * 4; }
  static std::int64_t bytes(std::int64_t rows, std::int64_t columns) { return rows * stride(columns) * 4; }
  std::int64_t rows() const { return rows_; }
  std::int64_t columns() const { return columns_; }
  DeviceMatrixView<float> view() { return {memory_.span().data, rows_, columns_, stride(columns_)}; }
  DeviceMatrixView<const float> view() const { return {memory_.span().data, rows_, columns_, stride(columns_)}; }
  void upload(Device& device, ConstMatrixView from);

 private:
  std::int64_t rows_ = 0;
  std::int64_t columns_ = 0;
  DeviceBuffer<float> memory_;
};

/// Copies rows back; returns when they are there.
void download(Device& device, DeviceMatrixView<const float> from, MatrixView to);
Matrix download(Device& device, const DeviceMatrix& from);

class DeviceCsr {
 public:
  DeviceCsr() = default;
  DeviceCsr(Device& device, CsrView from);
  /// Takes what was computed on the device; offsets.size() is rows + 1.
  DeviceCsr(DeviceBuffer<std::int64_t> offsets, DeviceBuffer<std::int32_t> indices, DeviceBuffer<float> values,
            std::int64_t rows, std::int64_t columns)
      : offsets_(std::move(offsets)),
        indices_(std::move(indices)),
        values_(std::move(values)),
        rows_(rows),
        columns_(columns) {}
  /// Bytes that the constructor allocates.
  static std::int64_t bytes(CsrView matrix) { return (matrix.rows + 1) * 8 + matrix.entries() * 8; }
  Csr download() const { return {offsets_.download(), indices_.download(), values_.download(), columns_}; }
  DeviceCsrView view() const { return {offsets_.span(), indices_.span(), values_.span(), rows_, columns_}; }

 private:
  DeviceBuffer<std::int64_t> offsets_;
  DeviceBuffer<std::int32_t> indices_;
  DeviceBuffer<float> values_;
  std::int64_t rows_ = 0;
  std::int64_t columns_ = 0;
};

/// Time that the device spends between start() and seconds(), which waits for it.
class Timer {
 public:
  explicit Timer(Device& device);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  void start();
  double seconds();

 private:
  Device& device_;
  cudaEvent_t begin_ = nullptr;
  cudaEvent_t end_ = nullptr;
};

}  // namespace embrace::gpu
