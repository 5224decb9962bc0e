// What `item2vec` draws beside the contexts that are there: items with ratings, each by its number of ratings to the
// power `exponent` (Mikolov et al. 2013, section 2.2; Caselles-Dupré et al. 2018).
#pragma once
#include <cstdint>

#include "host/array.hpp"
#include "host/method.hpp"
#include "host/random.hpp"
#include "host/span.hpp"

namespace embrace {

class NegativeItems {
 public:
  static constexpr std::int64_t a_group = 128;

  explicit NegativeItems(const Problem& problem);

  /// Those with ratings, and the sums of the weights of each of them and those before.
  const Array<std::int32_t>& items() const { return items_; }
  const Array<double>& up_to() const { return up_to_; }

  /// What group `number` since training began draws: a_group items, some perhaps twice.
  void draw(std::int64_t number, Span<std::int32_t> items) const;

 private:
  Random sampling_;
  Array<std::int32_t> items_;
  Array<double> up_to_;
};

}  // namespace embrace
