// Every call of the CUDA run time and of cuBLAS goes through EMBRACE_CHECK: a status that is no success becomes a typed
// exception that names call, text, file and line.
#pragma once
#include <cublas_v2.h>
#include <cuda_runtime_api.h>

#include <cstdint>
#include <source_location>
#include <stdexcept>
#include <string>

namespace embrace::gpu {

/// A call that failed. Want of memory is embrace::OutOfMemory (host/error.hpp) instead.
class CudaError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Throws unless the status is success. A sticky error of the run time is cleared, so that the next run is not blamed.
void check(cudaError_t status, const char* call, std::source_location place = std::source_location::current());
void check(cublasStatus_t status, const char* call, std::source_location place = std::source_location::current());

/// For destructors: says what failed on stderr.
void complain(cudaError_t status, const char* call) noexcept;

/// Tests: checked calls are counted, and one of them can be made to fail without being made.
struct Calls {
  static std::int64_t made();                  // since the program began
  static void fail_after(std::int64_t calls);  // so many more succeed, the next fails; negative: none fails
};

namespace detail {
bool fail_this_call();
inline cudaError_t failure(cudaError_t*) { return cudaErrorLaunchFailure; }
inline cublasStatus_t failure(cublasStatus_t*) { return CUBLAS_STATUS_EXECUTION_FAILED; }
}  // namespace detail

#define EMBRACE_CHECK(call)                                                                          \
  ::embrace::gpu::check(::embrace::gpu::detail::fail_this_call()                                     \
                            ? ::embrace::gpu::detail::failure(static_cast<decltype(call)*>(nullptr)) \
                            : (call),                                                                \
                        #call)

}  // namespace embrace::gpu
