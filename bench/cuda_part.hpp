// The seam between programs and the CUDA part. The CUDA part is one shared library, libembrace_cuda.so, that programs
// load when a CUDA device is asked for: a machine without CUDA's libraries then gets a sentence instead of a loader
// error. In it are all of cuda/ and the device's side of bench/cases. This header needs no toolkit.
//
// The library exports one symbol, `embrace_cuda_part`, and holds its own copy of the host code it uses, all of it
// hidden. That is sound because
//   - nothing it takes from host/ has state of its own: views, Hyper, Random and Threads are passed or computed;
//   - both sides come from one build, which `embrace_cuda_part` checks: layouts and vtables are the same;
//   - both use the shared libstdc++, which compares exception types by name: what one side throws (embrace::Error,
//     Unsupported, Diverged, OutOfMemory, std::exception) the other catches; memory of one may be freed by the other.
// The library is never unloaded, so objects and types that came from it stay valid.
#pragma once
#include <memory>
#include <string>

#include "bench/cases/device_operations.hpp"
#include "cuda/backend.hpp"
#include "host/build_info.hpp"

namespace embrace {

struct CudaPart {
  const gpu::Backend& backend;
  /// On a device of the backend's probe.
  std::unique_ptr<cases::DeviceOperations> (*operations)(int device);
};

/// Tells builds apart whose layouts may differ.
inline std::string build_tag() {
  const BuildInfo& build = build_info();
  return std::string(build.version) + " " + std::string(build.commit) + " " + std::string(build.compiler);
}

}  // namespace embrace

/// Null when `build`, the caller's build_tag(), is not the library's. The object lives for ever.
extern "C" const embrace::CudaPart* embrace_cuda_part(const char* build);
