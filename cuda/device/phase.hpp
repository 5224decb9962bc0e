// EMBRACE_PHASE("gram") names the rest of a scope: for profilers by NVTX, free when none is attached, and for the phase
// clock when there is one.
#pragma once
#include "cuda/device/phase_clock.hpp"

#if __has_include(<nvtx3/nvToolsExt.h>)
#include <nvtx3/nvToolsExt.h>

namespace embrace::gpu::detail {

/// A name that the profiler knows by number; made once a place.
class PhaseName {
 public:
  explicit PhaseName(const char* name) {
    event_.version = NVTX_VERSION;
    event_.size = NVTX_EVENT_ATTRIB_STRUCT_SIZE;
    event_.messageType = NVTX_MESSAGE_TYPE_REGISTERED;
    event_.message.registered = nvtxDomainRegisterStringA(domain(), name);
  }
  static nvtxDomainHandle_t domain() {
    static const nvtxDomainHandle_t handle = nvtxDomainCreateA("embrace");
    return handle;
  }
  void push() const { nvtxDomainRangePushEx(domain(), &event_); }
  static void pop() { nvtxDomainRangePop(domain()); }

 private:
  nvtxEventAttributes_t event_{};
};

}  // namespace embrace::gpu::detail
#else
namespace embrace::gpu::detail {

class PhaseName {
 public:
  explicit PhaseName(const char*) {}
  void push() const {}
  static void pop() {}
};

}  // namespace embrace::gpu::detail
#endif

namespace embrace::gpu {

class Phase {
 public:
  Phase(const detail::PhaseName& name, const char* text) : clock_(PhaseClock::current()) {
    if (clock_ != nullptr) clock_->begin(text);
    name.push();
  }
  ~Phase() {
    detail::PhaseName::pop();
    if (clock_ != nullptr) clock_->end();
  }
  Phase(const Phase&) = delete;
  Phase& operator=(const Phase&) = delete;

 private:
  PhaseClock* clock_;
};

}  // namespace embrace::gpu

#define EMBRACE_PHASE(name)                                                \
  static const ::embrace::gpu::detail::PhaseName embrace_phase_name(name); \
  const ::embrace::gpu::Phase embrace_phase(embrace_phase_name, name)
