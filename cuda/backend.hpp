// The seam between programs and the CUDA part. The CUDA part is one shared library, libembrace_cuda.so, that programs
// load when a CUDA device is asked for: a machine without CUDA's libraries then gets a sentence instead of a loader
// error. This header needs no toolkit.
//
// The library exports one symbol, `embrace_cuda_backend`, and holds its own copy of the host code it uses, all of it
// hidden. That is sound because
//   - nothing it takes from host/ has state of its own: views, Hyper, Random and Threads are passed or computed;
//   - both sides come from one build, which `embrace_cuda_backend` checks: layouts and vtables are the same;
//   - both use the shared libstdc++, which compares exception types by name: what one side throws (embrace::Error,
//     Unsupported, Diverged, OutOfMemory, std::exception) the other catches; memory of one may be freed by the other.
// The library is never unloaded, so objects and types that came from it stay valid.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cuda/device/probe.hpp"
#include "cuda/device/profile.hpp"
#include "cuda/operations.hpp"
#include "host/build_info.hpp"
#include "host/method.hpp"

namespace embrace::gpu {

class Backend {
 public:
  virtual ~Backend() = default;
  virtual Probe probe() const = 0;
  /// A trainer of the method, by its name for users, on a device of the probe. Throws Unsupported when the method has
  /// none, OutOfMemory when its plan does not fit.
  virtual std::unique_ptr<Trainer> make_trainer(std::string_view method, int device, const Problem& problem) const = 0;
  /// What bench/cases measure on a device of the probe.
  virtual std::unique_ptr<Operations> operations(int device) const = 0;

  /// Of what the trainer made last does. At most one at a time.
  virtual std::unique_ptr<Profile> profile() const = 0;

  // Tests of failures.
  virtual std::int64_t bytes_held() const = 0;            // by all device buffers of this process
  virtual std::int64_t calls() const = 0;                 // of the toolkit, so far
  virtual void fail_after(std::int64_t calls) const = 0;  // so many more succeed, the next fails; negative: none fails
};

}  // namespace embrace::gpu

namespace embrace::gpu {

/// Tells builds apart whose layouts may differ.
inline std::string build_tag() {
  const BuildInfo& build = build_info();
  return std::string(build.version) + " " + std::string(build.commit) + " " + std::string(build.compiler);
}

}  // namespace embrace::gpu

/// Null when `build`, the caller's build_tag(), is not the library's. The object lives for ever.
extern "C" const embrace::gpu::Backend* embrace_cuda_backend(const char* build);
