#include "host/judge/free_vectors.hpp"

#include <algorithm>
#include <cmath>

#include "host/judge/profiles.hpp"
#include "host/math/vector_math.hpp"
#include "host/random.hpp"

namespace embrace::judge {
namespace {

constexpr std::uint32_t of_start = 403;  // second word of the counter

Array<std::uint8_t> trained_items(CsrView a, CsrView b) {
  Array<std::uint8_t> trained(a.columns, 0);
  for (const CsrView& matrix : {a, b}) {
    for (std::int64_t e = 0; e < matrix.entries(); ++e) trained[matrix.indices[e]] = 1;
  }
  return trained;
}

}  // namespace

FreeVectors::FreeVectors(const ProfileCase& profiles, CsrView fit, VectorMode mode, std::uint64_t seed)
    : profiles_(&profiles),
      width_(profiles.items.rows.columns()),
      first_(mode == VectorMode::frozen_and_id ? width_ : 0),
      free_(profiles.items.rows.rows() * width_, 0.0F) {
  const EntityVectors& frozen = profiles.items;
  const std::int64_t rows = frozen.rows.rows();
  items_ = {Matrix(rows, first_ + width_), frozen.known};
  for (std::int64_t i = 0; i < rows; ++i) std::copy_n(frozen.rows.row(i), width_, items_.rows.row(i));
  if (mode != VectorMode::fine_tuned) {
    const Array<std::uint8_t> trained = trained_items(fit, profiles.ratings);
    const Random random(seed, Stream::initial);
    const double deviation = start_length / std::sqrt(static_cast<double>(width_));
    for (std::int64_t k = 0; k < free_.size(); ++k) {
      if (trained[k / width_] == 0) continue;
      free_[k] = static_cast<float>(deviation * random.normal(static_cast<std::uint64_t>(k), of_start));
    }
  }
  users_ = {Matrix(profiles.ratings.rows, 2 * items_.rows.columns()), Array<std::uint8_t>(profiles.ratings.rows, 0)};
  for (std::int64_t u = 0; u < profiles.ratings.rows; ++u) {
    const auto indices = profiles.ratings.row_indices(u);
    const bool any =
        std::any_of(indices.begin(), indices.end(), [&](std::int32_t item) { return frozen.known[item] != 0; });
    users_.known[u] = any ? 1 : 0;
  }
  update_items();
  update_all_users();
}

double FreeVectors::moved() const {
  double squares = 0;
  std::int64_t n = 0;
  for (std::int64_t i = 0; i < items_.rows.rows(); ++i) {
    if (items_.known[i] == 0) continue;
    ++n;
    for (std::int64_t k = i * width_; k < (i + 1) * width_; ++k) squares += std::pow(static_cast<double>(free_[k]), 2);
  }
  return std::sqrt(squares / static_cast<double>(std::max<std::int64_t>(1, n)));
}

void FreeVectors::update_items() {
  const Matrix& frozen = profiles_->items.rows;
  for (std::int64_t i = 0; i < items_.rows.rows(); ++i) {
    float* row = items_.rows.row(i) + first_;
    const float* d = free_.data() + i * width_;
    if (first_ > 0) {
      std::copy_n(d, width_, row);
    } else {
      for (std::int64_t k = 0; k < width_; ++k) row[k] = frozen(i, k) + d[k];
    }
  }
}

void FreeVectors::update_users(Span<const std::int32_t> users) {
  for (const std::int32_t u : users) {
    fill_profile(profiles_->ratings, profiles_->residuals, items_, u, users_.rows.row(u));
  }
}

void FreeVectors::update_all_users() {
  for (std::int64_t u = 0; u < users_.rows.rows(); ++u) {
    fill_profile(profiles_->ratings, profiles_->residuals, items_, u, users_.rows.row(u));
  }
}

void FreeVectors::add_gradient(std::int32_t user, std::int32_t item, const float* by_user, const float* by_item,
                               Span<float> gradient) const {
  add_scaled(1.0F, by_item + first_, gradient.data() + item * width_, width_);
  const std::int64_t columns = items_.rows.columns();
  pass_to_items(profiles_->ratings, profiles_->residuals, items_.known, user,
                {by_user + first_, by_user + columns + first_}, {gradient.data(), items_.rows.rows(), width_, width_});
}

}  // namespace embrace::judge
