#include "cuda/device/check.hpp"

#include <atomic>
#include <cstdio>
#include <string_view>

#include "host/error.hpp"

namespace embrace::gpu {
namespace {

std::atomic<std::int64_t> made{0};
std::atomic<std::int64_t> failing{-1};  // number of the call that fails, counted like `made`

std::string describe(const char* call, const char* text, const std::source_location& place) {
  std::string_view file = place.file_name();
  file.remove_prefix(file.rfind('/') + 1);  // npos + 1 is 0
  return std::string(call) + " failed: " + text + " (" + std::string(file) + ":" + std::to_string(place.line()) + ")";
}

}  // namespace

void check(cudaError_t status, const char* call, std::source_location place) {
  if (status == cudaSuccess) return;
  cudaGetLastError();
  const std::string text = describe(call, cudaGetErrorString(status), place);
  if (status == cudaErrorMemoryAllocation) throw OutOfMemory("the device's memory is full: " + text);
  throw CudaError(text);
}

void check(cublasStatus_t status, const char* call, std::source_location place) {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  const std::string text = describe(call, cublasGetStatusString(status), place);
  if (status == CUBLAS_STATUS_ALLOC_FAILED) throw OutOfMemory("the device's memory is full: " + text);
  throw CudaError(text);
}

void complain(cudaError_t status, const char* call) noexcept {
  if (status == cudaSuccess) return;
  cudaGetLastError();
  std::fprintf(stderr, "embrace: %s failed: %s\n", call, cudaGetErrorString(status));
}

std::int64_t Calls::made() { return gpu::made; }
void Calls::fail_after(std::int64_t calls) { failing = calls < 0 ? -1 : gpu::made + calls; }
bool detail::fail_this_call() { return made++ == failing; }

}  // namespace embrace::gpu
