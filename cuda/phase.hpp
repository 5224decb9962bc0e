// EMBRACE_PHASE("gram") names the rest of a scope for profilers, by NVTX: free when none is attached.
#pragma once

#if __has_include(<nvtx3/nvToolsExt.h>)
#include <nvtx3/nvToolsExt.h>

namespace embrace::gpu {

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
  const nvtxEventAttributes_t& event() const { return event_; }

 private:
  nvtxEventAttributes_t event_{};
};

class Phase {
 public:
  explicit Phase(const PhaseName& name) { nvtxDomainRangePushEx(PhaseName::domain(), &name.event()); }
  ~Phase() { nvtxDomainRangePop(PhaseName::domain()); }
  Phase(const Phase&) = delete;
  Phase& operator=(const Phase&) = delete;
};

}  // namespace embrace::gpu

#define EMBRACE_PHASE(name)                                        \
  static const ::embrace::gpu::PhaseName embrace_phase_name(name); \
  const ::embrace::gpu::Phase embrace_phase(embrace_phase_name)
#else
#define EMBRACE_PHASE(name) static_cast<void>(0)
#endif
