#include "host/math/subspace.hpp"

#include <algorithm>

#include "host/math/vector_math.hpp"

namespace embrace {

Subspaces::Subspaces(std::int64_t width, std::int64_t block)
    : width_(width), block_(std::min(width, block)), equations_(block_), product_(width), move_(block_) {}

double Subspaces::improve(const RowSystem& system, float* p) {
  const std::int64_t n = system.indices.size();
  missing_.resize(n);
  for (std::int64_t e = 0; e < n; ++e) missing_[e] = 1.0F - dot(system.y.row(system.indices[e]), p, width_);
  std::fill(product_.begin(), product_.end(), 0.0F);
  for (std::int64_t k = 0; k < width_; ++k) add_scaled(p[k], system.gram.row(k), product_.data(), width_);
  for (std::int64_t first = 0; first < width_; first += block_) {
    const std::int64_t size = std::min(block_, width_ - first);
    const ConstMatrixView part{system.y.data + first, system.y.rows, size, system.y.stride};
    equations_.start_from({system.gram.row(first) + first, size, size, system.gram.stride});
    equations_.add(part, system.indices, missing_.data());
    equations_.add_diagonal(system.regularization);
    equations_.factorize();
    for (std::int64_t k = 0; k < size; ++k) {
      move_[k] = equations_.target()[k] - product_[first + k] - system.regularization * p[first + k];
    }
    equations_.solve(move_.data(), move_.data());
    add_scaled(1.0F, move_.data(), p + first, size);
    for (std::int64_t e = 0; e < n; ++e) missing_[e] -= dot(part.row(system.indices[e]), move_.data(), size);
    for (std::int64_t k = 0; k < size; ++k) {
      add_scaled(move_[k], system.gram.row(first + k), product_.data(), width_);
    }
  }
  double loss = static_cast<double>(dot(product_.data(), p, width_)) +
                static_cast<double>(system.regularization) * static_cast<double>(dot(p, p, width_));
  for (const float left : missing_) loss += static_cast<double>(left) * static_cast<double>(left);
  return loss;
}

}  // namespace embrace
