// host/methods/item2vec_baskets.hpp on the device: of the same epoch the same baskets, in the same order.
#pragma once
#include <cstdint>

#include "cuda/device/device.hpp"
#include "cuda/math/order.hpp"
#include "host/method.hpp"
#include "host/methods/item2vec_baskets.hpp"

namespace embrace::gpu {

/// Baskets of an epoch, one after the other.
struct BasketsView {
  DeviceSpan<const std::int32_t> items;
  DeviceSpan<const std::uint32_t> basket;  // of each item
  DeviceSpan<const std::int64_t> begins;   // of each basket among the items, and the end of the last
};

class UserBaskets {
 public:
  UserBaskets(Device& device, const Problem& problem);
  static std::int64_t bytes(const Problem& problem);

  /// Of `ratings`, those of the problem. Waits for them. What comes back says where they begin; their items stay here.
  embrace::Baskets draw(Device& device, DeviceCsrView ratings, std::uint32_t epoch);
  /// Those drawn last.
  BasketsView view() const { return {items_.span(), keys_.span(), begins_.span()}; }

 private:
  std::uint64_t seed_;
  std::int64_t most_;                   // items of a basket
  DeviceBuffer<float> shares_kept_;     // by item
  DeviceBuffer<std::uint32_t> keys_;    // by which entries are sorted; then the baskets of their items
  DeviceBuffer<Element> entries_;       // of the ratings
  DeviceBuffer<std::uint32_t> places_;  // of the entries' users in the epoch's order; of what is left out all users
  SortBuffers sorts_;
  DeviceBuffer<std::int32_t> kept_, parts_;  // by place of a user: items, and baskets that they are dealt to
  DeviceBuffer<std::int64_t> first_item_, first_basket_;  // sums of those before, and of all
  DeviceBuffer<std::int32_t> items_;
  DeviceBuffer<std::int64_t> begins_;
};

}  // namespace embrace::gpu
