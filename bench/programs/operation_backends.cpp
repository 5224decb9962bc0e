#include "bench/programs/operation_backends.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <vector>

namespace embrace::programs {
namespace {

class OnCpu final : public OperationBackend {
 public:
  explicit OnCpu(int threads) : threads_(threads), flushed_(static_cast<std::size_t>(2 * last_level_cache())) {}
  std::string name() const override { return "cpu"; }
  bool times_count() const override { return true; }
  bool offers(const cases::Operation& operation) const override { return static_cast<bool>(operation.cpu); }
  cases::TimedRun prepare(const cases::Operation& operation, const cases::Inputs& in) override {
    return operation.cpu(in, threads_);
  }
  void flush_caches() override {
    ++written_;
    threads_.for_ranges(static_cast<std::int64_t>(flushed_.size()), 1 << 20U,
                        [&](std::int64_t begin, std::int64_t end, int) {
                          std::memset(flushed_.data() + begin, written_, static_cast<std::size_t>(end - begin));
                        });
  }

 private:
  /// Virtual machines may hide it, or show a share of it.
  static std::int64_t last_level_cache() {
    constexpr std::int64_t usual = 64 << 20U;
    return std::max<std::int64_t>(sysconf(_SC_LEVEL3_CACHE_SIZE), usual);
  }
  Threads threads_;
  std::vector<char> flushed_;
  char written_ = 0;
};

class OnDevice final : public OperationBackend {
 public:
  OnDevice(const DeviceInfo& device, cases::DeviceCode code)
      : on_(make_operations(device)), code_(code), emulated_(device.kind == DeviceKind::emulated) {}
  std::string name() const override { return code_ == cases::DeviceCode::thrust ? "thrust" : "gpu"; }
  bool times_count() const override { return !emulated_; }
  bool offers(const cases::Operation& operation) const override {
    return code_ == cases::DeviceCode::thrust ? operation.by_thrust : operation.on_device;
  }
  cases::TimedRun prepare(const cases::Operation& operation, const cases::Inputs& in) override {
    return on_->prepare(operation, offers(operation) ? code_ : cases::DeviceCode::ours, in);
  }
  void flush_caches() override { on_->flush_caches(); }

 private:
  std::unique_ptr<cases::DeviceOperations> on_;
  cases::DeviceCode code_;
  bool emulated_;
};

}  // namespace

std::unique_ptr<OperationBackend> operations_on_cpu(int threads) { return std::make_unique<OnCpu>(threads); }
std::unique_ptr<OperationBackend> operations_on(const DeviceInfo& device, cases::DeviceCode code) {
  return std::make_unique<OnDevice>(device, code);
}

}  // namespace embrace::programs
