// Expands host/methods/methods.def: a method that is listed and has neither a trainer nor a line in missing.def fails
// to link.
#include "cuda/backend.hpp"

#include <algorithm>
#include <stdexcept>

#include "cuda/device/phase_clock.hpp"
#include "cuda/device/probe.hpp"
#include "cuda/judge/rate.hpp"
#include "cuda/trainers.hpp"

// Their header is a package of its own, which is not everywhere.
extern "C" cudaError_t CUDARTAPI cudaProfilerStart();
extern "C" cudaError_t CUDARTAPI cudaProfilerStop();

namespace embrace::gpu {
namespace {

struct Entry {
  const char* identifier;
  std::unique_ptr<Trainer> (*make)(DevicePtr, const Problem&);
};

constexpr Entry entries[] = {
#define EMBRACE_METHOD(identifier) {#identifier, &make_##identifier},
#include "host/methods/methods.def"
#undef EMBRACE_METHOD
};

class DeviceProfile final : public Profile {
 public:
  explicit DeviceProfile(DevicePtr device) : clock_(std::move(device)) { EMBRACE_CHECK(cudaProfilerStart()); }
  ~DeviceProfile() override { complain(cudaProfilerStop(), "cudaProfilerStop()"); }
  std::vector<PhaseTime> take() override { return clock_.take(); }

 private:
  PhaseClock clock_;
};

class Library final : public Backend {
 public:
  Probe probe() const override { return gpu::probe(); }
  std::unique_ptr<Trainer> make_trainer(std::string_view method, int device, const Problem& problem) const override {
    std::string identifier(method);
    std::replace(identifier.begin(), identifier.end(), '-', '_');
    const auto* found = std::find_if(std::begin(entries), std::end(entries),
                                     [&](const Entry& e) { return identifier == e.identifier; });
    if (found == std::end(entries)) throw std::invalid_argument("there is no method '" + std::string(method) + "'");
    const auto shared = std::make_shared<Device>(device);
    last_ = shared;
    return found->make(shared, problem);
  }
  std::vector<judge::Verdict> rate_by_network(int device, const judge::RatingCase& work, bool cross,
                                              Span<const std::uint64_t> seeds) const override {
    return gpu::rate_by_network(std::make_shared<Device>(device), work, cross, seeds);
  }
  std::unique_ptr<Profile> profile() const override {
    DevicePtr device = last_.lock();
    if (!device) throw std::logic_error("there is no trainer to profile");
    return std::make_unique<DeviceProfile>(std::move(device));
  }
  std::int64_t bytes_held() const override { return gpu::bytes_held(); }
  std::int64_t calls() const override { return Calls::made(); }
  void fail_after(std::int64_t calls) const override { Calls::fail_after(calls); }

 private:
  mutable std::weak_ptr<Device> last_;  // of the trainer made last
};

}  // namespace

const Backend& backend() {
  static const Library library;
  return library;
}

}  // namespace embrace::gpu
