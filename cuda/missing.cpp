#include <algorithm>
#include <string>

#include "cuda/trainers.hpp"
#include "host/error.hpp"

namespace embrace::gpu {
namespace {

[[noreturn, maybe_unused]] void refuse(std::string method, const char* reason) {
  std::replace(method.begin(), method.end(), '_', '-');
  throw Unsupported("method '" + method + "' does not run on CUDA devices: " + reason);
}

}  // namespace

#define EMBRACE_MISSING(identifier, reason) \
  std::unique_ptr<Trainer> make_##identifier(DevicePtr, const Problem&) { refuse(#identifier, reason); }
#include "cuda/missing.def"
#undef EMBRACE_MISSING

}  // namespace embrace::gpu
