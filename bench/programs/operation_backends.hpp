// Where embrace-bench-ops runs operations: the processor and, where there is one, the first CUDA device, by our code
// and by Thrust.
#pragma once
#include <memory>
#include <string>

#include "bench/cases/operation.hpp"
#include "bench/devices.hpp"

namespace embrace::programs {

class OperationBackend {
 public:
  virtual ~OperationBackend() = default;
  virtual std::string name() const = 0;  // "cpu", "gpu", "thrust"
  virtual bool times_count() const = 0;  // false for a device that is a processor in disguise
  virtual bool offers(const cases::Operation& operation) const = 0;
  /// Refers to `in`. What the backend does not offer is run by code of ours: peaks are asked of all of them.
  virtual cases::TimedRun prepare(const cases::Operation& operation, const cases::Inputs& in) = 0;
  /// What runs next finds its inputs in memory, not in caches.
  virtual void flush_caches() = 0;
};

std::unique_ptr<OperationBackend> operations_on_cpu(int threads);
std::unique_ptr<OperationBackend> operations_on(const DeviceInfo& device, cases::DeviceCode code);

}  // namespace embrace::programs
