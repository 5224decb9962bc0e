#include "cuda/device/phase_clock.hpp"

#include <algorithm>

namespace embrace::gpu {
namespace {

PhaseClock* living = nullptr;

double milliseconds(cudaEvent_t begin, cudaEvent_t end) {
  float time = 0;
  EMBRACE_CHECK(cudaEventElapsedTime(&time, begin, end));
  return static_cast<double>(time);
}

}  // namespace

PhaseClock::PhaseClock(DevicePtr device) : device_(std::move(device)) {
  start_ = record();
  living = this;
}

PhaseClock::~PhaseClock() {
  living = nullptr;
  for (cudaEvent_t event : events_) complain(cudaEventDestroy(event), "cudaEventDestroy(event)");
}

PhaseClock* PhaseClock::current() { return living; }

cudaEvent_t PhaseClock::record() {
  if (used_ == events_.size()) {
    cudaEvent_t event = nullptr;
    EMBRACE_CHECK(cudaEventCreate(&event));
    events_.push_back(event);
  }
  cudaEvent_t event = events_[used_++];
  EMBRACE_CHECK(cudaEventRecord(event, device_->stream()));
  return event;
}

void PhaseClock::begin(const char* phase) {
  const std::string name = (open_.empty() ? "" : names_[marks_[open_.back()].name] + " / ") + phase;
  const auto found = std::find(names_.begin(), names_.end(), name);
  const auto place = static_cast<std::size_t>(found - names_.begin());
  if (found == names_.end()) names_.push_back(name);
  open_.push_back(marks_.size());
  marks_.push_back({place, record()});
}

void PhaseClock::end() noexcept {
  if (open_.empty()) return;
  try {
    marks_[open_.back()].end = record();
  } catch (const std::exception&) {  // a phase also ends because a call failed: its own error is on its way
    marks_.pop_back();
  }
  open_.pop_back();
}

std::vector<PhaseTime> PhaseClock::take() {
  const cudaEvent_t stop = record();
  device_->synchronize();
  std::vector<PhaseTime> times{{"", milliseconds(start_, stop), 1}};
  for (const std::string& name : names_) times.push_back({name, 0, 0});
  for (const Mark& mark : marks_) {
    times[mark.name + 1].milliseconds += milliseconds(mark.begin, mark.end);
    ++times[mark.name + 1].calls;
  }
  marks_.clear();
  used_ = 0;
  start_ = record();
  return times;
}

}  // namespace embrace::gpu
