// What programs ask of the CUDA part: which devices there are, and trainers on them. How programs reach it:
// bench/cuda_part.hpp. This header needs no toolkit.
#pragma once
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "cuda/device/probe.hpp"
#include "cuda/device/profile.hpp"
#include "host/judge/judge.hpp"
#include "host/method.hpp"

namespace embrace::gpu {

class Backend {
 public:
  virtual ~Backend() = default;
  virtual Probe probe() const = 0;
  /// A trainer of the method, by its name for users, on a device of the probe. Throws Unsupported when the method has
  /// none, OutOfMemory when its plan does not fit.
  virtual std::unique_ptr<Trainer> make_trainer(std::string_view method, int device, const Problem& problem) const = 0;
  /// The judges with a network, of vectors that stay frozen. Throws OutOfMemory when its plan does not fit.
  virtual std::vector<judge::Verdict> rate_by_network(int device, const judge::RatingCase& work, bool cross,
                                                      Span<const std::uint64_t> seeds) const = 0;
  /// Of what the trainer made last does. At most one at a time.
  virtual std::unique_ptr<Profile> profile() const = 0;

  // Tests of failures.
  virtual std::int64_t bytes_held() const = 0;            // by all device buffers of this process
  virtual std::int64_t calls() const = 0;                 // of the toolkit, so far
  virtual void fail_after(std::int64_t calls) const = 0;  // so many more succeed, the next fails; negative: none fails
};

/// The only one there is.
const Backend& backend();

}  // namespace embrace::gpu
