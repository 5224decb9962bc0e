// The system of the regression of feature-ials (feature_ials_regression.hpp): it stays the same in all sweeps, and is
// one for all backends.
#pragma once
#include <cstdint>
#include <optional>

#include "host/array.hpp"
#include "host/method.hpp"
#include "host/methods/ials_weights.hpp"
#include "host/sparse.hpp"
#include "host/threads.hpp"

namespace embrace {

/// (X'ΛX + δ 1) W = X'ΛQ in unknowns u_f that are scaled to ones on the diagonal: w_f = s_f u_f.
struct FeatureSystem {
  std::int64_t features() const { return ridges.size(); }

  Csr forward;          // x_ef s_f
  Csr backward;         // the transposed of Λ_e x_ef s_f
  Array<float> ridges;  // δ s_f²
};

/// Of the users or movies that `ratings` has as rows; nothing without features. `share`: δ over the mean of Λ.
std::optional<FeatureSystem> feature_system(const Features* features, CsrView ratings, const IalsWeights& weights,
                                            double share, Threads& threads);

/// Of conjugate gradients in a call.
inline constexpr int most_feature_steps = 10;
/// Of the squared residual at the beginning, beyond which a call stops: there is little but rounding in the rest.
inline constexpr double smallest_feature_share = 1e-12;

}  // namespace embrace
