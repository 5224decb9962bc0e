// Dot products of all pairs of fields, which the head `dlrm` of `deep` gives to the network: Naumov et al. 2019, "Deep
// learning recommendation model for personalization and recommendation systems", section 2.1. With fields e_0 … e_{F-1}
// of k factors, z has <e_f, e_g> for f < g, ordered by f, then g; F (F - 1) k flops a sample, twice that backwards.
#pragma once
#include <cstdint>

#include "host/span.hpp"

namespace embrace {

/// z of one sample.
void pair_products(Span<const float* const> fields, std::int64_t factors, float* z);
/// gradient += Σ over fields g of dz[pair of f and g] e_g: the derivative by field f from those by z.
void add_pair_gradient(Span<const float* const> fields, std::int64_t f, std::int64_t factors, const float* dz,
                       float* gradient);

}  // namespace embrace
