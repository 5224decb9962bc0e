// Scaling: every source on the same axes, at the same width and on the same scale, so that a judge compares what is in
// the vectors and not how long or how turned they are. A row is centred by the mean over the items that made the
// embedding, turned to their principal axes, of which the first `width` are kept, and multiplied by one number, so that
// the mean squared length is 1: the spectrum stays. A rotation of a source or a factor on it so changes nothing.
#pragma once
#include <cstdint>

#include "host/array.hpp"
#include "host/judge/source_vectors.hpp"
#include "host/span.hpp"
#include "host/threads.hpp"

namespace embrace::judge {

class Axes {
 public:
  /// Fitted on the known rows that are `fitted` (one a row). The sign of an axis is that of the rows' third moment
  /// there. Keeps min(width, columns) axes.
  Axes(const EntityVectors& vectors, Span<const std::uint8_t> fitted, std::int64_t width, Threads& threads);

  std::int64_t width() const { return width_; }
  /// Vectors on these axes, centred and scaled by what is `fitted` and known of them: the items themselves, or the
  /// users whose dot products with them count. A row that is not known is 0, as the mean is.
  EntityVectors apply(const EntityVectors& vectors, Span<const std::uint8_t> fitted, Threads& threads) const;

 private:
  std::int64_t columns_, width_;
  Array<double> axes_;  // width × columns
};

}  // namespace embrace::judge
