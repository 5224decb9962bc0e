#include "host/judge/pair_inputs.hpp"

#include <algorithm>
#include <cmath>

#include "host/math/vector_math.hpp"

namespace embrace::judge {
namespace {

constexpr std::int64_t flags = 2;

/// The factor that makes the mean square 1; `otherwise` where all is 0.
float unit_factor(double squares, std::int64_t count, double otherwise) {
  return static_cast<float>(squares > 0 ? std::sqrt(static_cast<double>(count) / squares) : otherwise);
}

double squares_of(const float* x, std::int64_t n) {
  double sum = 0;
  for (std::int64_t k = 0; k < n; ++k) sum += static_cast<double>(x[k]) * static_cast<double>(x[k]);
  return sum;
}

float own_score(const EmbeddingView& own, std::int32_t user, std::int32_t item) {
  float score = own.offset + dot(own.users.row(user), own.items.row(item), own.items.columns);
  if (!own.user_bias.empty()) score += own.user_bias[user];
  if (!own.item_bias.empty()) score += own.item_bias[item];
  return score;
}

}  // namespace

PairInputs::PairInputs(const EntityVectors& users, const EntityVectors& items, ConstMatrixView habits,
                       std::optional<EmbeddingView> own)
    : users_(users),
      items_(items),
      habits_(habits),
      own_(own),
      width_(items.rows.columns()),
      views_(width_ == 0 ? 0 : users.rows.columns() / width_),
      product_factors_(views_, 1.0F),
      dot_factors_(views_, 1.0F),
      habit_means_(habits.columns, 0.0F),
      habit_factors_(habits.columns, 1.0F) {
  columns_ = width_ * (2 * views_ + 1) + flags + products() + habits.columns;
}

void PairInputs::fit(Span<const std::int32_t> users, Span<const std::int32_t> items) {
  user_factor_ = item_factor_ = 1;
  product_factors_.assign(views_, 1.0F);
  dot_factors_.assign(views_, 1.0F);
  habit_means_.assign(habits_.columns, 0.0F);
  habit_factors_.assign(habits_.columns, 1.0F);
  own_mean_ = 0;
  const std::int64_t n = users.size();
  double of_users = 0, of_items = 0, own = 0;
  Array<double> of_products(views_, 0.0), of_dots(views_, 0.0);
  Array<float> row(columns_);
  for (std::int64_t p = 0; p < n; ++p) {
    fill_row(users[p], items[p], row.data());
    const float* x = row.data();
    of_users += squares_of(x, views_ * width_);
    of_items += squares_of(x + views_ * width_, width_);
    for (std::int64_t v = 0; v < views_; ++v) {
      of_products[v] += squares_of(x + (views_ + 1 + v) * width_, width_);
      if (!own_) of_dots[v] += squares_of(x + at_products() + v, 1);
    }
    if (own_) own += static_cast<double>(x[at_products()]);
  }
  const auto width =
      static_cast<double>(width_);  // a coordinate of a vector of length 1 has a mean square of 1 / width
  user_factor_ = unit_factor(of_users, n * views_ * width_, std::sqrt(width));
  item_factor_ = unit_factor(of_items, n * width_, std::sqrt(width));
  for (std::int64_t v = 0; v < views_; ++v) {
    product_factors_[v] = unit_factor(of_products[v], n * width_, width);
    dot_factors_[v] = unit_factor(of_dots[v], n, std::sqrt(width));
  }
  if (n > 0) own_mean_ = static_cast<float>(own / static_cast<double>(n));
  for (std::int64_t h = 0; h < habits_.columns; ++h) fit_habit(h, users);
}

void PairInputs::fit_habit(std::int64_t habit, Span<const std::int32_t> users) {
  double sum = 0, squares = 0;
  for (const std::int32_t user : users) {
    sum += static_cast<double>(habits_(user, habit));
    squares += squares_of(&habits_(user, habit), 1);
  }
  const double mean = sum / static_cast<double>(std::max<std::int64_t>(1, users.size()));
  const double spread = squares - sum * mean;
  habit_means_[habit] = static_cast<float>(mean);
  habit_factors_[habit] = unit_factor(spread > 1e-9 * squares ? spread : 0, users.size(), 1);  // less is rounding
}

PairInputs PairInputs::with(const EntityVectors& users, const EntityVectors& items) const {
  PairInputs other(users, items, habits_, own_);
  other.user_factor_ = user_factor_;
  other.item_factor_ = item_factor_;
  other.product_factors_ = product_factors_;
  other.dot_factors_ = dot_factors_;
  other.habit_means_ = habit_means_;
  other.habit_factors_ = habit_factors_;
  other.own_mean_ = own_mean_;
  return other;
}

void PairInputs::add_gradient(std::int32_t user, std::int32_t item, const float* by_row, float* by_user,
                              float* by_item) const {
  const float* q = items_.rows.row(item);
  const float* p = users_.rows.row(user);
  const float* dots = by_row + at_products();
  add_scaled(user_factor_, by_row, by_user, views_ * width_);
  add_scaled(item_factor_, by_row + views_ * width_, by_item, width_);
  for (std::int64_t v = 0; v < views_; ++v) {
    const float* view = p + v * width_;
    const float* products = by_row + (views_ + 1 + v) * width_;
    for (std::int64_t k = 0; k < width_; ++k) {
      const float both = product_factors_[v] * products[k] + dot_factors_[v] * dots[v];
      by_user[v * width_ + k] += both * q[k];
      by_item[k] += both * view[k];
    }
  }
}

void PairInputs::fill_row(std::int32_t user, std::int32_t item, float* out) const {
  const float* q = items_.rows.row(item);
  const float* p = users_.rows.row(user);
  for (std::int64_t k = 0; k < views_ * width_; ++k) *out++ = user_factor_ * p[k];
  for (std::int64_t k = 0; k < width_; ++k) *out++ = item_factor_ * q[k];
  for (std::int64_t v = 0; v < views_; ++v) {
    const float* view = p + v * width_;
    for (std::int64_t k = 0; k < width_; ++k) *out++ = product_factors_[v] * view[k] * q[k];
  }
  *out++ = users_.known[user] != 0 ? 0.0F : 1.0F;
  *out++ = items_.known[item] != 0 ? 0.0F : 1.0F;
  if (own_) {
    *out++ = own_score(*own_, user, item) - own_mean_;
  } else {
    for (std::int64_t v = 0; v < views_; ++v) *out++ = dot_factors_[v] * dot(p + v * width_, q, width_);
  }
  for (std::int64_t h = 0; h < habits_.columns; ++h) {
    *out++ = habit_factors_[h] * (habits_(user, h) - habit_means_[h]);
  }
}

void PairInputs::fill(Span<const std::int32_t> users, Span<const std::int32_t> items, MatrixView out) const {
  for (std::int64_t p = 0; p < users.size(); ++p) fill_row(users[p], items[p], out.row(p));
}

}  // namespace embrace::judge
