// OnDemand: what follows from a model, made when it is first asked for after an epoch.
#pragma once
#include <mutex>

namespace embrace {

/// Several threads may ask at once: one of them makes it, the others wait.
class OnDemand {
 public:
  /// The model has changed.
  void outdate() { made_ = false; }
  /// Calls `make` unless that was done since.
  template <typename Make>
  void require(const Make& make) const {
    const std::lock_guard lock(mutex_);
    if (made_) return;
    make();
    made_ = true;
  }

 private:
  mutable std::mutex mutex_;
  mutable bool made_ = false;
};

}  // namespace embrace
