#include "host/math/normal_numbers.hpp"

#include <algorithm>

#include "host/math/random_bits.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "host/math/normal_numbers.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

// After highway.h.
#include <hwy/contrib/math/math-inl.h>

HWY_BEFORE_NAMESPACE();
namespace embrace {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// `count` is a multiple of 32: two vectors at least.
void box_muller(const std::uint32_t* HWY_RESTRICT bits, std::int64_t count, float* HWY_RESTRICT out) {
  const hn::CappedTag<float, 16> d;
  const hn::RebindToUnsigned<decltype(d)> du;
  const hn::RebindToSigned<decltype(d)> di;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const auto number = [&](auto word) { return hn::ConvertTo(d, hn::BitCast(di, word)); };
  for (std::int64_t i = 0; i < count; i += 2 * lanes) {
    hn::Vec<decltype(du)> first, second;
    hn::LoadInterleaved2(du, bits + i, first, second);
    const auto uniform = hn::MulAdd(number(hn::ShiftRight<1>(first)), hn::Set(d, 0x1p-31F), hn::Set(d, 0x1p-32F));
    const auto radius = hn::Sqrt(hn::Mul(hn::Set(d, -2.0F), hn::Log(d, hn::Min(uniform, hn::Set(d, 1.0F)))));
    const auto angle = hn::Mul(number(second), hn::Set(d, 1.4629180792671596e-9F));  // π / 2^31
    hn::StoreInterleaved2(hn::Mul(radius, hn::Cos(d, angle)), hn::Mul(radius, hn::Sin(d, angle)), d, out + i);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace embrace
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace embrace {
HWY_EXPORT(box_muller);

void normal_numbers(const Random& random, std::uint64_t a, std::uint32_t b, std::int64_t count, float* out) {
  constexpr std::int64_t most = 64;  // counters at a time
  alignas(64) std::uint32_t bits[4 * most] = {};
  alignas(64) float numbers[4 * most];
  for (std::int64_t first = 0; first < count; first += most) {
    const std::int64_t here = std::min(most, count - first);
    random_bits(random, a, b + static_cast<std::uint32_t>(first), here, bits);
    HWY_DYNAMIC_DISPATCH(box_muller)(bits, (4 * here + 31) / 32 * 32, numbers);
    std::copy_n(numbers, 4 * here, out + 4 * first);
  }
}

}  // namespace embrace
#endif  // HWY_ONCE
