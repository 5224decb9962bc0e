// Philox 4x32-10 (Salmon et al. 2011, section 3.3), as many counters in step as a vector has 64-bit lanes. A lane's low
// half holds a word of 32 bits; what is above it takes part in no product and is cut off at the end.
#include "host/math/random_bits.hpp"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "host/math/random_bits.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace embrace {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// Low half of x times a factor of 32 bits.
template <class D, class V>
HWY_INLINE V product(D d, std::uint64_t factor, V x) {
#if HWY_TARGET == HWY_SCALAR  // one lane, which has no halves
  return hn::Set(d, factor * (hn::GetLane(x) & 0xFFFFFFFFU));
#else
  const hn::Repartition<std::uint32_t, D> words;
  return hn::MulEven(hn::BitCast(words, x), hn::BitCast(words, hn::Set(d, factor)));
#endif
}

using Tag = hn::CappedTag<std::uint64_t, 8>;
using Vector = hn::Vec<Tag>;

/// Counters in, random words out.
HWY_INLINE void mix(std::uint64_t seed, Vector& x0, Vector& x1, Vector& x2, Vector& x3) {
  constexpr int rounds = 10;
  const Tag d;
  auto key0 = static_cast<std::uint32_t>(seed);
  auto key1 = static_cast<std::uint32_t>(seed >> 32U);
  for (int round = 0; round < rounds; ++round) {
    const Vector even = product(d, 0xD2511F53U, x0);
    const Vector odd = product(d, 0xCD9E8D57U, x2);
    x0 = hn::Xor(hn::Xor(hn::ShiftRight<32>(odd), x1), hn::Set(d, key0));
    x1 = odd;
    x2 = hn::Xor(hn::Xor(hn::ShiftRight<32>(even), x3), hn::Set(d, key1));
    x3 = even;
    key0 += 0x9E3779B9U;
    key1 += 0xBB67AE85U;
  }
}

void philox64(std::uint64_t seed, std::uint32_t stream, const std::uint64_t* a, const std::uint32_t* b,
              std::int64_t count, std::uint64_t* HWY_RESTRICT out) {
  const Tag d;
  const auto side = static_cast<std::int64_t>(hn::Lanes(d));
  for (std::int64_t first = 0; first < count; first += side) {
    const std::int64_t here = std::min(side, count - first);
    alignas(64) std::uint64_t firsts[8] = {}, seconds[8] = {};
    for (std::int64_t l = 0; l < here; ++l) {
      firsts[l] = a[first + l];
      seconds[l] = b[first + l];
    }
    Vector x0 = hn::Load(d, firsts), x1 = hn::ShiftRight<32>(x0), x2 = hn::Load(d, seconds), x3 = hn::Set(d, stream);
    mix(seed, x0, x1, x2, x3);
    hn::Store(hn::Or(hn::ShiftLeft<32>(x0), hn::And(x1, hn::Set(d, 0xFFFFFFFFU))), d, firsts);
    std::copy_n(firsts, here, out + first);
  }
}

void philox(std::uint64_t seed, std::uint32_t stream, std::uint64_t a, std::uint32_t b, std::int64_t count,
            std::uint32_t* HWY_RESTRICT out) {
  const Tag d;
  const auto side = static_cast<std::int64_t>(hn::Lanes(d));
  for (std::int64_t first = 0; first < count; first += side) {
    Vector x0 = hn::Set(d, a), x1 = hn::Set(d, a >> 32U), x3 = hn::Set(d, stream);
    Vector x2 = hn::Add(hn::Iota(d, 0), hn::Set(d, b + static_cast<std::uint64_t>(first)));
    mix(seed, x0, x1, x2, x3);
    alignas(64) std::uint64_t y0[8], y1[8], y2[8], y3[8];
    hn::Store(x0, d, y0);
    hn::Store(x1, d, y1);
    hn::Store(x2, d, y2);
    hn::Store(x3, d, y3);
    for (std::int64_t l = 0; l < std::min(side, count - first); ++l) {
      std::uint32_t* to = out + 4 * (first + l);
      to[0] = static_cast<std::uint32_t>(y0[l]);
      to[1] = static_cast<std::uint32_t>(y1[l]);
      to[2] = static_cast<std::uint32_t>(y2[l]);
      to[3] = static_cast<std::uint32_t>(y3[l]);
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace embrace
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace embrace {
HWY_EXPORT(philox);
HWY_EXPORT(philox64);

void random_bits(const Random& random, std::uint64_t a, std::uint32_t b, std::int64_t count, std::uint32_t* out) {
  HWY_DYNAMIC_DISPATCH(philox)(random.seed(), random.stream(), a, b, count, out);
}

void random_bits64(const Random& random, const std::uint64_t* a, const std::uint32_t* b, std::int64_t count,
                   std::uint64_t* out) {
  HWY_DYNAMIC_DISPATCH(philox64)(random.seed(), random.stream(), a, b, count, out);
}

}  // namespace embrace
#endif  // HWY_ONCE
