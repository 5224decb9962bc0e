#include "host/methods/bayes_averages.hpp"

#include <algorithm>

namespace embrace::cpu {
namespace {

bool same_entries(CsrView a, CsrView b) {
  return a.rows == b.rows && std::equal(a.offsets, a.offsets + a.rows + 1, b.offsets) &&
         std::equal(a.indices, a.indices + a.entries(), b.indices) &&
         std::equal(a.values, a.values + a.entries(), b.values);
}

}  // namespace

bool same_pairs(const PairsView& a, const PairsView& b) {
  return std::ranges::equal(a.users, b.users) && std::ranges::equal(a.items, b.items) &&
         a.context.rows == b.context.rows && (a.context.rows == 0 || same_entries(a.context, b.context));
}

}  // namespace embrace::cpu
