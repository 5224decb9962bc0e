// The operations of bench/cases on a device: inputs are copied there, then run as often as wanted. No toolkit is needed
// to use this header.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "host/span.hpp"
#include "host/views.hpp"

namespace embrace::gpu {

/// An operation with its inputs on the device.
struct DeviceRun {
  std::function<double()> run;                  // the seconds that the device took; finished when it returns
  std::function<std::vector<double>()> answer;  // of the last run, flattened as bench/cases wants it
};

class Operations {
 public:
  virtual ~Operations() = default;
  virtual DeviceRun copy(Span<const float> from) const = 0;
  /// a b, both n × n.
  virtual DeviceRun gemm(std::int64_t n, Span<const float> a, Span<const float> b) const = 0;
  virtual DeviceRun aggregate(std::int64_t users, std::int64_t items, Span<const std::int32_t> user,
                              Span<const std::int32_t> item, Span<const float> value) const = 0;
  virtual DeviceRun csr(std::int64_t rows, std::int64_t columns, Span<const std::int32_t> row,
                        Span<const std::int32_t> column, Span<const float> value) const = 0;
  virtual DeviceRun predict(ConstMatrixView users, ConstMatrixView items, Span<const std::int32_t> user,
                            Span<const std::int32_t> item) const = 0;
  /// The first `depth` items of all users.
  virtual DeviceRun rank(ConstMatrixView users, ConstMatrixView items, CsrView mask, std::int64_t depth) const = 0;
  /// Writes over the device's caches: what runs next finds them cold.
  virtual void flush_caches() const = 0;
};

}  // namespace embrace::gpu
