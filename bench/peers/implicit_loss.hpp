// The loss that `ials` and implicit's ALS both minimise, in double precision, so that they are compared at equal loss
// whatever each of them reports.
#pragma once
#include "host/sparse.hpp"
#include "host/threads.hpp"
#include "host/views.hpp"

namespace embrace::peers {

/// Hu, Koren, Volinsky 2008, equation 3, a pair with a rating weighing c and any other 1:
///   (Σ_rated c (1 - p·q)² + Σ_others (p·q)² + λ (|P|² + |Q|²)) / ratings
/// over P, Q scaled by `scale`. The minimum of `ials` for alpha = 1 / (c - 1), nu = 0, λ / c is this one with
/// vectors sqrt(c / (c - 1)) times as long: with x = p·q its loss is
///   Σ_rated (1 - x)² + alpha Σ_all x² + (λ / c) (|P|² + |Q|²),
/// which for x = z (c - 1) / c is a constant plus (c - 1) / c² times the sum above over z.
double implicit_loss(CsrView ratings, ConstMatrixView users, ConstMatrixView items, double scale, double c,
                     double regularization, Threads& threads);

}  // namespace embrace::peers
